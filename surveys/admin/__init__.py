"""The ops lead's pages about surveys; registering happens on import."""

from surveys.admin import mails, outside, series, translations, waves

__all__ = ["mails", "outside", "series", "translations", "waves"]
