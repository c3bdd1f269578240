"""What somebody who owns the database can find out about whose a closed wave's answers are."""

import re

from django.apps import apps
from django.db import connection

from maturity.models import Organization, SyncChange
from surveys.models import (
    Comment,
    IntakeComment,
    IntakeResponse,
    Invitation,
    LedgerEntry,
    LedgerSecret,
    Release,
    Response,
    RetiredLink,
    Wave,
)
from surveys.services.answers import Submission
from surveys.services.series_secrets import link_for
from tests.surveys.conftest import RATINGS

# Everything that an answer passes through or leaves behind, but the released cells.
PATH = (IntakeResponse, IntakeComment, Response, Comment, LedgerEntry, LedgerSecret, RetiredLink)
HARMLESS = {Organization, Wave, Release}
ORDERED = 0.9


def sheet(number):
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
    yield from _links(wave)
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
    links = Response.objects.filter(wave=wave, link__isnull=False).values_list("link", flat=True)
    words += [bytes(link).hex() for link in links]
    if not words:
        return
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


def _links(wave):
    """What of the database, as a key, makes a person's link again; what else knows a link."""
    links = {
        bytes(link)
        for link in Response.objects.filter(wave=wave, link__isnull=False).values_list(
            "link", flat=True
        )
    }
    people = Invitation.objects.filter(wave=wave).values_list("person_id", flat=True)
    for model in apps.get_models():
        names = [f.name for f in model._meta.concrete_fields if f.get_internal_type() in KEYS]
        for name in names:
            keys = {_as_key(value) for value in model.objects.values_list(name, flat=True)}
            if any(link_for(key, person) in links for key in keys for person in people):
                yield f"{model.__name__}.{name} makes the links of people"
    answered = Invitation.objects.filter(wave=wave, responded=True).exists()
    if links and answered:
        yield "who answered when is the pattern of a link"


KEYS = {"BinaryField", "CharField", "UUIDField"}


def _as_key(value):
    return (
        value.encode() if isinstance(value, str) else bytes(getattr(value, "bytes", value or b""))
    )


def _rows(statement, parameter):
    with connection.cursor() as cursor:
        cursor.execute(statement, [parameter])
        return cursor.fetchall()
