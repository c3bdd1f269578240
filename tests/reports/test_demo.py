"""The demo: whole, believable, made once, never half."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from maturity.models import (
    Assessment,
    Finding,
    ImportRun,
    Initiative,
    Organization,
    Score,
    User,
)
from maturity.services.findings import judge
from reports.services import demo
from reports.services.demo.signals import files_for
from reports.services.demo.stories import STORIES
from surveys.models import FollowUp, IntakeResponse, OutsideWave, Release, Wave


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
    assert runs.count() == 8 + 2 + 15
    assert {(run.status, run.quarantined, run.ignored_columns == []) for run in runs} == {
        ("stored", 0, True)
    }


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
