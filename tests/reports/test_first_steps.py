"""From an installation without organisations to a first dashboard, by clicking alone."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from maturity.models import Membership, Organization, User
from maturity.services.findings import organizations_due, refresh_findings
from reports.models import HiddenGuide
from reports.selectors.first_steps import STEPS, first_steps_of
from surveys.banks import select_items
from surveys.models import Wave
from surveys.services.banks import publish_bank
from tests.clicks import Reader
from tests.factories import OrganizationFactory, UserFactory
from tests.packs import shipped_bank
from tests.reports.scenes import block, evaluate, url

NEXT = {"data_state": "next"}


@pytest.fixture
def operator(db):
    return User.objects.create_superuser("root@acme.example", "plumb-and-level-7", name="Root")


def headcount() -> SimpleUploadedFile:
    """Monthly snapshots of the last half year."""
    today = timezone.localdate()
    days = [today - timedelta(days=30 * month) for month in range(1, 7)]
    rows = [f"{day},{who},{n},{n}" for day in days for who, n in (("pm", 20), ("product_ops", 1))]
    text = "\n".join(["as_of,function,headcount,fte", *rows])
    return SimpleUploadedFile("headcount.csv", text.encode(), content_type="text/csv")


def test_a_lead_comes_from_nothing_to_a_first_dashboard(rubric, operator, login):
    publish_bank(shipped_bank())
    lead = Reader(login(operator), "/")
    lead.send(name="Müller Labs", timezone="Europe/Berlin")
    made = Organization.objects.get()
    assert (made.slug, made.timezone) == ("mueller-labs", "Europe/Berlin")
    assert Membership.objects.get(organization=made).role == Membership.Role.OWNER
    dashboard = lead.address
    assert dashboard == url(made)

    done = []
    for step in do_each(lead, [c.key for c in rubric.capabilities.all()]):
        lead.visit(dashboard)
        assert f'data-step="{step}" data-state="next"' in lead.html, step
        done.append(step)

    # What beat does within a minute of an import.
    for pk in organizations_due():
        refresh_findings(Organization.objects.get(pk=pk))
    lead.visit(dashboard)
    assert [*done, "verdict"] == list(STEPS)
    assert "data-first-steps" not in lead.html
    assert 'data-chart="radar"' in lead.html
    assert 'data-sign="pm_count" data-state="present"' in lead.html
    assert "manage.py" not in lead.html


def do_each(lead: Reader, capabilities: list[str]):
    """Say which step comes next, then click to it and do it."""
    yield "scores"
    lead.click(**NEXT)
    lead.send(**{f"{key}-choice": "2" for key in capabilities})
    yield "targets"
    lead.click(**NEXT)
    capability = str(Organization.objects.get().assessments.get().scores.first().capability_id)
    due = timezone.localdate() + timedelta(days=90)
    lead.send(capability=capability, level="4", due_on=due, reason="Numbers we can trust.")
    yield "people"
    for number in range(6):
        lead.click(data_step="people")
        lead.send(email=f"pm{number}@muller.example", role="pm")
        lead.visit("/")
    yield "signals"
    lead.click(**NEXT)
    assert "as_of, function, team_key, headcount, fte" in lead.html
    lead.send(format="headcount", file=headcount())
    lead.send("/confirm/")
    yield "survey"
    lead.click(**NEXT)
    lead.send(title="First pulse", instrument="pulse")
    lead.click(data_open="")
    lead.send("")


def test_the_survey_step_promises_what_the_survey_page_says(rubric, organization, fetch):
    bank, _is_new = publish_bank(shipped_bank())
    wave = Wave(bank=bank, instrument="pulse")
    asked = select_items(
        bank.questions.all(), bank.definition().instruments["pulse"], audiences={"pm"}
    )

    step = block(fetch(), 'data-step="survey"')

    assert f"{len(asked)} questions, about {wave.planned_minutes()} minutes" in step


def test_who_is_no_operator_creates_nothing(ana, operator, login):
    client = login(ana)

    assert client.get(reverse("reports:start")).status_code == 404
    assert client.post(reverse("reports:start"), {"name": "X"}).status_code == 404
    assert Organization.objects.count() == 1
    assert "data-start" in login(operator).get(reverse("reports:start")).content.decode()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"name": "", "slug": "x"}, "This field is required."),
        ({"name": "東京"}, "choose a slug"),
        ({"name": "Acme"}, "Organisation with this Slug already exists."),
        ({"name": "X", "timezone": "Mars/Base"}, "Mars/Base"),
    ],
)
def test_what_is_refused_is_said_beside_what_was_typed(organization, operator, login, typed, says):
    form = {"slug": "", "timezone": "UTC", **typed}

    response = login(operator).post(reverse("reports:start"), form)

    assert response.status_code == 400
    assert says in response.content.decode()
    assert Organization.objects.count() == 1


def test_steps_are_put_away_for_everybody_and_come_back(organization, ana, vera, login, fetch):
    address = reverse("reports:first_steps", args=[organization.slug])
    lead = Reader(login(ana), url(organization))
    assert "data-first-steps" in lead.html

    lead.send(hide="1")

    assert "data-first-steps" not in lead.html
    assert "data-first-steps" not in login(vera).get(url(organization)).content.decode()
    assert HiddenGuide.objects.get().by == ana
    lead.send(show="1")
    assert "data-first-steps" in fetch()
    assert login(vera).post(address, {"hide": "1"}).status_code == 403
    assert login(UserFactory()).post(address, {"hide": "1"}).status_code == 404
    assert not HiddenGuide.objects.exists()


def test_viewer_reads_what_to_expect_and_whom_to_ask(organization, vera, login):
    html = login(vera).get(url(organization)).content.decode()

    panel = block(html, "data-first-steps")
    assert "An owner or ops lead of this organisation can take them" in panel
    assert panel.count("Still to come") == len(STEPS)
    assert "href" not in panel.replace("icons.svg", "")
    assert "/admin/" not in html


def test_page_of_the_past_has_no_steps(organization, ana, login):
    html = login(ana).get(url(organization), {"known_at": "2026-11-01T00:00:00Z"})

    assert "data-first-steps" not in html.content.decode()


def test_only_ones_own_data_counts_in_one_query(organization, django_assert_num_queries):
    other = OrganizationFactory()
    evaluate(other)

    with django_assert_num_queries(1):
        steps = first_steps_of(organization)

    assert (steps.done, steps.next, steps.hidden) == (frozenset(), "scores", False)
