"""Parts of pages are kept: read anew after every change, and never shown to the wrong reader."""

import re
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maturity.models import Membership, Organization
from maturity.services.lifecycle import acknowledge_finding
from surveys.banks import SHIPPED, load_bank
from surveys.models import FollowUp
from surveys.services.banks import publish_bank
from surveys.services.links import results_link
from surveys.services.waves import close_wave, create_wave, open_wave
from tests.factories import (
    FindingFactory,
    MembershipFactory,
    OrganizationFactory,
    StartedInitiativeFactory,
    UserFactory,
    VerdictRecordFactory,
)
from tests.reports.scenes import FIRST_AREA, assess, evaluate, url
from tests.surveys.conftest import answer, hire, open_anyway, ratings

# Which account asks for which organisation is asked every time, before anything kept is shown.
ASKED_EVERY_TIME = {
    *("django_session", "maturity_user", "maturity_membership", "maturity_revision"),
    # How an open wave gets on is read every time and part of the key.
    *("surveys_intakeresponse",),
}
TABLE = re.compile(r'(?:FROM|JOIN) "(\w+)"')


@pytest.fixture
def scene(organization, rubric, ana):
    """An organisation that has something of all that a page tells."""
    assess(organization, rubric, date(2026, 1, 31), dict.fromkeys(FIRST_AREA, 2))
    assess(organization, rubric, date(2026, 3, 31), dict.fromkeys(FIRST_AREA, 3))
    evaluation = evaluate(organization)
    finding = FindingFactory(
        organization=organization, verdict=VerdictRecordFactory(evaluation=evaluation)
    )
    acknowledge_finding(finding, by=ana)
    VerdictRecordFactory(evaluation=evaluation, kind="readiness", key="readiness", state="ready")
    StartedInitiativeFactory(organization=organization)
    _ask(organization)
    return organization


def _ask(organization: Organization) -> None:
    """A wave that nine of twelve PMs answered and that is closed."""
    publish_bank(load_bank(SHIPPED[0]))
    hire(organization, 12)
    wave = open_wave(create_wave(organization, title="Spring pulse"))
    answer(wave, [ratings(4)] * 9)
    close_wave(wave)


def capability(organization: Organization) -> str:
    return reverse("reports:capability", args=[organization.slug, FIRST_AREA[0]])


def results(organization: Organization) -> str:
    wave = organization.waves.get()
    return urlsplit(results_link(wave)).path


def verdict(organization: Organization) -> str:
    evaluation = organization.evaluations.latest("pk")
    address = reverse("reports:verdict", args=[organization.slug, "gatekeeper"])
    return f"{address}?evaluation={evaluation.pk}"


def portfolio(organization: Organization) -> str:
    # Of one organisation alone there is no list.
    return reverse("reports:portfolio") + "?q=" + organization.slug


PAGES = pytest.mark.parametrize("address", [url, capability, verdict, results, portfolio])


def noted_tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT event_object_table FROM information_schema.triggers"
            " WHERE trigger_name LIKE %s",
            ["revised_by_%"],
        )
        return {table for (table,) in cursor.fetchall()}


@PAGES
def test_whatever_a_page_reads_notes_its_changes(scene, ana, login, address):
    client, path = login(ana), address(scene)

    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200

    read = {table for query in queries for table in TABLE.findall(query["sql"])}
    assert read >= {"maturity_revision"}
    assert read - ASKED_EVERY_TIME <= noted_tables()


@PAGES
def test_the_second_reader_costs_next_to_nothing(scene, ana, login, address):
    client, path = login(ana), address(scene)
    first = client.get(path).content.decode()

    with CaptureQueriesContext(connection) as queries:
        second = client.get(path).content.decode()

    # 2 session and user, 1 organisation (or count and page; or link), 1 open wave or languages
    assert len(queries) <= 5
    assert _body(second) == _body(first)


def _body(html: str) -> str:
    """What the page itself says, without a form's token and the moment of asking."""
    main = html.partition("<main")[2].partition("</main>")[0]
    return re.sub(r'value="[\w-]{64}"|known_at=[^"&]+|Known as of [^.]+', "", main)


@PAGES
def test_a_page_that_may_not_be_kept_is_read_every_time(scene, ana, login, settings, address):
    settings.KEPT_PAGES_SECONDS = 0
    client, path = login(ana), address(scene)
    client.get(path)

    with CaptureQueriesContext(connection) as queries:
        client.get(path)

    assert len(queries) > 5


def test_a_change_by_whatever_way_is_on_the_next_page(scene, fetch):
    assert "Acme &amp; Sons" not in fetch()
    Organization.objects.filter(pk=scene.pk).update(name="Acme & Sons")
    assert "Acme &amp; Sons" in fetch()

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE maturity_initiative SET title = 'Fewer gates' WHERE organization_id = %s",
            [scene.pk],
        )
    assert "Fewer gates" in fetch()

    initiative = scene.initiatives.get()
    initiative.delete()
    assert "Fewer gates" not in fetch()


def test_a_later_assessment_is_on_the_next_page_of_a_capability(scene, rubric, ana, login):
    client = login(ana)
    before = client.get(capability(scene)).content.decode()

    assess(scene, rubric, date(2026, 5, 31), dict.fromkeys(FIRST_AREA, 4))
    after = client.get(capability(scene)).content.decode()

    assert 'data-level="4"' not in before
    assert 'data-level="4"' in after


def test_what_was_written_about_a_wave_is_on_the_next_results_page(scene, client):
    path = results(scene)
    assert "data-no-follow-up" in client.get(path).content.decode()

    FollowUp.objects.create(
        organization=scene,
        wave=scene.waves.get(),
        heard="We wait too long.",
        doing="Fewer gates.",
        published_at=datetime(2026, 4, 1, tzinfo=UTC),
    )

    assert "We wait too long." in client.get(path).content.decode()


def test_an_answer_is_counted_on_the_next_page_and_leaves_no_trace_of_when(scene, fetch):
    """Who answered is no revision; that somebody did is read each time."""
    wave = open_anyway(create_wave(scene, title="Summer pulse"))
    before = _revision(scene)
    first = fetch()

    answer(wave, [ratings(5)] * 7)

    assert fetch() != first
    assert _revision(scene) == before


def _revision(organization: Organization) -> set[object]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT token FROM maturity_revision WHERE organization_id IN (0, %s)",
            [organization.pk],
        )
        return {token for (token,) in cursor.fetchall()}


def test_a_viewer_is_not_shown_what_was_kept_for_a_lead(scene, ana, vera, login):
    lead = login(ana).get(url(scene)).content.decode()
    viewer = login(vera).get(url(scene)).content.decode()

    assert "/admin/" in lead
    assert "/admin/" not in viewer


@pytest.mark.parametrize("address", [url, capability, verdict])
def test_outsider_gets_404_however_often_it_was_kept(scene, ana, carl, login, address):
    assert login(ana).get(address(scene)).status_code == 200

    assert login(carl).get(address(scene)).status_code == 404


def test_who_leaves_sees_nothing_of_what_was_kept(scene, vera, login):
    client = login(vera)
    assert client.get(url(scene)).status_code == 200

    Membership.objects.filter(user=vera).delete()

    assert client.get(url(scene)).status_code == 404


def test_a_list_is_not_kept_for_somebody_who_may_see_more_of_it(scene, ana, login):
    other = OrganizationFactory(name="Beyond", slug="beyond")
    both = UserFactory()
    for one in (scene, other):
        MembershipFactory(organization=one, user=both, role=Membership.Role.VIEWER)
    MembershipFactory(
        organization=OrganizationFactory(name="Another"), user=ana, role=Membership.Role.VIEWER
    )

    assert "Beyond" in login(both).get("/").content.decode()
    assert "Beyond" not in login(ana).get("/").content.decode()


@pytest.mark.parametrize("address", [url, capability, verdict, portfolio])
def test_each_reader_is_told_in_their_own_language(scene, ana, login, address):
    client, path = login(ana), address(scene)
    spoken = [
        client.get(path, headers={"accept-language": language}).content.decode()
        for language in ("en", "de", "en")
    ]

    assert _body(spoken[0]) == _body(spoken[2]) != _body(spoken[1])


def test_nothing_that_is_kept_tells_who_looked_or_carries_a_token(scene, ana, login):
    caches["pages"].clear()
    client = login(ana)
    for address in (url, capability, verdict, portfolio):
        client.get(address(scene))
    kept = b"".join(caches["pages"]._cache.values())

    assert b"data-known-as-of" in kept
    assert b"csrfmiddlewaretoken" not in kept
    assert ana.email.encode() not in kept
