"""The ops lead's pages about surveys; registering happens on import."""

from surveys.admin import mails, outside, privacy, series, translations, waves

__all__ = ["mails", "outside", "privacy", "series", "translations", "waves"]
