"""Released survey cells on the dashboard: what is hidden stays hidden."""

import re
from datetime import UTC, datetime

import pytest

from surveys.models import BankVersion, Wave
from tests.reports.scenes import SHOWN, at, block, release, url


def test_shown_item_carries_share_range_and_n(organization):
    release(organization, {"GAT": SHOWN})

    item = at(organization).wave.items[0]

    assert (item.kind, item.favourable, item.low, item.high, item.n) == (
        "share",
        25.0,
        15.0,
        38.0,
        16,
    )


def test_low_response_shows_what_the_silent_could_make_of_it(organization):
    release(organization, {"GAT": SHOWN}, responded=8, band="directional")

    item = at(organization).wave.items[0]

    assert (item.low, item.high) == (20.0, 40.0)


def test_hours_are_a_median_and_recommendation_carries_its_score(organization, fetch):
    hours = {"scale": "hours", "state": "shown", "n": 16, "mean": 6.2, "median": 5.5}
    recommend = SHOWN | {"scale": "recommend11", "enps": 12, "enps_low": -9, "enps_high": 33}
    release(organization, {"LEV3": hours, "REC0": recommend})

    html = fetch()

    assert "Half say 5.5 hours or less" in block(html, 'data-item="LEV3"')
    row = " ".join(block(html, 'data-item="REC0"').split())
    assert "Recommendation score 12 (-9 to 33)" in row


def test_wave_is_not_known_before_it_was_released(organization):
    release(organization, {"GAT": SHOWN})

    assert at(organization, known_at=datetime(2026, 11, 17, tzinfo=UTC)).wave is None


def test_suppressed_cell_carries_no_number(organization, fetch):
    release(organization, {"SEEN": SHOWN, "HID": {"state": "suppressed"}})

    row = block(fetch(), 'data-item="HID"')

    assert "Not enough answers to show" in row
    visible = re.sub(r"<[^>]*>", " ", row)
    assert not re.search(r"\d", visible)
    assert "pl-interval" not in row


def test_wave_that_too_few_answered_shows_no_figure_at_all(organization, fetch):
    release(organization, {"HID": {"state": "suppressed"}}, responded=None)

    html = fetch()

    section = html[html.index('id="survey"') :].partition("</section>")[0]
    assert "Not enough answers to show" in section
    assert "%" not in section
    assert "20" not in section.replace("2026", "")
    tile = block(html, 'data-tile="survey"')
    assert "Hidden" in tile
    assert not re.search(r"\d", re.sub(r"<[^>]*>", " ", tile))


def test_one_sided_cell_says_its_bound_and_nothing_else(organization, fetch):
    release(organization, {"ONE": {"state": "one_sided", "at_least": 80}})

    row = block(fetch(), 'data-item="ONE"')

    assert "at least 80%" in row
    assert re.findall(r"\d+", re.sub(r"<[^>]*>", " ", row)) == ["80"]


def test_response_rate_stands_with_its_band(organization, fetch):
    release(organization, {"SEEN": SHOWN})

    html = fetch()

    assert "80%" in block(html, 'data-tile="survey"')
    assert "16 of 20 answered" in html
    assert "good response" in html


@pytest.mark.parametrize(("who", "sees"), [("ana", True), ("vera", False)])
def test_only_who_runs_the_survey_sees_how_many_answered_so_far(
    organization, rubric, login, request, who, sees
):
    bank = BankVersion.objects.create(key="bank", version="1.0.0", language="en", digest="0" * 64)
    Wave.objects.create(
        organization=organization,
        bank=bank,
        key="now",
        title="Winter pulse",
        status=Wave.Status.OPEN,
        opens_at=datetime(2026, 11, 3, 9, tzinfo=UTC),
        closes_at=datetime(2036, 11, 17, 23, tzinfo=UTC),
        accepts_until=datetime(2036, 11, 17, 23, 30, tzinfo=UTC),
        eligible=20,
    )

    html = login(request.getfixturevalue(who)).get(url(organization)).content.decode()

    assert ("0 of 20 have answered so far" in html) is sees
