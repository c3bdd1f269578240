"""Twenty writers and four clients that keep nothing but their greatest position.

Played for a minute by `make drill feed`, for a few seconds by the suite.
"""

import io
import json
import random
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import quantiles

from django.db import OperationalError, connection, transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse

from maturity.models import (
    Finding,
    Initiative,
    Organization,
    RubricVersion,
    Score,
    Unit,
)
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.changes import stamp_batch
from maturity.services.corrections import withdraw_score
from maturity.services.imports import import_file
from maturity.services.targets import NewTarget, set_target
from maturity.services.units import place_unit
from tests.clients import client_with_key
from tests.factories import FindingFactory, InitiativeFactory, UserFactory

# What is compared in the end: a row's id, something of it that changes, and whose it is.
COMPARED = {
    "scores": ("level", "SELECT id, level, organization_id FROM maturity_score"),
    "targets": ("level", "SELECT id, level, organization_id FROM maturity_target"),
    "initiatives": ("title", "SELECT id, title, organization_id FROM maturity_initiative"),
    "findings": ("severity", "SELECT id, severity, organization_id FROM maturity_finding"),
    "units": ("unit", "SELECT id, key, organization_id FROM maturity_unit"),
    "tool_usage": (
        "eligible_users",
        (
            "SELECT id, eligible_users, organization_id FROM maturity_toolusage"
            " WHERE replaced_at IS NULL"
        ),
    ),
    "area_levels": ("level", "SELECT id, level, organization_id FROM maturity_arealevelrecord"),
    "organizations": ("name", "SELECT id, name, id FROM maturity_organization"),
}
DAY = date(2026, 1, 1)


@dataclass
class Outcome:
    """What came of it. `delays`: seconds from a commit until a client had its rows."""

    commits: int = 0
    rollbacks: int = 0
    polls: int = 0
    lost: int = 0
    stale: int = 0
    rows: int = 0
    delays: list[float] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)

    def __str__(self) -> str:
        cuts = quantiles(self.delays, n=100) if len(self.delays) > 1 else [0.0] * 99
        return (
            f"{self.commits} commits, {self.rollbacks} rolled back, {self.polls} polls,"
            f" {self.rows} rows in four replicas: {self.lost} lost, {self.stale} stale;"
            f" delay p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms"
            f" ({len(self.delays)} measured)"
        )


class _RolledBack(Exception):
    pass


class Stage:
    """One organisation that everybody writes to at once."""

    def __init__(
        self, organization: Organization, rubric: RubricVersion, *, longest: float, outcome: Outcome
    ) -> None:
        self.organization = organization
        self.capabilities = list(rubric.capabilities.select_related("area", "rubric"))
        self.rubric = rubric
        self.operator = UserFactory(is_superuser=True, is_staff=True)
        self.longest = longest
        self.outcome = outcome
        self.stop = threading.Event()
        self.committed: dict[str, float] = {}
        ended = datetime(2026, 1, 6, tzinfo=UTC)
        FindingFactory.create_batch(3, organization=organization, resolved_at=ended)
        InitiativeFactory.create_batch(20, organization=organization)

    def pause(self, dice: random.Random, share: float = 1.0) -> None:
        """Most are short; now and then a transaction stays open for as long as it may."""
        longest = self.longest * share if dice.random() < 0.1 else 0.05 * share
        time.sleep(dice.uniform(0, longest))


def record(stage: Stage, dice: random.Random) -> None:
    """A service: a sheet of the whole rubric, and the levels of its areas."""
    record_assessment(
        stage.organization,
        rubric=stage.rubric,
        valid_from=DAY + timedelta(days=dice.randrange(300)),
        scores=[NewScore(each, "assessed", dice.choice([1, 2])) for each in stage.capabilities],
        by=None,
    )
    stage.pause(dice)


def withdraw(stage: Stage, dice: random.Random) -> None:
    """A service: take a score back, set a target, place a unit."""
    rows = Score.objects.filter(organization=stage.organization, replaced_by=None)
    score = rows.exclude(state="withdrawn").order_by("?").first()
    if score is not None:
        withdraw_score(score, reason="Wrong.", by=None)
    capability = dice.choice(stage.capabilities)
    new = NewTarget(capability, dice.choice([3, 4]), date(2199, 1, 1), "Plan.")
    set_target(stage.organization, new, by=None)
    place_unit(
        stage.organization,
        f"unit-{dice.randrange(9)}",
        name="Unit",
        parent=None,
        valid_from=DAY + timedelta(days=dice.randrange(99)),
    )


def import_usage(stage: Stage, dice: random.Random) -> None:
    """A service: a file of usage, much of it a new version of what was there."""
    monday = date(2026, 1, 5)
    lines = ["tool_key,period_start,period,active_users,eligible_users"]
    lines += [
        f"tool-{tool},{monday + timedelta(weeks=week)},week,{dice.randrange(9)},"
        f"{dice.randrange(9, 30)}"
        for tool in range(3)
        for week in range(10)
    ]
    file = io.BytesIO("\n".join(lines).encode() + b"\n")
    import_file(stage.organization, "tool_usage", file, name="usage.csv")


def admin(stage: Stage, dice: random.Random) -> None:
    """The admin's pages: plan an initiative, or change one that others are changing, too."""
    client = Client()
    client.force_login(stage.operator)
    form: dict[str, object] = {
        "title": f"Admin {dice.randrange(10**9)}",
        "start_on": "2026-03-01",
        "due_on": "2026-03-05",
    }
    row = Initiative.objects.filter(state="planned").order_by("?").first()
    if row is None or dice.random() < 0.3:
        address = reverse("admin:maturity_initiative_add")
        form["organization"] = stage.organization.pk
    else:
        address = reverse("admin:maturity_initiative_edit", args=[row.pk])
        form["seen"] = row.version
    response = client.post(address, form)
    # The row is gone meanwhile, or somebody else was faster: the page says so.
    assert response.status_code in {200, 302, 404}
    stage.pause(dice)


def bulk(stage: Stage, dice: random.Random) -> None:
    """Bulk updates, some of which change nothing."""
    severity = dice.choice(["low", "medium", "high"])
    Finding.objects.filter(organization=stage.organization).update(severity=severity)
    Initiative.objects.filter(pk__in=_some(dice)).update(version=F("version") + 1)
    stage.pause(dice)


def raw(stage: Stage, dice: random.Random) -> None:
    """Raw SQL, and a name that stands in many rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE maturity_initiative SET title = 'Raw ' || %s WHERE id IN (SELECT id FROM"
            " maturity_initiative ORDER BY random() LIMIT 3)",
            [dice.randrange(10**9)],
        )
        stage.pause(dice, 0.5)
        cursor.execute(
            "UPDATE maturity_organization SET name = %s WHERE id = %s",
            [f"Acme {dice.randrange(10**9)}", stage.organization.pk],
        )
    if dice.random() < 0.1:
        unit = Unit.objects.order_by("?").first()
        if unit is not None:
            Unit.objects.filter(pk=unit.pk).update(key=f"renamed-{dice.randrange(10**9)}")


def add(stage: Stage, dice: random.Random) -> None:
    """New rows that are told by their titles: how long does it take until a client has them?"""
    titles = [uuid.uuid4().hex for _ in range(3)]
    day = DAY + timedelta(days=1)
    rows = [
        Initiative(organization=stage.organization, title=title, start_on=DAY, due_on=day)
        for title in titles
    ]
    Initiative.objects.bulk_create(rows)
    stage.pause(dice)
    transaction.on_commit(lambda: stage.committed.update(dict.fromkeys(titles, time.monotonic())))


def delete(stage: Stage, dice: random.Random) -> None:
    ids = list(Initiative.objects.order_by("?").values_list("pk", flat=True)[:2])
    stage.pause(dice)
    Initiative.objects.filter(pk__in=ids).delete()


def undone(stage: Stage, dice: random.Random) -> None:
    """Everything that others do too, and then it never happened."""
    dice.choice([add, bulk, raw, delete, record])(stage, dice)
    raise _RolledBack


def _some(dice: random.Random) -> list[int]:
    return list(Initiative.objects.values_list("pk", flat=True)[: dice.randrange(1, 6)])


# Twenty.
WRITERS: tuple[Callable[[Stage, random.Random], None], ...] = (
    *(record, record, withdraw, withdraw, import_usage, import_usage),
    *(admin, admin, bulk, bulk, bulk, raw, raw, raw),
    *(add, add, delete, delete, undone, undone),
)


def _write(stage: Stage, writer: Callable[[Stage, random.Random], None], seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311  # repeatable, not secret
    try:
        while not stage.stop.is_set():
            try:
                with transaction.atomic():
                    writer(stage, dice)
                stage.outcome.commits += 1
            except (_RolledBack, OperationalError):
                # A deadlock ends one of the two like any other rollback.
                stage.outcome.rollbacks += 1
    except BaseException as error:  # noqa: BLE001 - whatever ends a writer ends the test
        stage.outcome.faults.append(error)
    finally:
        connection.close()


class Replica:
    """A client of the API that keeps its rows and, by table, its greatest position."""

    def __init__(self, organization: Organization, field_name: str, *, inclusive: bool) -> None:
        self._client = client_with_key(organization, scopes=["feed:read"])
        self._field = field_name
        self._inclusive = inclusive
        self._last: dict[str, object] = {}
        self.rows: dict[str, dict[int, dict]] = {table: {} for table in COMPARED}

    def poll(self) -> set[str]:
        """Ask every table what is new; return the titles that came."""
        titles = set()
        for table in COMPARED:
            url: str | None = f"/api/v1/feed/{table}"
            query = self._since(table)
            while url:
                response = self._client.get(url, query)
                assert response.status_code == 200, response.content
                page, query = json.loads(response.content), {}
                titles |= self._take(table, page["results"])
                url = page["next"]
        return titles

    def _since(self, table: str) -> dict[str, object]:
        last = self._last.get(table)
        if last is None:
            return {"page_size": 500}
        if self._field == "seq":
            return {"since_seq": max(0, last - 1) if self._inclusive else last}
        moment = datetime.fromisoformat(last)
        after = moment if self._inclusive else moment + timedelta(microseconds=1)
        return {"updated_since": after.astimezone(UTC).isoformat()}

    def _take(self, table: str, rows: list[dict]) -> set[str]:
        kept = self.rows[table]
        for row in rows:
            self._last[table] = max(self._last.get(table, row[self._field]), row[self._field])
            kept.pop(row["id"], None)
            if not row["is_deleted"]:
                kept[row["id"]] = row
        return {row["title"] for row in rows if row.get("title")} if rows else set()


def _poll(stage: Stage, replica: Replica, seen: dict[str, float]) -> None:
    try:
        while not stage.stop.is_set():
            titles = replica.poll()
            now = time.monotonic()
            for title in titles:
                seen.setdefault(title, now)
            stage.outcome.polls += 1
    except BaseException as error:  # noqa: BLE001 - whatever ends a client ends the test
        stage.outcome.faults.append(error)
    finally:
        connection.close()


def _stamp(stage: Stage) -> None:
    """As the scheduler does, every second."""
    try:
        while not stage.stop.wait(1):
            stamp_batch()
    finally:
        connection.close()


def play(
    organization: Organization, rubric: RubricVersion, *, seconds: float, longest: float
) -> Outcome:
    """Let everybody write and read for so long, then compare every replica with the tables."""
    outcome = Outcome()
    stage = Stage(organization, rubric, longest=longest, outcome=outcome)
    replicas = [
        Replica(organization, field_name, inclusive=inclusive)
        for field_name in ("seq", "synced_at")
        for inclusive in (False, True)
    ]
    seen: list[dict[str, float]] = [{} for _ in replicas]
    threads = [
        threading.Thread(target=_write, args=(stage, writer, seed))
        for seed, writer in enumerate(WRITERS)
    ]
    threads += [
        threading.Thread(target=_poll, args=(stage, *pair))
        for pair in zip(replicas, seen, strict=True)
    ]
    threads.append(threading.Thread(target=_stamp, args=(stage,)))
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stage.stop.set()
    for thread in threads:
        thread.join(60)
    for replica in replicas:
        replica.poll()
        _compare(replica, organization, outcome)
    outcome.delays = [
        own[title] - at for own in seen for title, at in stage.committed.items() if title in own
    ]
    return outcome


def _compare(replica: Replica, organization: Organization, outcome: Outcome) -> None:
    for table, (name, statement) in COMPARED.items():
        with connection.cursor() as cursor:
            cursor.execute(statement)
            rows = cursor.fetchall()
        expected = {pk: value for pk, value, owner in rows if owner == organization.pk}
        held = {pk: row[name] for pk, row in replica.rows[table].items()}
        outcome.rows += len(held)
        outcome.lost += len(expected.keys() - held.keys())
        outcome.stale += sum(held[pk] != expected.get(pk) for pk in held)
