"""What a new lead does first in an organisation, and how far that is: read from the data."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from maturity.models import Assessment, ImportRun, Organization, Person, Target, VerdictRecord
from maturity.sources import SOURCES
from reports.models import HiddenGuide
from surveys.banks import PM, SHIPPED, load_bank
from surveys.models import Release, Wave

# In the order in which each is of most use.
STEPS = ("scores", "targets", "people", "signals", "survey", "verdict")


@dataclass(frozen=True)
class FirstSteps:
    """Which steps are done. `hidden`: a lead put them away."""

    done: frozenset[str]
    hidden: bool

    @property
    def next(self) -> str | None:
        return next((step for step in STEPS if step not in self.done), None)

    @property
    def is_over(self) -> bool:
        return self.next is None


@cache
def first_survey() -> tuple[int, int | None]:
    """How many questions the shipped pulse puts to a PM, and in how many minutes."""
    bank = load_bank(SHIPPED[0])
    asked = [item for item in bank.items if item.pulse and PM in item.audience]
    return len(asked), bank.instruments["pulse"].minutes


def first_steps_of(organization: Organization) -> FirstSteps:
    """How far an organisation is now; one query, whatever the amount of data."""
    rows = Organization.objects.filter(pk=organization.pk)
    # The steps are called as the organisation's own relations are.
    marks: dict[str, Exists | Q] = {f"has_{step}": mark for step, mark in _marks().items()}
    marks["is_hidden"] = _any(HiddenGuide.objects.all())
    row: Any = rows.values(**marks).get()
    done = frozenset(step for step in STEPS if row[f"has_{step}"])
    return FirstSteps(done=done, hidden=row["is_hidden"])


def _marks() -> dict[str, Exists | Q]:
    """A verdict counts that concludes something: that nothing is known was known before."""
    held = Wave.objects.filter(status__in=[Wave.Status.OPEN, Wave.Status.CLOSED])
    return {
        "scores": _any(Assessment.objects.filter(submitted_at__isnull=False)),
        "targets": _any(Target.objects.all()),
        "people": _any(Person.objects.all()),
        "signals": _any(
            ImportRun.objects.filter(status=ImportRun.Status.STORED, format__in=SOURCES)
        ),
        "survey": _any(held) | _any(Release.objects.all()),
        "verdict": _any(VerdictRecord.objects.exclude(state="unknown")),
    }


def _any(rows: QuerySet[Any]) -> Exists:
    return Exists(rows.filter(organization=OuterRef("pk")))
