"""What the checks concluded, said in the language that is active."""

from dataclasses import dataclass

from django.conf import settings
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from maturity.insights.phrases import ENGLISH, Language, from_json, said
from maturity.models import VerdictRecord


@dataclass(frozen=True)
class Said:
    """A conclusion to be read; `is_foreign`: it is English, and another language is active."""

    text: str
    is_foreign: bool = False


def conclusion(record: VerdictRecord) -> Said:
    """What a verdict says; in English where it was stored before there were words for others."""
    language = active_language()
    if language is ENGLISH:
        return Said(record.message)
    try:
        words = from_json(record.words)
    except ValueError:
        # Stored by a later version than this one.
        words = ()
    return Said(said(words, language)) if words else Said(record.message, is_foreign=True)


def active_language() -> Language:
    """The language that is active, for phrases; English is that of what is stored."""
    if (translation.get_language() or settings.LANGUAGE_CODE) == settings.LANGUAGE_CODE:
        return ENGLISH
    return Language(gettext=_, ngettext=ngettext, number=_number, day=formats.date_format)


def _number(text: str) -> str:
    if text == "inf":
        return "∞"
    shown = text.replace(".", str(formats.get_format("DECIMAL_SEPARATOR")))
    if not shown.endswith("%"):
        return shown
    return _("%(number)s%%") % {"number": shown.removesuffix("%").rstrip()}
