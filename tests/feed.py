"""What the tests of the feed share: changing what never changes, and reading an answer."""

from collections.abc import Iterator
from typing import Any

import pgtrigger
from django.db import connection

from maturity.models import Score
from reports.feed.formats import Format
from reports.feed.query import FeedQuery, rows_statement

URL = "/api/v1/feed/scores"
_KEPT = "maturity.Score:score_append_only"


def edit(score: Score, **values: Any) -> None:
    """Change a score on the record, which its trigger refuses everybody else."""
    with pgtrigger.ignore(_KEPT):
        Score.objects.filter(pk=score.pk).update(**values)


def delete(*scores: Score) -> None:
    with pgtrigger.ignore(_KEPT):
        Score.objects.filter(pk__in=[score.pk for score in scores]).delete()


def ids(response: Any) -> list[int]:
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def positions(client: Any) -> list[tuple[int, str]]:
    return [(row["seq"], row["synced_at"]) for row in client.get(URL).json()["results"]]


def export_here(query: FeedQuery, file_format: Format) -> Iterator[bytes]:
    """The rows of an export over this very connection, which sees what is not committed."""
    with connection.cursor() as cursor:
        cursor.execute(*rows_statement(query, file_format.columns(query.table)))
        yield from (line.encode() for (line,) in cursor)
