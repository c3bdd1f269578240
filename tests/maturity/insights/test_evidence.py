from datetime import date
from decimal import Decimal

import pytest

from maturity.insights.evidence import people, people_in_words, percent, plain, wait
from maturity.insights.phrases import listed, nphrase, render


def test_figures_become_plain_json_values():
    assert plain({"a": (1.23456789, Decimal("2.5")), "b": date(2026, 7, 1), "c": None}) == {
        "a": [1.234568, 2.5],
        "b": "2026-07-01",
        "c": None,
    }
    assert plain(True) is True


@pytest.mark.parametrize(
    ("count", "shown", "words"),
    [(0, "<5", "fewer than 5"), (4.5, "<5", "fewer than 5"), (5, 5, "5"), (12, 12, "12")],
)
def test_few_people_are_a_band(count, shown, words):
    assert people(count) == shown
    assert render(people_in_words(count)) == words


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "0"), (0.004, "<1"), (0.005001, "1"), (0.5, "50"), (0.996, ">99"), (1, "100")],
)
def test_percent_never_rounds_to_none_or_all(share, shown):
    assert percent(share) == shown


def test_waits_are_printed_in_days_and_working_hours():
    assert str(wait(2.5)) == "2.5 wd (20 working hours)"
    assert str(wait(0.125)) == "0.1 wd (1 working hour)"


def test_words():
    forms = "%(count)s request", "%(count)s requests"
    assert str(nphrase(*forms, 1)) == "1 request"
    assert str(nphrase(*forms, 0)) == "0 requests"
    assert render(listed(["a", "b", "c"])) == "a, b and c"
    assert render(listed(["a"])) == "a"
    assert render(listed([])) == ""
