"""A link with `known_at` shows what its sender saw, whatever is recorded later."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from maturity.models import Score
from maturity.services.assessments import NewScore, Sheet, record_sheet
from maturity.services.corrections import correct_score
from maturity.services.initiatives import (
    Plan,
    abandon_initiative,
    plan_initiative,
    start_initiative,
)
from maturity.services.lifecycle import acknowledge_finding
from maturity.services.units import place_unit
from reports.services.boards import request_board_report
from tests.factories import (
    EvaluationFactory,
    FindingFactory,
    OrganizationFactory,
    VerdictRecordFactory,
)
from tests.reports.scenes import FIRST_AREA, SHOWN, assess, block, evaluate, release, url

ASKED = "2026-03-01T09:30:00+01:00"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


@pytest.fixture
def moved_on(organization, rubric, ana):
    """Two moments ago a page was read; since then everything on it has changed."""
    capability = rubric.capabilities.get(key=FIRST_AREA[0])
    today = datetime.now(UTC).astimezone(organization.zone).date()
    OrganizationFactory(slug="beta", name="Beta").memberships.create(user=ana, role="viewer")
    core = place_unit(organization, "core", name="Core", parent=None, valid_from=date(2026, 1, 1))

    def sheet(day, level, unit=None):
        scores = [NewScore(capability, "assessed", level)]
        return Sheet(rubric, day, scores, unit=unit, partial=True)

    for unit in (None, core):
        record_sheet(organization, sheet(today - timedelta(days=9), 1, unit), by=ana)
    initiative = plan_initiative(
        organization,
        Plan(title="Dashboards for all", start_on=today, due_on=today, capabilities=()),
    )
    finding = FindingFactory(
        verdict=VerdictRecordFactory(evaluation=evaluate(organization, period_end=today)),
        organization=organization,
    )

    def move_on():
        for score in Score.objects.all():
            correct_score(score, NewScore(capability, "assessed", 2), reason="Typo", by=ana)
        record_sheet(organization, sheet(today, 2), by=ana)
        release(organization, {"Q1": SHOWN}, at=datetime.now(UTC))
        later = EvaluationFactory(
            organization=organization, period_end=today, computed_at=datetime.now(UTC)
        )
        VerdictRecordFactory(evaluation=later, message="Now all of them wait.")
        acknowledge_finding(finding, by=ana)
        start_initiative(initiative)
        abandon_initiative(initiative, note="Nobody came")

    return move_on


@pytest.mark.django_db(transaction=True)
def test_old_links_reproduce_the_old_pages(organization, ana, login, moved_on):
    client = login(ana)
    pages = [
        "/",
        url(organization),
        f"{url(organization)}?unit=core",
        reverse("reports:capability", args=[organization.slug, FIRST_AREA[0]]),
    ]

    def read(address):
        answer = client.get(address)
        assert answer.status_code == 200, address
        return TOKEN.sub("", answer.content.decode())

    links = [re.search(r'href="([^"]+)" data-copy', read(page))[1] for page in pages]
    links = [link.replace("&amp;", "&") for link in links]
    before = [read(link) for link in links]
    moved_on()

    for link, old in zip(links, before, strict=True):
        assert read(link).splitlines() == old.splitlines(), link
    assert all("known_at=" in link for link in links)
    # What is known now says otherwise. A moment in an address may well end with "80%2B00".
    for page, news in zip(
        pages, (">80%<", "all of them wait", "all of them wait", "Typo"), strict=True
    ):
        assert news in read(page)
        assert news not in before[pages.index(page)]


@pytest.fixture
def recorded(organization, rubric):
    """The record's own last moment before ASKED is long before it."""
    assess(organization, rubric, date(2026, 1, 5), dict.fromkeys(FIRST_AREA, 2))
    return organization


@pytest.mark.parametrize("name", ["organization", "capability"])
def test_header_names_the_asked_moment_whatever_is_recorded_later(
    recorded, rubric, ana, login, name
):
    key = [FIRST_AREA[0]] if name == "capability" else []
    address = reverse(f"reports:{name}", args=[recorded.slug, *key])
    client = login(ana)

    def header():
        html = client.get(address, {"known_at": ASKED}).content.decode()
        return block(html, "data-known-as-of")

    before = header()
    assess(recorded, rubric, date(2026, 2, 9), dict.fromkeys(FIRST_AREA, 3))

    assert "nown as of 1 March 2026, 09:30 CET." in before
    assert header() == before


def test_board_report_names_the_asked_moment(recorded):
    asked = datetime.fromisoformat(ASKED)

    report = request_board_report(recorded, by=None, known_at=asked)

    assert report.known_at == asked
    assert "as known at 1 March 2026, 09:30 CET" in report.snapshot["stand"]
