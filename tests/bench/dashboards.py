"""What each dashboard costs against a bare view, among few organisations and among many.

The first reading after a change makes the page, those after it find parts of it kept; each has a
time of its own, and the first one is measured without any kept part.

The bare view asks for a log-in and renders the shell of every page (`base.html`) with nothing in
it: what this Django, its middleware and its templates cost before a page has any content.
"""

import statistics
import time
from datetime import date
from functools import partial

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import include, path

from maturity.models import (
    Capability,
    Evaluation,
    Membership,
    Organization,
    RubricVersion,
    Score,
    User,
)
from reports.services.demo import LOGIN, create_demo
from reports.services.demo.stories import SCALING
from surveys.models import ResultsLink
from tests.factories import AssessmentFactory, EvaluationFactory, ScoreFactory

SIZES = (10, 1_000)
ROUNDS = 20
GOAL = 6
ASSESSED = date(2026, 6, 1)


def bench_dashboards() -> None:
    """Print every page's time, its queries and its ratio to the bare view's time."""
    create_demo()
    lead = User.objects.get(email=LOGIN)
    client = Client()
    client.force_login(lead)
    print(f"dashboards; floor is a bare view with the shell alone; goal: at most {GOAL} times")
    print("  read: somebody has read the page since the last change; made: nobody has")
    with override_settings(ROOT_URLCONF=__name__):
        for size in SIZES:
            _fill_up(lead, size)
            floor, _ = _cost(client, "/bare")
            print(f"  {size:,} organisations: bare view {floor * 1000:.1f} ms")
            for name, address in _pages().items():
                # Who was asked has a link and no account.
                reader = Client() if name == "respondents' results" else client
                read = _told(*_cost(reader, address), floor)
                made = _told(*_cost(reader, address, kept_for=0), floor)
                print(f"    {name:22} read {read}   made {made}")


@login_required
def bare(request: HttpRequest) -> HttpResponse:
    return render(request, "base.html")


urlpatterns = [path("bare", bare), path("", include("config.urls"))]


def _pages() -> dict[str, str]:
    scaling = Organization.objects.get(slug=SCALING.slug)
    evaluation = Evaluation.objects.filter(organization=scaling).latest("pk")
    home = f"/orgs/{scaling.slug}"
    link = ResultsLink.objects.filter(organization=scaling).latest("pk")
    return {
        "portfolio": "/",
        "organisation": home,
        "organisation, past": f"{home}?as_of=2026-03-31",
        "capability": f"{home}/capabilities/standard_dashboards",
        "verdict": f"{home}/verdicts/gatekeeper?evaluation={evaluation.pk}",
        "connect your BI": "/connect",
        "respondents' results": link.path,
    }


def _fill_up(lead: User, size: int) -> None:
    """Organisations that the lead may see, assessed and evaluated once, until there are so many."""
    rubric = RubricVersion.objects.earliest("pk")
    capabilities = list(Capability.objects.filter(rubric=rubric))
    there = Organization.objects.count()
    made = Organization.objects.bulk_create(
        Organization(slug=f"bench-of-{number}", name=f"Bench {number:04}")
        for number in range(there, size)
    )
    Membership.objects.bulk_create(
        Membership(organization=one, user=lead, role=Membership.Role.VIEWER) for one in made
    )
    for number, one in enumerate(made):
        assessment = AssessmentFactory(organization=one, rubric=rubric, valid_from=ASSESSED)
        Score.objects.bulk_create(
            ScoreFactory.build(
                organization=one, assessment=assessment, capability=each, level=level,
                effective_level=level, valid_from=ASSESSED, recorded_at=assessment.submitted_at,
            )
            for position, each in enumerate(capabilities)
            for level in [1 + (number + position) % 5]
        )  # fmt: skip
        EvaluationFactory(organization=one)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _told(seconds: float, queries: int, floor: float) -> str:
    return f"{seconds * 1000:6.1f} ms {queries:3} queries {seconds / floor:5.1f} times"


def _cost(
    client: Client, address: str, *, kept_for: int = settings.KEPT_PAGES_SECONDS
) -> tuple[float, int]:
    """The median seconds of a page that was warmed up, and its queries."""
    with override_settings(KEPT_PAGES_SECONDS=kept_for):
        _get(client, address)
        with CaptureQueriesContext(connection) as captured:
            _get(client, address)
            queries = len(captured)
        seconds = [_seconds(partial(_get, client, address)) for _ in range(ROUNDS)]
    return statistics.median(seconds), queries


def _get(client: Client, address: str) -> None:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address}: {response.status_code}")


def _seconds(action: "partial[None]") -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
