"""A closed wave, walked by somebody who owns the database: no path from an answer to a person."""

import logging

import pytest
from django.db import connection, transaction

from maturity.services.units import place_unit
from surveys.models import IntakeResponse, Invitation, Response
from surveys.services import answers as answering
from surveys.services import groups
from surveys.services.answers import submit_response
from surveys.services.waves import close_wave, create_wave, open_wave
from tests.surveys.conftest import clean_up, hire
from tests.surveys.test_groups import LONG_AGO, hire_into
from tests.surveys.walk import sheet, walk

PEOPLE = 27


@pytest.fixture
def answered(organization, bank, caplog):
    """12 in a team, 12 in none, 3 in a team too small; all answer, one after the other."""
    caplog.set_level(logging.DEBUG)
    for key, count in (("cards", 12), ("labs", 3)):
        unit = place_unit(organization, key, name=key, parent=None, valid_from=LONG_AGO)
        hire_into(organization, unit, count)
    hire(organization, PEOPLE - 15)
    wave = open_wave(create_wave(organization, title="Walked"))
    invitations = list(Invitation.objects.filter(wave=wave).select_related("person"))
    for number, invitation in enumerate(invitations):
        with transaction.atomic():
            submit_response(invitation, sheet(number))
    return wave


@pytest.mark.django_db(transaction=True)
def test_no_path_leads_from_an_answer_to_a_person(answered, caplog):
    close_wave(answered)
    assert clean_up() == 1

    assert Response.objects.count() == PEOPLE
    assert not IntakeResponse.objects.exists()
    assert list(walk(answered, caplog.text)) == []


def _unshuffled(monkeypatch):
    monkeypatch.setattr(answering, "SHUFFLED", "(SELECT 1)")


def _unmerged(monkeypatch):
    monkeypatch.setattr(groups, "merged_labels", lambda labels, k: dict(labels))


BEFORE = {
    "the shuffle": (_unshuffled, "lies in the order of answering"),
    "the merging of labels": (_unmerged, "are those of 3"),
}
AFTER = {
    "no clock": (
        "ALTER TABLE surveys_response ADD COLUMN at timestamptz DEFAULT now()",
        "surveys_response.at is a clock",
    ),
    "no counter": (
        "ALTER TABLE surveys_comment ADD COLUMN nr bigserial",
        "surveys_comment.nr counts",
    ),
    "no trigger": (
        (
            "CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
            "CREATE TRIGGER watcher BEFORE UPDATE ON surveys_invitation"
            " FOR EACH ROW EXECUTE FUNCTION watch()"
        ),
        "surveys_invitation has the trigger watcher",
    ),
    "one transaction": (
        (
            "UPDATE surveys_response SET language = 'en'"
            " WHERE id = (SELECT id FROM surveys_response LIMIT 1)"
        ),
        "surveys_response keeps transactions apart",
    ),
    "no copies": (
        "UPDATE maturity_person SET name = (SELECT id::text FROM surveys_response LIMIT 1)",
        "maturity_person holds the id of an answer",
    ),
}


@pytest.mark.parametrize("rule", BEFORE)
def test_the_walk_finds_a_path_without(rule, request, monkeypatch, caplog, db):
    switch_off, path = BEFORE[rule]
    switch_off(monkeypatch)
    wave = request.getfixturevalue("answered")

    close_wave(wave)

    assert any(path in found for found in walk(wave, caplog.text))


def test_the_walk_finds_what_was_added(answered, caplog):
    close_wave(answered)

    for rule, (statement, path) in AFTER.items():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(statement)
            found = list(walk(answered, caplog.text))
            transaction.set_rollback(True)

        assert path in found, rule


def test_the_walk_hears_what_is_logged(answered, caplog):
    close_wave(answered)
    email = answered.invitations.first().person.email

    logging.getLogger("surveys").warning("%s answered", email)

    assert "the log names who answered" in list(walk(answered, caplog.text))
