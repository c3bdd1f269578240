"""What the demo's lead does about the findings: plans with an owner, a due day and a promise."""

from datetime import date, timedelta

from maturity.models import Finding, Organization, User
from maturity.services.initiatives import Plan, plan_initiative, start_initiative
from maturity.services.lifecycle import acknowledge_finding

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


def work_on_findings(organization: Organization, lead: User, today: date) -> None:
    """Acknowledge each open finding that there is a plan for, and start that plan."""
    for finding in Finding.objects.for_organization(organization).open().order_by("key"):
        if finding.key not in _PLANS:
            continue
        title, description, capabilities, days = _PLANS[finding.key]
        acknowledge_finding(finding, by=lead)
        plan = Plan(
            title=title,
            description=description,
            start_on=today - timedelta(days=14),
            due_on=today + timedelta(days=days),
            owner=lead,
            capabilities=capabilities,
            findings=(finding,),
        )
        start_initiative(plan_initiative(organization, plan))
