"""A confidential series, walked by who owns the database: only its secret leads to a person."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction

from surveys.models import Invitation, Response, SeriesSecret
from surveys.services import answers as answering
from surveys.services import series as running
from surveys.services.reopening import reopen_wave
from surveys.services.series import create_series, end_series
from tests.surveys.conftest import clean_up, hire
from tests.surveys.test_confidential import CONFIDENTIAL, NOW, held
from tests.surveys.walk import sheet, walk

PEOPLE = 24
BY_SECRET = "SeriesSecret.secret makes the links of people"
PATTERN = "who answered when is the pattern of a link"
COPIED = "maturity_person holds the id of an answer"


@pytest.fixture
def series(organization, bank, caplog):
    caplog.set_level(logging.DEBUG)
    hire(organization, PEOPLE)
    with time_machine.travel(NOW, tick=False):
        return create_series(organization, **CONFIDENTIAL)


def both(series):
    """Two closed waves: everybody answers the first, all but four the second."""
    with time_machine.travel(NOW, tick=False):
        sheets = [sheet(number) for number in range(PEOPLE)]
        return [held(series, sheets), held(series, sheets[4:])]


@pytest.mark.django_db(transaction=True)
def test_only_the_secret_leads_to_a_person_and_nothing_once_it_is_deleted(series, caplog):
    waves = both(series)
    assert clean_up() == 2

    assert [list(walk(wave, caplog.text)) for wave in waves] == [[BY_SECRET], [BY_SECRET]]

    end_series(series)
    # The tables are rewritten once more, that of the secrets and that of the answers too.
    assert clean_up() == 2
    assert not SeriesSecret.objects.exists()
    assert [list(walk(wave, caplog.text)) for wave in waves] == [[], []]
    assert Response.objects.filter(link=None).count() == 2 * PEOPLE - 4


def test_who_answered_is_known_again_only_while_it_is_opened_once_more(series):
    wave = both(series)[1]
    asked = Invitation.objects.filter(wave=wave)
    assert not asked.filter(responded=True).exists()

    with time_machine.travel(wave.closed_at + timedelta(days=1), tick=False):
        reopen_wave(wave, closes_on=(wave.closed_at + timedelta(days=9)).date())

    # In held(), people answer in the order of their ids.
    answered = asked.order_by("person_id").values_list("responded", flat=True)
    assert list(answered) == [True] * (PEOPLE - 4) + [False] * 4


def _remembers(monkeypatch):
    monkeypatch.setattr(answering, "forget_who_answered", lambda _wave: None)


def _keeps_the_secret(monkeypatch):
    monkeypatch.setattr(running, "forget_secret", lambda _series: None)


@pytest.mark.parametrize(
    ("switch_off", "path"), [(_remembers, PATTERN), (_keeps_the_secret, BY_SECRET)]
)
@pytest.mark.django_db
def test_the_walk_finds_a_path_without(switch_off, path, series, monkeypatch, caplog):
    switch_off(monkeypatch)
    wave = both(series)[1]
    found = list(walk(wave, caplog.text))

    end_series(series)

    assert path in found
    assert (path in list(walk(wave, caplog.text))) is (path == BY_SECRET)


def test_the_walk_finds_a_link_that_was_copied(series, caplog):
    wave = both(series)[0]

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "UPDATE maturity_person SET name ="
            " (SELECT encode(link, 'hex') FROM surveys_response LIMIT 1)"
        )

    assert COPIED in list(walk(wave, caplog.text))
