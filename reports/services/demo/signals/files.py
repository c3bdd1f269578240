"""CSV as an exporter would write it, and the months that the demo goes back."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

Rows = Iterable[tuple[object, ...]]


def csv_file(header: str, rows: Rows) -> io.BytesIO:
    """Write one file: UTF-8, a header row of these words, empty where nothing is known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header.split())
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return io.BytesIO(text.getvalue().encode())


def months_back(today: date, count: int) -> list[date]:
    """The first days of the last `count` months, oldest first, this month's included."""
    first = today.year * 12 + today.month - count
    return [date((first + n) // 12, (first + n) % 12 + 1, 1) for n in range(count)]


def weeks_of(first: date, today: date) -> Iterator[tuple[float, date]]:
    """Mondays from the first one on or after `first`, each with how far the story is (0 to 1)."""
    monday = first + timedelta(days=-first.weekday() % 7)
    count = max(0, (today - monday).days // 7)
    for number in range(count):
        yield number / max(1, count - 1), monday + timedelta(days=7 * number)


def between(span: tuple[float, float], share: float) -> float:
    """The value of a range that far on the way."""
    return span[0] + (span[1] - span[0]) * share


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)


def flag(value: bool) -> str:
    return "true" if value else "false"
