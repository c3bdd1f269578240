"""A closed wave, walked by somebody who owns the database: no path from an answer to a person."""

import logging
import re

import pytest
from django.apps import apps
from django.db import connection, transaction

from maturity.models import Organization, SyncChange
from maturity.services.units import place_unit
from surveys.models import (
    Comment,
    IntakeComment,
    IntakeResponse,
    Invitation,
    LedgerEntry,
    LedgerSecret,
    Release,
    Response,
    Wave,
)
from surveys.services import answers as answering
from surveys.services import groups
from surveys.services.answers import Submission, submit_response
from surveys.services.waves import close_wave, create_wave, open_wave
from tests.surveys.conftest import RATINGS, clean_up, hire
from tests.surveys.test_groups import LONG_AGO, hire_into

PEOPLE = 27
# Everything that an answer passes through or leaves behind, but the released cells.
PATH = (IntakeResponse, IntakeComment, Response, Comment, LedgerEntry, LedgerSecret)
HARMLESS = {Organization, Wave, Release}
ORDERED = 0.9


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
            submit_response(invitation, _sheet(number))
    return wave


def _sheet(number):
    """Answers that say in which order they came."""
    digits = (number // 25 + 1, number // 5 % 5 + 1, number % 5 + 1)
    return Submission(dict(zip(RATINGS, digits, strict=False)), (), {"OPN1": f"Text {number}"})


def walk(wave, log):
    """Whatever leads from an answer of the closed wave towards who gave it."""
    yield from _schema()
    yield from _order(wave)
    yield from _labels(wave)
    yield from _copies(wave)
    yield from _history()
    people = Invitation.objects.filter(wave=wave).values_list("pk", "person__email", "token_hash")
    if any(str(word) in log for row in people for word in row):
        yield "the log names who answered"


def _schema():
    tables = {model._meta.db_table: model for model in PATH}
    columns = _rows(
        "SELECT table_name, column_name, data_type, column_default, is_identity"
        " FROM information_schema.columns WHERE table_name = ANY(%s)",
        [*tables],
    )
    for table, column, kind, default, identity in columns:
        if kind.startswith(("timestamp", "date", "time")):
            yield f"{table}.{column} is a clock"
        # The ledger's own keys number sets of everybody, not people.
        counts = "nextval" in (default or "") or identity == "YES"
        if counts and tables[table] not in {LedgerEntry, LedgerSecret}:
            yield f"{table}.{column} counts"
    for table, model in tables.items():
        related = {f.related_model for f in model._meta.concrete_fields if f.is_relation}
        for other in related - HARMLESS:
            if other._meta.model_name != "outsidewave":
                yield f"{table} points to {other.__name__}"
    watched = [*tables, Invitation._meta.db_table]
    for table, trigger in _rows(
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger"
        " WHERE NOT tgisinternal AND tgrelid = ANY(%s::regclass[])",
        watched,
    ):
        yield f"{table} has the trigger {trigger}"


def _order(wave):
    for model, number_of in ((Response, _number_of_sheet), (Comment, _number_of_text)):
        table = model._meta.db_table
        rows = _rows(
            f"SELECT ctid, xmin, id FROM {table} WHERE wave_id = %s ORDER BY ctid",  # noqa: S608
            wave.pk,
        )
        found = {row.pk: number_of(row) for row in model.objects.filter(wave=wave)}
        places = [found[pk] for _place, _xmin, pk in rows]
        if abs(_correlation(places)) > ORDERED:
            yield f"{table} lies in the order of answering"
        if len({xmin for _place, xmin, _pk in rows}) > 1:
            yield f"{table} keeps transactions apart"
    table = Invitation._meta.db_table
    marks = _rows(
        f"SELECT DISTINCT xmin FROM {table} WHERE wave_id = %s",  # noqa: S608
        wave.pk,
    )
    if len(marks) > 1:
        yield f"{table} keeps transactions apart"


def _number_of_sheet(response):
    first, second, third = (response.answers[key] - 1 for key in RATINGS[:3])
    return first * 25 + second * 5 + third


def _number_of_text(comment):
    return int(comment.text.split()[1])


def _correlation(places):
    """Spearman's, of what lies where with when it came."""
    n = len(places)
    squares = sum((place - number) ** 2 for place, number in enumerate(places))
    return 1 - 6 * squares / (n * (n * n - 1))


def _labels(wave):
    invited = list(Invitation.objects.filter(wave=wave).values_list(*LABELS))
    for labels in Response.objects.filter(wave=wave).values_list(*LABELS):
        if invited.count(labels) < wave.k:
            yield f"the labels {labels} are those of {invited.count(labels)}"


LABELS = ("audience", "group", "language")


def _copies(wave):
    """An answer's id, or words, in any table that is not its own."""
    words = [
        *(str(pk) for pk in Response.objects.filter(wave=wave).values_list("pk", flat=True)),
        *(str(pk) for pk in Comment.objects.filter(wave=wave).values_list("pk", flat=True)),
    ]
    pattern = "|".join(map(re.escape, words))
    own = {Response._meta.db_table, Comment._meta.db_table}
    for table in set(connection.introspection.table_names()) - own:
        statement = f'SELECT count(*) FROM "{table}" t WHERE t::text ~ %s'  # noqa: S608
        (count,) = _rows(statement, pattern)[0]
        if count:
            yield f"{table} holds the id of an answer"


def _history():
    watched = {*PATH, Invitation}
    for model in apps.get_models():
        if getattr(model, "pgh_tracked_model", None) in watched:
            yield f"{model.__name__} keeps the history of answers"
    names = {model._meta.model_name for model in watched} | {
        model._meta.db_table for model in watched
    }
    for entity in SyncChange.objects.values_list("entity", flat=True).distinct():
        if entity in names:
            yield f"the feed publishes {entity}"


def _rows(statement, parameter):
    with connection.cursor() as cursor:
        cursor.execute(statement, [parameter])
        return cursor.fetchall()


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


@pytest.mark.parametrize("rule", AFTER)
def test_the_walk_finds_what_was_added(rule, answered, caplog):
    statement, path = AFTER[rule]
    close_wave(answered)

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)

    assert path in list(walk(answered, caplog.text))


def test_the_walk_hears_what_is_logged(answered, caplog):
    close_wave(answered)
    email = answered.invitations.first().person.email

    logging.getLogger("surveys").warning("%s answered", email)

    assert "the log names who answered" in list(walk(answered, caplog.text))
