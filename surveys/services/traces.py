"""Remove what deleted rows leave behind in the database's files."""

import re

from django.db import connection
from django.utils import timezone
from psycopg.errors import Diagnostic

from surveys.models import (
    Comment,
    IntakeComment,
    IntakeResponse,
    Invitation,
    LedgerEntry,
    LedgerSecret,
    Message,
    OutsideResponse,
    Response,
    SeriesSecret,
    Wave,
    WaveSecret,
)

# In these tables the order and the remains of rows could tell who answered what.
TABLES = (
    IntakeResponse,
    IntakeComment,
    Response,
    Comment,
    Invitation,
    Message,
    WaveSecret,
    SeriesSecret,
    LedgerEntry,
    LedgerSecret,
    OutsideResponse,
)
# VACUUM FULL wants a table for itself; answering must not queue up behind its wait.
LOCK_TIMEOUT = "2s"


def remove_traces() -> int:
    """Rewrite the answer tables after closings; return how many waves are clean by that.

    0 also when another transaction can still see deleted rows, so that PostgreSQL had to keep
    them: the waves stay due, and the next run tries again. Not inside a transaction: VACUUM
    cannot run there. Raises OperationalError when a table is in use for too long.
    """
    waves = list(Wave.objects.with_traces().values_list("pk", flat=True))
    if not waves or _rewrite_tables() > 0:
        return 0
    return Wave.objects.filter(pk__in=waves).update(traces_removed_at=timezone.now())


def _rewrite_tables() -> int:
    """Rewrite the tables row by row; return how many deleted rows had to be kept."""
    kept: list[int] = []

    def listen(notice: Diagnostic) -> None:
        # Detail of VACUUM VERBOSE: "7 dead row versions cannot be removed yet."
        if found := re.match(r"\d+", notice.message_detail or ""):
            kept.append(int(found.group()))

    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        connection.connection.add_notice_handler(listen)
        try:
            for model in TABLES:
                table = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(f"VACUUM (FULL, VERBOSE) {table}")
        finally:
            connection.connection.remove_notice_handler(listen)
            cursor.execute("RESET lock_timeout")
    return sum(kept)
