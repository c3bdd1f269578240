"""What came out, for those who were asked: released cells alone, behind one link for all."""

from http import HTTPStatus

import pytest
from django.utils import timezone

from surveys.models import FollowUp, ResultsLink
from surveys.services.answers import Submission
from surveys.services.links import results_link
from surveys.services.waves import close_wave, create_wave, open_wave
from tests.factories import OrganizationFactory
from tests.surveys.conftest import RATINGS, answer, hire, open_anyway, ratings, tokens


@pytest.fixture
def closed(opened):
    """Nine of twelve answered; GAT2 all alike, AUT1 by four alone."""
    wave = opened()
    values = [5, 4, 4, 2, 4, 5, 3, 1, 4]
    answer(
        wave,
        [
            Submission(
                dict.fromkeys(RATINGS[:8], value)
                | {"GAT2": 1}
                | ({"AUT1": 4} if place < 4 else {}),
                comments={"OPN1": "A secret remark."},
            )
            for place, value in enumerate(values)
        ],
    )
    close_wave(wave)
    return wave


def _path(wave) -> str:
    return ResultsLink.objects.get(wave=wave).path


def _row(page, key: str):
    return next(row for row in page.context["rows"] if row.key == key)


def test_it_shows_released_figures_to_anybody_with_the_link(client, closed):
    page = client.get(_path(closed))

    text = " ".join(page.content.decode().split())
    assert page.status_code == HTTPStatus.OK
    assert "9 of 12 people who were asked have answered" in text
    row = _row(page, "LEV1")
    assert (row.kind, row.n, round(row.share, 4)) == ("share", 9, 66.6667)
    assert row.low < row.share < row.high


def test_a_hidden_cell_is_shown_as_hidden_without_any_figure(client, closed):
    page = client.get(_path(closed))

    hidden = _row(page, "AUT1")
    assert hidden.kind == "hidden"
    assert (hidden.n, hidden.share, hidden.low, hidden.at_least) == (None, None, None, None)
    assert "Not enough answers to show" in page.content.decode()


def test_where_all_agree_only_a_bound_is_said(client, closed):
    page = client.get(_path(closed))

    row = _row(page, "GAT2")
    assert (row.kind, row.at_least, row.n, row.share) == ("one_sided", 80, None, None)


def test_no_word_of_anybody_stands_there(client, closed):
    assert "A secret remark." not in client.get(_path(closed)).content.decode()


def test_what_was_heard_and_what_follows_stand_there_once_published(client, closed):
    FollowUp.objects.create(
        organization=closed.organization, wave=closed, heard="Waits are long.", doing="Fewer gates."
    )
    assert "Waits are long." not in client.get(_path(closed)).content.decode()

    FollowUp.objects.update(published_at=timezone.now())

    text = client.get(_path(closed)).content.decode()
    assert "Waits are long." in text
    assert "Fewer gates." in text
    assert "data-no-follow-up" not in text


def test_it_explains_the_gate(client, closed):
    text = " ".join(client.get(_path(closed)).content.decode().split())

    assert "answered by fewer than 5 people is hidden" in text
    assert "could be worked out from others" in text
    assert "at least 10 people wrote something" in text


def test_before_closing_it_says_when_and_shows_nothing(client, opened):
    wave = opened()
    results_link(wave)
    answer(wave, [ratings(4)] * 9)

    page = client.get(_path(wave))

    assert page.status_code == HTTPStatus.OK
    assert "The survey runs until" in page.content.decode()
    assert page.context["released"] is None
    assert "data-item=" not in page.content.decode()


def test_under_k_answers_not_even_their_number(client, opened):
    wave = opened()
    answer(wave, [ratings(4)] * 4)
    close_wave(wave)

    text = " ".join(client.get(_path(wave)).content.decode().split())

    assert "Fewer than 5 people answered" in text
    assert "data-item=" not in text


def test_the_next_survey_links_to_it_from_its_first_page(client, closed):
    hire(closed.organization, 5)
    following = open_anyway(create_wave(closed.organization, title="Next"))

    page = client.get(f"/s/{tokens(following)[0]}").content.decode()

    assert f'href="{_path(closed)}" data-last-results' in page


def test_it_tells_no_other_organisations_last_results(client, closed, elsewhere):
    page = client.get(f"/s/{tokens(elsewhere)[0]}").content.decode()

    assert "data-last-results" not in page


@pytest.mark.parametrize("token", ["x", "A" * 43, "ü"])
def test_an_unknown_link_is_404_like_any_other(client, db, token):
    page = client.get(f"/s/results/{token}")

    assert page.status_code == HTTPStatus.NOT_FOUND
    assert "does not belong to a survey" in page.content.decode()


def test_it_leaves_no_trace_and_takes_nothing(client, closed):
    page = client.get(_path(closed))

    assert not page.cookies
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert client.post(_path(closed)).status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_its_price_does_not_depend_on_the_answers(client, closed, django_assert_num_queries):
    path = _path(closed)

    # link with wave; languages; release; cells; items; comments; follow-up; 5 for the trend, 2 for
    # the groups
    with django_assert_num_queries(14):
        client.get(path)


@pytest.fixture
def elsewhere(closed):
    other = OrganizationFactory()
    hire(other, 5)
    return open_wave(create_wave(other, title="Elsewhere"))
