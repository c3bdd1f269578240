"""The languages that pages and mails are written in."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def is_spoken(code: str) -> None:
    """Refuse a language that the pages do not speak."""
    if code not in dict(settings.LANGUAGES):
        raise ValidationError(_("%(code)s is not offered here."), params={"code": code})
