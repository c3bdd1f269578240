"""Remove what deleted rows leave behind in the database's files."""

from django.db import connection
from django.utils import timezone

from surveys.models import (
    Comment,
    IntakeComment,
    IntakeResponse,
    Invitation,
    Response,
    Wave,
    WaveSecret,
)

# In these tables the order and the remains of rows could tell who answered what.
TABLES = (IntakeResponse, IntakeComment, Response, Comment, Invitation, WaveSecret)
# VACUUM FULL wants a table for itself; answering must not queue up behind its wait.
LOCK_TIMEOUT = "2s"


def remove_traces() -> int:
    """Rewrite the answer tables after closings; return how many waves that concerned.

    Not inside a transaction: VACUUM cannot run there. Raises OperationalError when a table is
    in use for too long; the waves stay due, so the next run tries again.
    """
    waves = list(Wave.objects.with_traces().values_list("pk", flat=True))
    if not waves:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        try:
            for model in TABLES:
                cursor.execute(f"VACUUM FULL {connection.ops.quote_name(model._meta.db_table)}")
        finally:
            cursor.execute("RESET lock_timeout")
    return Wave.objects.filter(pk__in=waves).update(traces_removed_at=timezone.now())
