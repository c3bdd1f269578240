"""The demo: three organisations with a history, made through the product's own services."""

import secrets
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from maturity.models import ApiKey, Membership, Organization, RubricVersion, User
from maturity.rubrics import SHIPPED as RUBRICS
from maturity.rubrics import load_pack
from maturity.services.findings import evaluate_past, refresh_findings
from maturity.services.imports import import_file
from maturity.services.keys import create_key
from maturity.services.rubrics import publish_pack
from maturity.services.tenancy import create_organization, grant_membership
from reports.services.demo import record, signals, survey, work
from reports.services.demo.signals.files import months_back
from reports.services.demo.stories import SCALING, STORIES, Story
from surveys.banks import SHIPPED as BANKS
from surveys.banks import SHIPPED_TRANSLATIONS as TRANSLATIONS
from surveys.banks import load_bank, load_translation
from surveys.services.banks import publish_bank
from surveys.services.traces import remove_traces
from surveys.services.translations import publish_translation

LOGIN = "lead@northlight.example"
OWNER = "owner@northlight.example"


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
    for path in TRANSLATIONS:
        publish_translation(load_translation(path))
    existing = Organization.objects.filter(slug=SCALING.slug).first()
    if existing is not None:
        return Demo(LOGIN, None, None, survey.open_link(existing))
    today = timezone.now().date()
    password = secrets.token_urlsafe(12)
    lead = User.objects.create_user(LOGIN, password, name="Robin Lead")
    owner = User.objects.create_user(OWNER, None, name="Olu Owner")
    rubric = publish_pack(load_pack(RUBRICS[0]))
    made = {
        story.slug: _organization(story, rubric, lead=lead, owner=owner, today=today)
        for story in STORIES
    }
    for organization in made.values():
        survey.run_closed_waves(organization, lead, today)
        evaluate_past(organization, first=months_back(today, SCALING.months)[0])
        refresh_findings(organization)
        work.work_on_findings(organization, lead, today)
    _, key = create_key(
        list(made.values()),
        scopes=[ApiKey.Scope.FEED_READ, ApiKey.Scope.FINDINGS_READ],
        name="Demo BI",
        by=lead,
    )
    return Demo(LOGIN, password, key, survey.open_link(made[SCALING.slug]))


def _organization(
    story: Story, rubric: RubricVersion, *, lead: User, owner: User, today: date
) -> Organization:
    organization = create_organization(story.slug, name=story.name, timezone=story.timezone)
    grant_membership(organization, lead, role=Membership.Role.OWNER)
    grant_membership(organization, owner, role=Membership.Role.OWNER)
    units = record.fill_roster(story, organization, today)
    record.record_history(story, organization, units, rubric, lead=lead, owner=owner, today=today)
    if story.waves:
        record.set_targets(organization, rubric, lead, today)
    for format_name, file in signals.files_for(story, today).items():
        import_file(organization, format_name, file, name=f"{format_name}.csv", by=lead)
    survey.import_past_waves(story, organization, lead, today)
    return organization
