"""Every string that respondents meet is translated, and what is compiled is what was written."""

import re

import pytest
from babel.messages.mofile import read_mo

from tests.catalogues import LANGUAGES, catalogue, is_translated, po_file, strings

EACH = pytest.mark.parametrize("language", LANGUAGES)
PLACES = re.compile(r"%\(\w+\)[sd]|%%?[nt]\b")


def _translations(language: str) -> dict:
    return {message.id: message.string for message in catalogue(language) if message.id}


def _plain(text: str | list[str] | tuple[str, ...]) -> str | tuple[str, ...]:
    return text if isinstance(text, str) else tuple(text)


@EACH
def test_every_string_is_there_and_no_other(language):
    """`make messages` renews the catalogues; then translate what is empty."""
    assert set(_translations(language)) == set(strings())


@EACH
def test_every_string_is_translated(language):
    missing = [key for key, text in _translations(language).items() if not is_translated(text)]

    assert missing == []


@EACH
def test_what_is_filled_in_is_the_same(language):
    for key, text in _translations(language).items():
        originals = (key,) if isinstance(key, str) else key
        for one in (text,) if isinstance(text, str) else text:
            assert set(PLACES.findall(one)) == set(PLACES.findall(originals[-1])), key


@EACH
def test_the_compiled_file_agrees_with_the_written_one(language):
    with po_file(language).with_suffix(".mo").open("rb") as file:
        compiled = {_plain(message.id): _plain(message.string) for message in read_mo(file)}

    assert {key: text for key, text in compiled.items() if key} == {
        key: _plain(text) for key, text in _translations(language).items()
    }


def test_strings_come_from_pages_mails_and_forms():
    places = {place for found in strings().values() for place in found}

    assert "templates/surveys/respond.html" in places
    assert "templates/emails/survey_invitation.txt" in places
    assert "surveys/forms.py" in places
    assert len(strings()) > 100
