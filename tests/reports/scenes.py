"""What the pages' tests put on the record, and how they look at a page."""

import re
from datetime import UTC, date, datetime, time

from django.urls import reverse

from maturity.models import Assessment, Capability, Evaluation, Organization, RubricVersion, Score
from reports.selectors import dashboard_of
from surveys.models import BankVersion, Question, Release, ReleasedCell, Wave, WaveItem
from tests.factories import (
    AssessmentFactory,
    EvaluationFactory,
    ExemptionDecisionFactory,
    ScoreFactory,
)

LATE = datetime(2030, 1, 1, tzinfo=UTC)
FIRST_AREA = ("standard_dashboards", "event_taxonomy", "data_governance")
SHOWN = {
    "state": "shown",
    "n": 16,
    "favourable": 4,
    "low": 0.15,
    "high": 0.38,
    "worst": 0.2,
    "best": 0.4,
}


def url(organization: Organization) -> str:
    return reverse("reports:organization", args=[organization.slug])


def at(organization: Organization, day: date = date(2026, 11, 24), known_at: datetime = LATE):
    return dashboard_of(organization, as_of=day, known_at=known_at)


def assess(
    organization: Organization,
    rubric: RubricVersion,
    day: date,
    levels: dict[str, int | str],
    *,
    others: int | str = "not_assessed",
) -> Assessment:
    """Record a whole assessment; a string in place of a level is the state that says why."""
    assessment = AssessmentFactory(
        organization=organization,
        rubric=rubric,
        valid_from=day,
        submitted_at=datetime.combine(day, time(12), tzinfo=UTC),
    )
    Score.objects.bulk_create(
        ScoreFactory.build(
            organization=organization,
            assessment=assessment,
            capability=capability,
            state="assessed" if isinstance(judged, int) else judged,
            level=judged if isinstance(judged, int) else None,
            effective_level=judged if isinstance(judged, int) else None,
            note="" if judged != "not_applicable" else "No such work here.",
            valid_from=day,
            recorded_at=assessment.submitted_at,
        )
        for capability in Capability.objects.filter(rubric=rubric)
        for judged in [levels.get(capability.key, others)]
    )
    exempt(assessment, [key for key, judged in levels.items() if judged == "not_applicable"])
    return assessment


def exempt(assessment: Assessment, keys: list[str]) -> None:
    """Have another person approve for years that these capabilities do not apply."""
    for capability in Capability.objects.filter(rubric=assessment.rubric, key__in=keys):
        ExemptionDecisionFactory(
            exemption__organization=assessment.organization,
            exemption__capability=capability,
            exemption__valid_from=assessment.valid_from,
            exemption__recorded_at=assessment.submitted_at,
        )


def evaluate(organization: Organization, *, period_end: date = date(2026, 11, 1)) -> Evaluation:
    return EvaluationFactory(organization=organization, period_end=period_end)


def release(
    organization: Organization,
    cells: dict[str, dict],
    *,
    responded: int | None = 16,
    band="good",
    at: datetime | None = None,
) -> None:
    """Release a closed wave of 20 PMs; `cells` holds each question's released cell."""
    bank = BankVersion.objects.create(key="bank", version="1.0.0", language="en", digest="0" * 64)
    wave = Wave.objects.create(
        organization=organization,
        bank=bank,
        key="autumn",
        title="Autumn pulse",
        status=Wave.Status.CLOSED,
        opens_at=datetime(2026, 11, 3, 9, tzinfo=UTC),
        closes_at=datetime(2026, 11, 17, 23, tzinfo=UTC),
        accepts_until=datetime(2026, 11, 17, 23, 30, tzinfo=UTC),
        eligible=20,
        closed_at=datetime(2026, 11, 17, 23, 31, tzinfo=UTC),
    )
    published = Release.objects.create(
        organization=organization,
        wave=wave,
        released_at=at or wave.closed_at,
        eligible=20,
        responded=responded,
        response_rate=None if responded is None else responded / 20,
        band=None if responded is None else band,
    )
    for position, (key, cell) in enumerate(cells.items()):
        figures = dict(cell)
        question = Question.objects.create(
            bank=bank,
            key=key,
            position=position,
            text=f"About {key}.",
            scale=figures.pop("scale", "agree5"),
            audiences=["pm"],
        )
        WaveItem.objects.create(
            organization=organization, wave=wave, question=question, position=position
        )
        ReleasedCell.objects.create(
            organization=organization, release=published, kind="item", key=key, **figures
        )


def block(html: str, attribute: str) -> str:
    """The opening tag that carries an attribute, up to the end of its element's row or card."""
    found = re.search(rf"<(\w+)[^>]*{re.escape(attribute)}.*?</\1>", html, re.DOTALL)
    assert found, attribute
    return found.group()
