"""The ops lead's pages about surveys; registering happens on import."""

from surveys.admin import mails, series, waves

__all__ = ["mails", "series", "waves"]
