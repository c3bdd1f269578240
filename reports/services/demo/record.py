"""Who works at the demo organisations, and how their maturity was judged quarter by quarter."""

from datetime import date, timedelta

from maturity.models import Organization, RubricVersion, Score, Unit, User
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.people import place_person
from maturity.services.units import place_unit

_FIRST = (
    "Ada",
    "Bo",
    "Chen",
    "Dana",
    "Eli",
    "Fay",
    "Gus",
    "Hana",
    "Ivo",
    "Jo",
    "Kim",
    "Lea",
    "Max",
    "Nia",
    "Omar",
    "Pia",
    "Quin",
    "Rosa",
    "Sam",
    "Tara",
    "Uma",
    "Vik",
    "Wen",
    "Xena",
    "Yara",
    "Zoe",
)
_UNITS = {
    "northlight": (("search", "Search"), ("checkout", "Checkout"), ("growth", "Growth")),
    "sprout": (("core", "Core"),),
}
_PMS = {"northlight": 26, "sprout": 8}

# One row per quarter, oldest first; one digit per capability in the rubric's order, in blocks of
# an area. "-" not assessed, "?" unknown, "n" not applicable.
_HISTORY = {
    "northlight": (
        "211 111 1?1 211 111 211",
        "211 211 111 221 211 221",
        "221 221 121 222 211 222",
        "322 222 122 322 221 322",
        "332 232 12? 332 22n 332",
    ),
    "sprout": ("111 --- 1-- 111 1-- 111", "211 --- 11- 211 11? 121"),
}
_QUARTER = timedelta(days=91)


def fill_roster(organization: Organization, today: date) -> None:
    """Put units, PMs and product ops on the roster."""
    since = today - timedelta(days=540)
    company = place_unit(organization, "product", name="Product", parent=None, valid_from=since)
    units = [
        place_unit(organization, key, name=name, parent=company, valid_from=since)
        for key, name in _UNITS[organization.slug]
    ]
    for number in range(_PMS[organization.slug]):
        _place(organization, _FIRST[number], "pm", units[number % len(units)], since)
    _place(organization, "Robin", "product_ops", company, since)


def _place(organization: Organization, name: str, role: str, unit: Unit, since: date) -> None:
    email = f"{name.lower()}@{organization.slug}.example"
    place_person(organization, email, name=name, role=role, unit=unit, valid_from=since)


def record_history(
    organization: Organization, rubric: RubricVersion, lead: User, today: date
) -> None:
    """Record one assessment a quarter, the last one ten days ago."""
    rounds = _HISTORY[organization.slug]
    last = today - timedelta(days=10)
    for number, digits in enumerate(rounds):
        valid_from = last - _QUARTER * (len(rounds) - 1 - number)
        record_assessment(
            organization,
            rubric=rubric,
            valid_from=valid_from,
            scores=_scores(rubric, digits.replace(" ", ""), valid_from),
            by=lead,
        )


def _scores(rubric: RubricVersion, digits: str, seen: date) -> list[NewScore]:
    states = {
        "-": Score.State.NOT_ASSESSED,
        "?": Score.State.UNKNOWN,
        "n": Score.State.NOT_APPLICABLE,
    }
    scores = []
    for capability, digit in zip(rubric.capabilities.order_by("position"), digits, strict=True):
        if digit in states:
            reason = "We run no customer surveys." if digit == "n" else ""
            scores.append(NewScore(capability, states[digit], note=reason))
            continue
        level = int(digit)
        link = f"https://wiki.example/product-ops/{capability.key}" if level > 1 else ""
        scores.append(
            NewScore(
                capability,
                Score.State.ASSESSED,
                level,
                evidence_kind=Score.EvidenceKind.LINK if link else "",
                evidence_ref=link,
                evidence_date=seen if link else None,
            )
        )
    return scores
