"""Every string that people meet is translated, and what is compiled is what was written."""

import re
from datetime import date

import pytest
from babel.dates import get_month_names
from babel.messages.mofile import read_mo
from django.utils import translation
from django.utils.formats import date_format

from tests.catalogues import (
    AUDIENCES,
    LANGUAGES,
    READERS,
    RESPONDENTS,
    Audience,
    Message,
    catalogue,
    is_translated,
    message_of,
    strings,
)

EACH = pytest.mark.parametrize("language", LANGUAGES)
OF_EACH = pytest.mark.parametrize("audience", AUDIENCES, ids=lambda audience: audience.app)
# What is filled in, and the markup around it.
PLACES = re.compile(r"%\(\w+\)[sd]|%%|\{[^{}]*\}|</?\w+[^>]*>")


def _translations(audience: Audience, language: str) -> dict[Message, str | tuple[str, ...]]:
    entries = catalogue(audience, language)
    return {message_of(entry): _plain(entry.string) for entry in entries if entry.id}


def _plain(text: str | list[str] | tuple[str, ...]) -> str | tuple[str, ...]:
    return text if isinstance(text, str) else tuple(text)


@OF_EACH
@EACH
def test_every_string_is_there_and_no_other(audience, language):
    """`make messages` renews the catalogues; then translate what is empty."""
    assert set(_translations(audience, language)) == set(strings(audience))


@OF_EACH
@EACH
def test_every_string_is_translated(audience, language):
    found = _translations(audience, language)

    assert [message for message, text in found.items() if not is_translated(text)] == []


@OF_EACH
@EACH
def test_what_is_filled_in_is_the_same(audience, language):
    for message, text in _translations(audience, language).items():
        original = message.text if isinstance(message.text, str) else message.text[-1]
        for one in (text,) if isinstance(text, str) else text:
            assert sorted(PLACES.findall(one)) == sorted(PLACES.findall(original)), message


@OF_EACH
@EACH
def test_the_compiled_file_agrees_with_the_written_one(audience, language):
    with audience.po_file(language).with_suffix(".mo").open("rb") as file:
        compiled = {message_of(entry): _plain(entry.string) for entry in read_mo(file)}

    assert {message: text for message, text in compiled.items() if message.text} == (
        _translations(audience, language)
    )


@EACH
def test_no_string_of_ours_takes_a_months_name(language):
    """ "May" is also a month: without a context our translation would stand in every date."""
    with translation.override(language):
        months = [date_format(date(2026, month, 1), "F").lower() for month in range(1, 13)]

    assert months == [name.lower() for name in get_month_names(locale=language).values()]


def test_strings_come_from_pages_mails_forms_and_models():
    assert len(strings(RESPONDENTS)) > 100
    places = {
        place for audience in AUDIENCES for found in strings(audience).values() for place in found
    }

    assert places >= {
        "templates/surveys/respond.html",
        "templates/emails/survey_invitation.txt",
        "surveys/forms.py",
        "templates/reports/_tiles.html",
        "templates/registration/login.html",
        "maturity/models/notifications.py",
        "reports/selectors/verdicts.py",
        "maturity/rubrics/product_ops_v1.yaml",
        "maturity/insights/evidence.py",
        "maturity/insights/explanations/pitfalls.py",
        "maturity/insights/pitfalls/gatekeeper/message.py",
    }
    # Given to a filter.
    assert "templates/reports/capability.html" in strings(READERS)[Message("an import")]
