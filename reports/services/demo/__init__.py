"""The demo: two organisations with a history, made through the product's own services."""

import secrets
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from maturity.models import ApiKey, Membership, Organization, User
from maturity.rubrics import SHIPPED as RUBRICS
from maturity.rubrics import load_pack
from maturity.services.findings import refresh_findings
from maturity.services.imports import import_file
from maturity.services.keys import create_key
from maturity.services.rubrics import publish_pack
from maturity.services.tenancy import create_organization, grant_membership
from reports.services.demo import record, signals, survey
from surveys.banks import SHIPPED as BANKS
from surveys.banks import load_bank
from surveys.services.banks import publish_bank
from surveys.services.traces import remove_traces

LOGIN = "lead@northlight.example"
SCALING = ("northlight", "Northlight", "Europe/Berlin")
EARLY = ("sprout", "Sprout Labs", "America/New_York")


@dataclass(frozen=True)
class Demo:
    """What somebody needs to look around. Secrets are None where they were given before."""

    login: str
    password: str | None
    api_key: str | None
    survey_link: str | None


def create_demo() -> Demo:
    """Create the demo, or find it and open a fresh survey where none is open.

    All or nothing: a start that is cut off leaves no half demo behind.
    """
    demo = _create_or_find()
    remove_traces()
    return demo


@transaction.atomic
def _create_or_find() -> Demo:
    for path in BANKS:
        publish_bank(load_bank(path))
    existing = Organization.objects.filter(slug=SCALING[0]).first()
    if existing is not None:
        return Demo(LOGIN, None, None, survey.open_link(existing))
    today = timezone.now().date()
    password = secrets.token_urlsafe(12)
    lead = User.objects.create_user(LOGIN, password, name="Robin Lead")
    early = _organization(EARLY, lead, today)
    scaling = _organization(SCALING, lead, today)
    survey.run_closed_wave(scaling)
    for organization in (early, scaling):
        refresh_findings(organization)
    _, key = create_key(
        [scaling, early],
        scopes=[ApiKey.Scope.FEED_READ, ApiKey.Scope.FINDINGS_READ],
        name="Demo BI",
        by=lead,
    )
    return Demo(LOGIN, password, key, survey.open_link(scaling))


def _organization(story: tuple[str, str, str], lead: User, today: date) -> Organization:
    slug, name, zone = story
    organization = create_organization(slug, name=name, timezone=zone)
    grant_membership(organization, lead, role=Membership.Role.OWNER)
    record.fill_roster(organization, today)
    rubric = publish_pack(load_pack(RUBRICS[0]))
    record.record_history(organization, rubric, lead, today)
    for format_name, file in signals.files_for(slug, today).items():
        import_file(organization, format_name, file, name=f"{format_name}.csv", by=lead)
    return organization
