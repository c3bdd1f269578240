"""The demo: whole, believable, made once, never half."""

from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from maturity.insights.working_time import months
from maturity.models import (
    Area,
    Assessment,
    Evaluation,
    Finding,
    ImportRun,
    Initiative,
    Notification,
    Organization,
    Score,
    User,
    VerdictRecord,
)
from maturity.rubrics.perception import perception
from maturity.selectors.perception import area_answers
from maturity.services.findings import judge
from reports.selectors.dashboard import dashboard_of
from reports.services import demo
from reports.services.demo.signals import files_for
from reports.services.demo.stories import STORIES
from surveys.models import (
    FollowUp,
    IntakeResponse,
    Invitation,
    Message,
    OutsideWave,
    Release,
    ReleasedCell,
    ReleasedChange,
    Wave,
)


def _lines(capsys) -> dict[str, str]:
    call_command("create_demo")
    return dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())


@pytest.mark.django_db(transaction=True)
def test_the_demo_is_made_once_and_tells_its_story(capsys):
    first = _lines(capsys)
    scores = Score.objects.count()
    second = _lines(capsys)

    assert list(first) == ["Login", "Password", "API key", "Survey link"]
    assert list(second) == ["Login", "Survey link"]
    assert Score.objects.count() == scores
    _assert_the_secrets_work(first, scores)
    _assert_the_story()


def _assert_the_secrets_work(lines: dict[str, str], scores: int) -> None:
    client = Client()
    assert client.login(username=lines["Login"], password=lines["Password"])
    feed = Client(headers={"authorization": f"Bearer {lines['API key']}"})
    assert len(feed.get("/api/v1/feed/scores").json()["results"]) == scores
    assert client.get(lines["Survey link"].removeprefix("http://testserver")).status_code == 200


def _assert_the_story() -> None:
    scaling = Organization.objects.get(slug="northlight")
    early = Organization.objects.get(slug="sprout")
    mature = Organization.objects.get(slug="meridian")
    assert set(Finding.objects.open().values_list("organization__slug", "key")) == {
        ("northlight", "gatekeeper"),
        ("northlight", "unused_tools"),
        ("sprout", "too_early"),
    }
    assert [_readiness(each) for each in (scaling, early, mature)] == ["ready", "not_yet", "ready"]
    verdicts = judge(mature, as_of=timezone.now().date())
    pitfalls = {v.key: v.state for v in verdicts if v.kind == "pitfall"}
    assert set(pitfalls.values()) == {"clear"}, pitfalls
    assert "better" in {v.state for v in verdicts if v.kind == "benefit"}
    for each in (scaling, mature):
        assert Assessment.objects.filter(organization=each, unit=None).count() == 10
    assert Initiative.objects.filter(organization=scaling, state="started").count() == 2
    own = Release.objects.filter(wave__isnull=False)
    assert set(own.values_list("wave__organization__slug", flat=True)) == {
        "northlight",
        "meridian",
    }
    # Nobody was asked without hearing what came of it.
    told = FollowUp.objects.published().filter(wave__releases__in=own)
    assert told.count() == own.count()
    assert OutsideWave.objects.count() == 5 + 7
    assert list(Wave.objects.open().values_list("organization", flat=True)) == [scaling.pk]
    assert not IntakeResponse.objects.exists()
    runs = ImportRun.objects.all()
    # Northlight logs launches, questions and ramps, too.
    assert runs.count() == 11 + 2 + 15
    assert {(run.status, run.quarantined, run.ignored_columns == []) for run in runs} == {
        ("stored", 0, True)
    }


@pytest.mark.django_db(transaction=True)
def test_the_demo_has_a_past_that_its_pages_show(client):
    made = demo.create_demo()
    scaling, mature = (Organization.objects.get(slug=slug) for slug in ("northlight", "meridian"))

    _assert_findings_came_and_went(scaling, mature)
    _assert_benefits_are_judged(scaling)
    _assert_people_were_asked(scaling, mature)
    _assert_the_dashboard_shows_it(scaling)
    assert _perception_of(mature)["customer_feedback_systems"] == "overclaimed"
    _assert_german_is_spoken(client, made.survey_link)


def _assert_findings_came_and_went(scaling: Organization, mature: Organization) -> None:
    for each in (scaling, mature):
        ends = list(Evaluation.objects.for_organization(each).values_list("period_end", flat=True))
        # Every month once; early in a month the last one is not due yet.
        assert ends == list(months(ends[-1], ends[0]))[::-1]
        assert len(ends) in {28, 29}
    rows = VerdictRecord.objects.filter(organization=scaling, key="gatekeeper")
    told = list(rows.order_by("evaluation__period_end").values_list("state", flat=True))
    assert list(dict.fromkeys(told))[-3:] == ["clear", "watch", "raised"]
    cleared = Finding.objects.get(organization=mature)
    assert (cleared.key, cleared.state) == ("gatekeeper", "resolved")
    assert timedelta(days=300) < cleared.resolved_at - cleared.opened_at
    assert cleared.resolved_at < timezone.now() - timedelta(days=90)
    for finding in Finding.objects.all():
        raised = finding.transitions.get(kind="raised").at
        zone = finding.organization.zone
        assert raised == finding.opened_at
        assert raised.astimezone(zone).date() == finding.opened_on
    assert not Evaluation.objects.filter(
        computed_at__lt=timezone.now() - timedelta(days=1)
    ).exists()


def _assert_benefits_are_judged(scaling: Organization) -> None:
    newest = Evaluation.objects.for_organization(scaling).first()
    benefits = newest.verdicts.filter(kind="benefit")
    assert dict(benefits.values_list("key", "state")) == {
        "pm_leverage": "worse",
        "quality_consistency": "no_clear_change",
        "faster_ramp": "better",
        "better_analytics": "better",
        "cross_product_learning": "unknown",
    }
    assert benefits.get(key="cross_product_learning").missing == ["insights"]


def _assert_people_were_asked(scaling: Organization, mature: Organization) -> None:
    waves = Wave.objects.filter(status="closed")
    assert waves.filter(organization=scaling).count() == 3
    assert waves.filter(organization=mature).count() == 2
    for wave in waves:
        assert wave.closed_at - wave.opens_at > timedelta(days=10)
        assert wave.closed_at < timezone.now() - timedelta(days=34)
        assert wave.releases.get().released_at == wave.closed_at
        assert wave.follow_up.published_at > wave.closed_at
        assert set(wave.frozen_languages.values_list("language", flat=True)) == {"en", "de"}
    for each in (scaling, mature):
        last = Release.objects.filter(wave__organization=each).order_by("-released_at").first()
        moved = ReleasedChange.objects.filter(release=last, group_key=ReleasedCell.ORGANIZATION)
        assert moved.filter(key="LEV1").exists()
    # What is long past is no news: nobody is mailed of it.
    assert not Notification.objects.filter(event__startswith="wave").exists()
    assert not Message.objects.filter(kind="results").exists()


def _assert_the_dashboard_shows_it(scaling: Organization) -> None:
    now = timezone.now()
    shown = dashboard_of(scaling, as_of=now.date(), known_at=now)
    kinds = [marker.kind for marker in shown.markers]
    assert kinds.count("initiative_started") == 3
    assert kinds.count("initiative_ended") == kinds.count("product_ops") == 1
    # Three PMs are too few to be shown; with another unit hidden nobody can work them out.
    answered = {node.key: told.n for node, told in shown.unit_rows}
    assert answered["labs"] is answered["growth"] is None
    assert None not in (answered["search"], answered["checkout"])


def _assert_german_is_spoken(client: Client, link: str | None) -> None:
    page = client.get(urlsplit(link).path + "?lang=de")
    assert page.headers["Content-Language"] == "de"
    speakers = Invitation.objects.filter(wave__status="open", shown_in="de")
    assert set(speakers.values_list("person__language", flat=True)) == {"de"}


def _perception_of(organization: Organization) -> dict[str, str]:
    """What the capability pages say of each area's level beside what PMs say."""
    now = timezone.now()
    profile = dashboard_of(organization, as_of=now.date(), known_at=now).profile
    areas = Area.objects.filter(key__in=[area.key for area in profile.areas])
    said = area_answers(organization, areas, as_of=now.date())
    levels = {area.key: area.level for area in profile.areas}
    return {area.key: perception(levels[area.key], said[area.pk].items).verdict for area in areas}


def _readiness(organization: Organization) -> str:
    verdicts = judge(organization, as_of=timezone.now().date())
    return next(verdict.state for verdict in verdicts if verdict.kind == "readiness")


def test_two_demos_of_one_day_are_the_same_and_another_day_moves_along():
    day = date(2026, 11, 27)

    files = [
        {name: file.read() for name, file in files_for(story, today).items()}
        for today in (day, day, day + timedelta(days=40))
        for story in STORIES
    ]

    assert files[:3] == files[3:6]
    assert all(one != other for one, other in zip(files[:3], files[6:], strict=True))


def test_a_demo_that_fails_half_way_leaves_nothing(db, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(demo.survey, "import_past_waves", fail)

    with pytest.raises(RuntimeError):
        demo.create_demo()

    assert not Organization.objects.exists()
    assert not User.objects.exists()
