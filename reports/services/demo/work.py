"""What the demo's lead does about the findings, and what was done before."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from maturity.models import Finding, Initiative, Organization, User
from maturity.services.initiatives import (
    Plan,
    finish_initiative,
    plan_initiative,
    start_initiative,
)
from maturity.services.lifecycle import acknowledge_finding
from reports.services.demo.stories import MATURE, SCALING

_PLANS = {
    "gatekeeper": (
        "Launches without a review for small changes",
        "A short list of launches needs no sign-off; every no names its remedy.",
        ("launch_checklists",),
        60,
    ),
    "unused_tools": (
        "Retire the insight digest, rebuild the library's search",
        "One tool fewer to feed, one that people find things in.",
        ("research_documentation",),
        120,
    ),
}
# Two days before the last round of scores, so that the chart shows it.
_STARTED = timedelta(days=14)


@dataclass(frozen=True)
class _Done:
    """An initiative that is over: begun and ended so many days ago."""

    title: str
    description: str
    capability: str
    begun: int
    ended: int
    note: str


_DONE = {
    SCALING.slug: _Done(
        "Dashboards with agreed definitions for every team",
        "What the first survey asked for: the numbers in one place, each defined once.",
        "standard_dashboards",
        begun=200,
        ended=95,
        note="Search, Checkout and Growth have theirs; the next survey trusts them.",
    ),
    MATURE.slug: _Done(
        "A launch check within a working day",
        "Only launches that touch money or law are checked by hand; the rest is a checklist.",
        "launch_checklists",
        begun=560,
        ended=300,
        note="Half of the checks take less than a day since.",
    ),
}


def work_on_findings(organization: Organization, lead: User, today: date) -> None:
    """Acknowledge each open finding that there is a plan for, and start that plan."""
    _write_down_what_was_done(organization, lead, today)
    started = _morning(today - _STARTED, organization)
    for finding in Finding.objects.for_organization(organization).open().order_by("key"):
        if finding.key not in _PLANS:
            continue
        title, description, capabilities, days = _PLANS[finding.key]
        acknowledge_finding(finding, by=lead, at=started)
        plan = Plan(
            title=title,
            description=description,
            start_on=today - _STARTED,
            due_on=today + timedelta(days=days),
            owner=lead,
            capabilities=capabilities,
            findings=(finding,),
        )
        start_initiative(plan_initiative(organization, plan), at=started)


def _write_down_what_was_done(organization: Organization, lead: User, today: date) -> None:
    done = _DONE.get(organization.slug)
    if done is None:
        return
    begun, ended = (today - timedelta(days=days) for days in (done.begun, done.ended))
    plan = Plan(
        title=done.title,
        description=done.description,
        start_on=begun,
        due_on=ended,
        owner=lead,
        capabilities=(done.capability,),
    )
    work: Initiative = plan_initiative(organization, plan)
    work = start_initiative(work, at=_morning(begun, organization))
    finish_initiative(work, note=done.note, at=_morning(ended, organization))


def _morning(day: date, organization: Organization) -> datetime:
    return datetime.combine(day, time(9), organization.zone)
