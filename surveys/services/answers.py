"""Take answers in so that nobody can tell whose they are, and bring them together at closing."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from surveys.errors import TooLate
from surveys.models import (
    Comment,
    CommentRow,
    IntakeComment,
    IntakeResponse,
    Invitation,
    Response,
    ResponseRow,
    Wave,
)
from surveys.services.invitations import refuse_unless_answerable
from surveys.services.series_secrets import forget_who_answered, link_of, unlink

# What a closing orders rows by. Not random(): its sequence could be worked out from a few of its
# numbers.
SHUFFLED = "gen_random_uuid()"


@dataclass(frozen=True)
class Submission:
    """What one person answered, by item key, checked against the wave's questions."""

    answers: dict[str, int] = field(default_factory=dict)
    not_applicable: tuple[str, ...] = ()
    comments: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def submit_response(
    invitation: Invitation, submission: Submission, *, at: datetime | None = None
) -> None:
    """Store one response, once per invitation, whatever was clicked twice; five queries.

    One more in confidential mode.

    The time is the server's, unless a history is written down (`at`). Raises AlreadyAnswered,
    NotYetOpen or TooLate; nothing is stored then.
    """
    locked = Invitation.objects.select_for_update().filter(pk=invitation.pk).first()
    if locked is None:
        # Closing has rewritten the invitations while this answer waited for the lock.
        raise TooLate(_("This survey is closed."))
    # Read after the lock was granted: a wave that closed meanwhile is seen as closed.
    locked.wave = Wave.objects.get(pk=locked.wave_id)
    refuse_unless_answerable(locked, at=at or timezone.now())
    response_row(locked, submission).save(force_insert=True)
    IntakeComment.objects.bulk_create(comment_rows(locked, submission))
    Invitation.objects.filter(pk=locked.pk).update(responded=True)


def response_row(invitation: Invitation, submission: Submission) -> IntakeResponse:
    """The row that is stored: labels of the group, answers, nothing about the person.

    In confidential mode also the link to the same person's rows in the series' other waves.
    """
    return IntakeResponse(
        organization_id=invitation.organization_id,
        wave_id=invitation.wave_id,
        audience=invitation.audience,
        language=invitation.language,
        group=invitation.group,
        link=link_of(invitation),
        answers=submission.answers,
        not_applicable=list(submission.not_applicable),
    )


def comment_rows(invitation: Invitation, submission: Submission) -> list[IntakeComment]:
    """The rows that texts become; they share nothing with the response but the wave."""
    return [
        IntakeComment(
            organization_id=invitation.organization_id,
            wave_id=invitation.wave_id,
            item_key=key,
            text=text,
        )
        for key, text in submission.comments.items()
    ]


def columns_of(row: ResponseRow | CommentRow) -> dict[str, Any]:
    """A row as the table holds it, column by column; for showing, before it is stored."""
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def collect_responses(wave: Wave) -> None:
    """Move a closing wave's answers to their final tables, inside the caller's transaction.

    Waits for answers that are being stored. What is copied, and the invitations, come out in
    random order under one transaction id.
    """
    # A lock on every invitation is granted only when no answer is under way any more.
    list(Invitation.objects.select_for_update().filter(wave=wave).values_list("pk", flat=True))
    if wave.mode == Wave.Mode.ANONYMOUS:
        # Also of an answer that was being stored while its series became anonymous.
        unlink([wave.pk])
    forget_who_answered(wave)
    _move_shuffled(wave, IntakeResponse, Response)
    _move_shuffled(wave, IntakeComment, Comment)
    # Once more among themselves: a wave that was open again must not show who came later.
    for table in (Response, Comment, Invitation):
        _move_shuffled(wave, table, table)


def _move_shuffled(wave: Wave, source: type[Any], target: type[Any]) -> None:
    """Delete a wave's rows from one table and insert them into the other in random order."""
    columns = sql.SQL(", ").join(
        sql.Identifier(column.column) for column in target._meta.concrete_fields
    )
    statement = sql.SQL(
        "WITH taken AS (DELETE FROM {source} WHERE wave_id = %s RETURNING {columns})"
        " INSERT INTO {target} ({columns})"
        " SELECT {columns} FROM taken ORDER BY {shuffled}"
    ).format(
        shuffled=sql.SQL(SHUFFLED),
        source=sql.Identifier(source._meta.db_table),
        target=sql.Identifier(target._meta.db_table),
        columns=columns,
    )
    with connection.cursor() as cursor:
        # As text: what keeps the change history reads statements only so.
        cursor.execute(statement.as_string(cursor.connection), [wave.pk])
