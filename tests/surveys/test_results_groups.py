"""The results page: groups as they were released, and the step from the wave before."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from maturity.services.units import place_unit
from surveys.models import Invitation, ReleasedChange, ResultsLink
from surveys.selectors import wave_trends
from surveys.services.answers import submit_response
from surveys.services.links import results_link
from surveys.services.waves import close_wave, create_wave
from tests.surveys.conftest import hire, open_anyway, ratings
from tests.surveys.factories import (
    ReleasedCellFactory,
    ReleaseFactory,
    WaveFactory,
    WaveItemFactory,
)
from tests.surveys.test_changes import _reworded
from tests.surveys.test_groups import LONG_AGO, hire_into

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
LOW = (2, 1, 3, 2, 4, 2, 1, 3, 2, 2, 1, 3)
HIGH = (4, 5, 4, 4, 5, 3, 4, 5, 4, 4, 5, 4)
HIDDEN = "Not enough answers to show"


@pytest.fixture
def second(organization, bank):
    """12 in cards and 12 in no team rose on RES1; 4 of 7 in loans answer; ANA1 was reworded."""
    for key, count in (("cards", 12), ("loans", 7)):
        unit = place_unit(organization, key, name=key.title(), parent=None, valid_from=LONG_AGO)
        hire_into(organization, unit, count)
    hire(organization, 12)
    held(organization, "First", MONDAY, LOW)
    _reworded(bank)
    return held(organization, "Second", MONDAY + timedelta(days=30), HIGH)


def held(organization, title, start, values):
    with time_machine.travel(start, tick=False):
        wave = open_anyway(create_wave(organization, title=title))
        results_link(wave)
        for group, answering in (("cards", 12), ("loans", 4), ("", 12)):
            invited = Invitation.objects.filter(wave=wave, group=group)[:answering]
            for invitation, value in zip(invited, values, strict=False):
                submit_response(invitation, ratings(4, RES1=value, ANA1=value))
    with time_machine.travel(start + timedelta(days=7), tick=False):
        close_wave(wave)
    return wave


def page_of(client, wave):
    page = client.get(ResultsLink.objects.get(wave=wave).path)
    return page, " ".join(page.content.decode().split())


def test_groups_are_shown_as_released_and_hidden_ones_without_any_figure(client, second):
    page, text = page_of(client, second)

    groups = {group.key: group for group in page.context["groups"]}
    cards = {row.key: row for row in groups["cards"].rows}
    assert (groups["cards"].responded, groups["cards"].eligible) == (12, 12)
    assert (cards["RES1"].n, round(cards["RES1"].share, 2)) == (12, 91.67)
    assert (groups["loans"].responded, groups["loans"].rows) == (None, ())
    section = text.split('data-group="loans"')[1].split("</details>")[0]
    assert HIDDEN in section
    assert not any(digit in section.split("</summary>")[1] for digit in "0123456789")
    assert "12 of 12 have answered." in text


def test_the_change_is_said_by_the_rule_and_a_break_by_its_reason(client, second):
    page, text = page_of(client, second)

    rows = {row.key: row for row in page.context["rows"]}
    stored = ReleasedChange.objects.get(release__wave=second, group_key="organization", key="RES1")
    step = rows["RES1"].change
    assert (step.verdict, step.difference) == ("better", 100 * stored.difference)
    # 1 of 12 and 11 of 12 in cards; the same in no team.
    in_cards = {row.key: row for row in page.context["groups"][0].rows}["RES1"].change
    assert (in_cards.verdict, round(in_cards.difference, 2)) == ("better", 83.33)
    assert rows["LEV1"].change.verdict == "unclear"
    assert str(rows["ANA1"].change.reason) == "Another wording from here on"
    # 2 of 28 rose to 26 of 28.
    assert "Better than last time: 86 points (range" in text
    assert "Another wording from here on: not comparable with last time." in text
    assert rows["ANA1"].change.verdict == ""


def test_the_first_wave_has_nothing_to_be_compared_with(client, second):
    page, text = page_of(client, second.organization.waves.get(title="First"))

    assert {row.change for row in page.context["rows"]} == {None}
    assert "last time" not in text


def test_its_price_does_not_depend_on_how_many_groups_and_waves_there_are(
    client, second, django_assert_num_queries
):
    path = ResultsLink.objects.get(wave=second).path
    with django_assert_num_queries(14):
        client.get(path)

    held_before(second, 18)
    with django_assert_num_queries(14):
        page = client.get(path)

    # Ten times as many waves.
    assert second.organization.waves.count() == 20
    row = next(row for row in page.context["rows"] if row.key == "RES1")
    assert row.change.verdict == "better"


def held_before(second, count):
    """So many months before the first wave others asked RES1, and released it hidden."""
    question = second.bank.questions.get(key="RES1")
    for month in range(1, count + 1):
        wave = WaveFactory(
            organization=second.organization,
            bank=second.bank,
            title=f"{month} before",
            closed=True,
            closed_at=MONDAY - timedelta(days=30 * month),
        )
        WaveItemFactory(wave=wave, question=question)
        ReleasedCellFactory(release=ReleaseFactory(wave=wave), key="RES1")


def test_a_line_holds_the_twelve_newest_waves_up_to_its_own(second):
    held_before(second, 13)

    def line(wave):
        (trend,) = (trend for trend in wave_trends(wave) if trend.key == "RES1")
        return [point.wave for point in trend.points]

    first = second.organization.waves.get(title="First")
    assert line(second) == [*(f"{n} before" for n in range(10, 0, -1)), "First", "Second"]
    assert line(first) == [*(f"{n} before" for n in range(11, 0, -1)), "First"]


def test_members_read_the_same_steps_on_the_admin_page(login, vera, second):
    page = login(vera).get(f"/admin/surveys/wave/{second.pk}/results/")

    text = " ".join(page.content.decode().split())
    assert text.count("data-break") >= 1
    assert "<span data-verdict>better</span>" in text
    assert "data-verdict>better</span></td>" in text
