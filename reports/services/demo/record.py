"""Who works at the demo organisations, and how their maturity was judged quarter by quarter."""

from datetime import date, timedelta

from maturity.models import Assessment, Capability, Organization, RubricVersion, Score, Unit, User
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.people import place_person
from maturity.services.targets import NewTarget, set_target
from maturity.services.units import place_unit
from maturity.services.validation import validate_assessment
from reports.services.demo.signals.files import months_back
from reports.services.demo.signals.people import names
from reports.services.demo.stories import Story

_QUARTER = timedelta(days=91)
_LAST_ROUND = timedelta(days=10)
# Units are scored in the newest rounds only; a capability is a level up or down by turns.
_UNIT_ROUNDS = 2
_EVIDENCE = {
    2: Score.EvidenceKind.LINK,
    3: Score.EvidenceKind.DOCUMENT,
    4: Score.EvidenceKind.METRIC,
    5: Score.EvidenceKind.METRIC,
}


def fill_roster(story: Story, organization: Organization, today: date) -> list[Unit]:
    """Put units, PMs and product ops on the roster; return the units below the company."""
    since = today - timedelta(days=30 * story.months)
    company = place_unit(organization, "product", name="Product", parent=None, valid_from=since)
    units = {
        key: place_unit(organization, key, name=name, parent=company, valid_from=since)
        for key, name in story.units
    }
    for number, name in zip(range(story.pms[1]), names(), strict=False):
        key = story.unit_of(number)
        language = "de" if key == story.german else "en"
        _place(organization, name, "pm", units[key], since, language=language)
    began = max(since, months_back(today, story.months)[story.ops_from])
    _place(organization, "Robin", "product_ops", company, began)
    return list(units.values())


def _place(
    organization: Organization, name: str, role: str, unit: Unit, since: date, language: str = "en"
) -> None:
    place_person(
        organization,
        f"{name.lower().replace(' ', '.')}@{organization.slug}.example",
        name=name,
        role=role,
        unit=unit,
        valid_from=since,
        language=language,
    )


def record_history(
    story: Story,
    organization: Organization,
    units: list[Unit],
    rubric: RubricVersion,
    *,
    lead: User,
    owner: User,
    today: date,
) -> None:
    """Record one assessment a quarter, the last one ten days ago and validated by an owner."""
    capabilities = list(rubric.capabilities.order_by("position"))
    last = today - _LAST_ROUND
    newest: Assessment | None = None
    for number, row in enumerate(story.rounds):
        left = len(story.rounds) - 1 - number
        day, digits = last - _QUARTER * left, row.replace(" ", "")
        newest = record_assessment(
            organization,
            rubric=rubric,
            valid_from=day,
            scores=_scores(capabilities, digits, day),
            by=lead,
        )
        for turn, unit in enumerate(units if left < _UNIT_ROUNDS and len(units) > 1 else ()):
            record_assessment(
                organization,
                rubric=rubric,
                valid_from=day,
                scores=_scores(capabilities, _leaning(digits, turn), day),
                by=lead,
                unit=unit,
            )
    if newest is not None:
        validate_assessment(newest, by=owner)


def _leaning(digits: str, turn: int) -> str:
    """The company's levels as one unit has them: some a step above, some a step below."""
    steps = {0: 1, 1: -1}
    leaning = [
        str(min(4, max(1, int(digit) + steps.get((place + turn) % 5, 0))))
        if digit.isdigit()
        else digit
        for place, digit in enumerate(digits)
    ]
    return "".join(leaning)


def _scores(capabilities: list[Capability], digits: str, seen: date) -> list[NewScore]:
    return [
        _score(capability, digit, seen)
        for capability, digit in zip(capabilities, digits, strict=True)
    ]


def _score(capability: Capability, digit: str, seen: date) -> NewScore:
    states = {
        "-": Score.State.NOT_ASSESSED,
        "?": Score.State.UNKNOWN,
        "n": Score.State.NOT_APPLICABLE,
    }
    if digit in states:
        reason = "We run no customer surveys." if digit == "n" else ""
        return NewScore(capability, states[digit], note=reason)
    kind = _EVIDENCE.get(int(digit), "")
    return NewScore(
        capability,
        Score.State.ASSESSED,
        int(digit),
        evidence_kind=kind,
        evidence_ref=f"https://wiki.example/product-ops/{capability.key}" if kind else "",
        evidence_date=seen if kind else None,
    )


def set_targets(organization: Organization, rubric: RubricVersion, lead: User, today: date) -> None:
    """Next year's goals: a step higher where it matters most."""
    wanted = ("standard_dashboards", "participant_panels", "launch_checklists")
    for capability in rubric.capabilities.filter(key__in=wanted):
        goal = NewTarget(
            capability,
            level=4,
            due_on=today + timedelta(days=270),
            reason="Agreed in the yearly plan.",
            owner="Robin Lead",
        )
        set_target(organization, goal, by=lead)
