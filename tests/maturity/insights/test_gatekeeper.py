from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from maturity.insights.facts import Facts
from maturity.insights.hysteresis import Band
from maturity.insights.pitfalls.gatekeeper.figures import measure
from maturity.insights.pitfalls.gatekeeper.requests import Requests
from maturity.insights.pitfalls.gatekeeper.rules import is_critical, readings, severity
from maturity.insights.thresholds import V1
from tests.maturity.insights.builders import (
    T,
    gate,
    history,
    judge,
    launches,
    months_before,
    period,
    request,
    requests,
    staff,
    survey,
)

B, M, X, U = Band.BREACHED, Band.BETWEEN, Band.BEYOND_EXIT, Band.UNKNOWN
MONDAY = datetime(2026, 6, 1, tzinfo=UTC)


def facts(*rows, **changes):
    return Facts(
        **{"gate_requests": rows, "gates": (gate(),), "headcounts": staff(20, 2)} | changes
    )


def figures_of(known, key="review"):
    now = period(known)
    book = Requests(now)
    return measure(next(g for g in book.gates if g.gate_key == key), book, now)


def bands(known, key="review"):
    return readings(figures_of(known, key), V1.gatekeeper)


def waiting(*wds, gate_key="review", opened=MONDAY, **columns):
    """Return one request for each wait; None is pending, more than 5 wd spans weekends."""
    return tuple(
        request(
            opened,
            None if wd is None else timedelta(days=wd + 2 * (wd // 5)),
            number=number,
            gate_key=gate_key,
            **columns,
        )
        for number, wd in enumerate(wds)
    )


# --- which requests count ---------------------------------------------------------------------


def test_waits_are_working_days_and_pending_requests_are_censored_at_t():
    friday = datetime(2026, 6, 5, 12, tzinfo=UTC)
    known = facts(
        request(friday, timedelta(days=3)), request(datetime(2026, 6, 29, tzinfo=UTC), number=1)
    )

    book = Requests(period(known))
    waits = book.waits(book.of("review"))

    assert (waits.ended, waits.running) == ((1.0,), (2.0,))


@pytest.mark.parametrize("decision", ["withdrawn", "expired"])
def test_a_request_given_up_is_censored_at_its_own_date(decision):
    book = Requests(period(facts(request(MONDAY, timedelta(days=3), decision=decision))))

    waits = book.waits(book.of("review"))

    assert (waits.ended, waits.running) == ((), (3.0,))


@pytest.mark.parametrize("decision", ["approved", "rejected", "changes_requested"])
def test_every_answer_ends_the_wait(decision):
    book = Requests(period(facts(request(MONDAY, timedelta(days=3), decision=decision))))

    assert book.waits(book.of("review")).ended == (3.0,)


def test_a_decision_at_or_after_t_is_not_known_yet():
    opened = datetime(2026, 6, 29, tzinfo=UTC)

    figures = figures_of(facts(request(opened, timedelta(days=2)), request(opened, number=1)))

    assert (figures.n, figures.pending) == (2, 2)


def test_requests_at_or_after_t_are_ignored():
    at_t = datetime(2026, 7, 1, tzinfo=UTC)

    figures = figures_of(facts(request(at_t), request(at_t - timedelta(seconds=1), number=1)))

    assert figures.n == 1


def test_the_window_ends_at_local_midnight():
    # 2026-06-30 23:00 UTC is already July in Berlin.
    late = datetime(2026, 6, 30, 23, tzinfo=UTC)

    assert figures_of(facts(request(late))).n == 1
    assert figures_of(facts(request(late), timezone="Europe/Berlin")).n == 0


def test_requests_before_the_gate_started_are_ignored():
    started = gate(started_on=date(2026, 6, 1))

    figures = figures_of(
        facts(
            request(MONDAY - timedelta(seconds=1), timedelta(days=9)),
            request(MONDAY, number=1),
            gates=(started,),
        )
    )

    assert (figures.n, figures.backlog.pending) == (1, 1)


def test_regulatory_requests_are_ignored():
    known = facts(*requests(25, wd=3), *requests(5, wd=4, regulatory=True, team_key="law"))

    assert figures_of(known).n == 25


def test_a_gate_with_regulatory_requests_alone_is_not_product_ops_choice():
    verdict = judge(facts(*requests(30, wd=4, regulatory=True)), "gatekeeper")

    assert (verdict.state, verdict.evidence["gates"]) == ("unknown", {})


def test_the_window_is_a_quarter_or_half_a_year_where_that_has_under_20():
    recent = requests(19, wd=1)
    older = requests(6, wd=1, days_back=170, team_key="old")

    assert figures_of(facts(*recent, *older)).window_days == 180
    assert figures_of(facts(*recent, *older)).n == 25
    assert figures_of(facts(*requests(20, wd=1), *older)).window_days == 90
    assert figures_of(facts(*requests(20, wd=1), *older)).n == 20


def test_a_gate_without_a_row_is_known_by_its_requests():
    verdict = judge(facts(*requests(30, wd=3), gates=()), "gatekeeper")

    assert verdict.state == "raised"
    assert verdict.missing == ("gates", "survey_responses")
    assert verdict.confidence == pytest.approx(2 / 4 * 30 / 40 * 0.7, abs=1e-6)


def test_gates_of_other_functions_are_not_judged():
    other = gate("legal", owner_function="other")
    known = facts(
        *requests(30, wd=4, gate_key="legal", gate_owner_function="product_ops"), gates=(other,)
    )

    verdict = judge(known, "gatekeeper")

    assert verdict.state == "unknown"
    assert verdict.evidence["unknown_because"] == ["no gate is owned by product ops"]


# --- when a gate cannot be judged -------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "because"),
    [
        (requests(19, wd=3), "19 requests in 180 days, at least 20 needed"),
        (
            tuple(replace(r, requester_key=f"u{i % 4}") for i, r in enumerate(requests(30, wd=3))),
            "fewer than 5 different requesters",
        ),
        (
            (*requests(26, wd=3), *requests(3, wd=3, requested_at=None, team_key="x")),
            "fewer than 90% of requests say when they were made",
        ),
        ((), "no gate requests"),
    ],
)
def test_a_gate_with_too_little_is_unknown(rows, because):
    verdict = judge(facts(*rows), "gatekeeper")

    assert (verdict.state, verdict.severity, verdict.confidence) == ("unknown", None, None)
    assert verdict.evidence["unknown_because"] == [because]
    assert "gate_requests" in verdict.missing


def test_nine_in_ten_dated_requests_are_enough():
    rows = (*requests(27, wd=3), *requests(3, wd=3, requested_at=None, team_key="x"))

    assert judge(facts(*rows), "gatekeeper").state != "unknown"


def test_five_requesters_are_enough():
    rows = tuple(replace(r, requester_key=f"u{i % 5}") for i, r in enumerate(requests(30, wd=3)))

    assert judge(facts(*rows), "gatekeeper").state == "raised"


@pytest.mark.parametrize(
    ("decided_at", "dated"),
    [
        (datetime(2026, 4, 2, tzinfo=UTC), 0.75),
        (datetime(2026, 4, 1, 23, 59, tzinfo=UTC), 1.0),
        (None, 0.75),
    ],
)
def test_requests_without_an_opening_count_by_their_other_dates(decided_at, dated):
    rows = (*requests(30, wd=3), *requests(10, wd=3, requested_at=None, team_key="x"))
    undated = tuple(replace(r, decided_at=decided_at) for r in rows[30:])

    assert figures_of(facts(*rows[:30], *undated)).dated == dated


@pytest.mark.parametrize(("days", "known"), [(45, True), (46, False)])
def test_a_log_without_news_for_45_days_is_unknown(days, known):
    newest = datetime(2026, 7, 1, tzinfo=UTC) - timedelta(days=days)
    rows = tuple(
        replace(r, requested_at=newest - timedelta(days=7), decided_at=newest)
        for r in requests(30, wd=3)
    )

    verdict = judge(facts(*rows), "gatekeeper")

    assert (verdict.evidence["unknown_because"] == []) is known
    assert verdict.evidence["n"] == 30


def test_few_requesters_are_a_band():
    rows = tuple(replace(r, requester_key="u1") for r in requests(30, wd=3))

    assert judge(facts(*rows), "gatekeeper").evidence["requesters"] == "<5"


def test_without_product_ops_it_does_not_apply():
    assert judge(facts(*requests(30, wd=3), headcounts=staff(20, 0)), "gatekeeper").state == (
        "not_applicable"
    )


def test_without_any_head_count_product_ops_is_assumed():
    verdict = judge(facts(*requests(30, wd=3), headcounts=()), "gatekeeper")

    assert verdict.state == "raised"
    assert verdict.missing == ("headcount", "survey_responses")
    assert "T3" in verdict.evidence["unknown_tests"]


# --- the tests --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waits", "reading"),
    [
        ([2.0] * 30, M),
        ([2.01] * 30, B),
        ([1.5] * 30, X),
        ([1.51] * 30, M),
        ([1.0] * 24 + [8.0] * 6, B),
        ([1.0] * 24 + [5.0] * 6, M),
        ([1.0] * 24 + [4.5] * 6, M),
        ([1.0] * 24 + [4.0] * 6, X),
    ],
)
def test_t1_slow(waits, reading):
    assert bands(facts(*waiting(*waits)))["T1"] is reading


def test_a_quantile_that_is_not_reached_counts_as_the_longest_wait():
    figures = figures_of(facts(*waiting(*[1.0] * 14, *[None] * 16)))

    assert figures.half.wd is None
    assert figures.half.compared == 22.0
    assert figures.half.as_evidence() == {"wd": None, "ci95": [1.0, None], "text": "> 22.0"}


def test_a_quantile_that_is_not_reached_blocks_exit():
    tuesday = datetime(2026, 6, 30, tzinfo=UTC)
    rows = (
        *waiting(*[0.2] * 24),
        *waiting(*[None] * 6, opened=tuesday, team_key="new"),
    )

    figures = figures_of(facts(*rows))

    assert (figures.tail.wd, figures.tail.compared) == (None, 1.0)
    assert bands(facts(*rows))["T1"] is M


@pytest.mark.parametrize(
    ("approved", "rejected", "wd", "reading"),
    [
        (60, 0, 0.6, B),
        (60, 0, 0.5, M),
        (60, 0, 0.25, X),
        (29, 0, 0.6, M),
        (34, 0, 0.6, M),
        (35, 0, 0.6, B),
        (57, 3, 0.6, M),
        (190, 5, 0.6, B),
        (54, 6, 0.6, X),
        (56, 4, 0.6, M),
    ],
)
def test_t2_ceremonial(approved, rejected, wd, reading):
    rows = (
        *waiting(*[wd] * approved),
        *waiting(*[wd] * rejected, decision="rejected", team_key="x"),
    )

    assert bands(facts(*rows))["T2"] is reading


def test_t2_counts_changes_requested_as_decided_but_not_what_was_given_up():
    rows = (
        *waiting(*[1.0] * 30),
        *waiting(*[1.0] * 10, decision="changes_requested", team_key="x"),
        *waiting(*[1.0] * 9, decision="withdrawn", team_key="y"),
    )

    assert figures_of(facts(*rows)).approvals.share == 0.75


@pytest.mark.parametrize("test", ["T2", "T6"])
def test_where_only_approvals_are_recorded_t2_and_t6_are_unknown(test):
    only = gate(outcomes_recorded="approved_only")

    assert bands(facts(*waiting(*[1.0] * 40), gates=(only,)))[test] is U


@pytest.mark.parametrize(
    ("count", "load", "reading"), [(120, 2.0, B), (90, 1.5, X), (100, 5 / 3, M)]
)
def test_t3_load_is_blocking_requests_per_pm_and_month(count, load, reading):
    known = facts(
        *waiting(*[1.0] * 40, blocking=True),
        *waiting(*[1.0] * (count - 40), gate_key="other", blocking=True),
        *waiting(*[1.0] * 30, gate_key="pm_gate", blocking=True, gate_owner_function="pm"),
        *waiting(*[1.0] * 30, blocking=False, team_key="x"),
        gates=(gate(), gate("other")),
    )

    assert figures_of(known).load == pytest.approx(load)
    assert bands(known)["T3"] is reading


@pytest.mark.parametrize(
    ("gat2", "gat1", "reading"),
    [(1, 9, B), (9, 1, B), (6, 6, X), (6, 5, M), (None, 1, B), (None, 9, U), (None, None, U)],
)
def test_t4_felt(gat2, gat1, reading):
    items = tuple(
        survey(key, favourable)
        for key, favourable in (("GAT2", gat2), ("GAT1", gat1))
        if favourable is not None
    )

    assert bands(facts(*waiting(*[1.0] * 30), survey_items=items))["T4"] is reading


def compared(own, other, *, n_other=40, other_pending=0):
    """Return a gate whose requests wait `own` wd, compared with work that waits `other` wd."""
    gates = (gate(compared_gate_key="free"), gate("free", owner_function="pm"))
    return facts(
        *waiting(*[own + i / 10_000 for i in range(30)]),
        *waiting(
            *[other + i / 10_000 for i in range(n_other)],
            *[None] * other_pending,
            gate_key="free",
            gate_owner_function="pm",
        ),
        gates=gates,
    )


@pytest.mark.parametrize(
    ("own", "other", "reading"),
    [
        (4.0, 1.0, B),
        (1.8, 1.0, M),
        (1.5, 1.0, X),
        (0.6, 0.2, M),
        (0.9, 0.2, B),
    ],
)
def test_t5_cost_of_the_gate(own, other, reading):
    figures = figures_of(compared(own, other))

    assert figures.cost.ratio == pytest.approx(own / other, rel=0.05)
    assert figures.cost.p == 1 / 2001
    assert (figures.cost.draws, figures.cost.seed) == (2000, V1.gatekeeper.t5_seed)
    assert bands(compared(own, other))["T5"] is reading


def test_t5_is_no_breach_while_chance_could_explain_it():
    rows = compared(4.0, 1.0)
    gated = waiting(*[0.01] * 14, *[4.0] * 16)
    ungated = waiting(*[1.9] * 25, *[0.01] * 15, gate_key="free", gate_owner_function="pm")

    figures = figures_of(replace(rows, gate_requests=(*gated, *ungated)))

    assert figures.cost.ratio == pytest.approx(4.0 / 1.9)
    assert figures.cost.p > 0.05
    assert readings(figures, V1.gatekeeper)["T5"] is M


@pytest.mark.parametrize(("n", "reading"), [(19, U), (20, B)])
def test_t5_needs_20_requests_on_each_side_pending_ones_included(n, reading):
    assert bands(compared(4.0, 1.0, n_other=n - 2, other_pending=2))["T5"] is reading


def test_t5_is_unknown_where_comparable_work_does_not_wait():
    known = compared(4.0, 1.0)
    ungated = waiting(*[0] * 40, gate_key="free", gate_owner_function="pm")

    rows = (*waiting(*[4.0] * 30), *ungated)

    assert bands(replace(known, gate_requests=rows))["T5"] is U


def test_t5_without_a_gate_to_compare_with_is_unknown():
    assert bands(facts(*waiting(*[4.0] * 30)))["T5"] is U


@pytest.mark.parametrize(
    ("old", "young", "reading"),
    [(7, 0, X), (8, 0, B), (2, 6, M), (3, 6, B), (1, 7, X), (0, 0, X)],
)
def test_t6_backlog(old, young, reading):
    # 15 wd and 2 wd before T, and one from before the window.
    rows = (
        *waiting(*[1.0] * 30),
        *waiting(*[None] * old, opened=datetime(2026, 1, 5, tzinfo=UTC), team_key="x"),
        *waiting(*[None] * young, opened=datetime(2026, 6, 29, tzinfo=UTC), team_key="y"),
    )

    figures = figures_of(facts(*rows))

    assert (figures.backlog.pending, figures.backlog.old) == (old + young, old)
    assert readings(figures, V1.gatekeeper)["T6"] is reading


def test_a_request_pending_for_just_5_wd_is_not_old():
    opened = datetime(2026, 6, 24, tzinfo=UTC)

    figures = figures_of(facts(*waiting(None, opened=opened)))

    assert figures.backlog.old == 0


@pytest.mark.parametrize(
    ("tests", "expected"),
    [
        ("", None),
        ("T1", "medium"),
        ("T5", "medium"),
        ("T2", "low"),
        ("T3", "low"),
        ("T4", "low"),
        ("T6", "low"),
        ("T2 T3", "medium"),
        ("T2 T6", "low"),
        ("T3 T6", "low"),
        ("T4 T6", "medium"),
        ("T4 T3", "medium"),
        ("T1 T2", "high"),
        ("T1 T4", "high"),
        ("T1 T5", "high"),
        ("T1 T3", "medium"),
        ("T1 T6", "medium"),
        ("T2 T5", "medium"),
    ],
)
def test_severity(tests, expected):
    assert severity(tests.split()) == expected


def test_critical_needs_the_interval_to_exclude_enter():
    slow = figures_of(facts(*waiting(*[6.0] * 30)))
    unsure = figures_of(facts(*waiting(*[1.0] * 13, *[6.0] * 17)))
    at_limit = figures_of(facts(*waiting(*[5.0] * 30)))

    assert is_critical(slow, V1.gatekeeper)
    assert unsure.half.wd == 6.0
    assert unsure.half.interval.low == 1.0
    assert not is_critical(unsure, V1.gatekeeper)
    assert not is_critical(at_limit, V1.gatekeeper)


# --- over time --------------------------------------------------------------------------------


def monthly(*wds, n=25):
    """Return requests that all wait so many wd, one batch a month, the last one before T.

    Every fifth is rejected, so that T2 stays out of the way.
    """
    rows = []
    for month, wd in zip(months_before(T, len(wds)), wds, strict=True):
        first = datetime(month.year, month.month, 1, tzinfo=UTC)
        opened = first + timedelta(days=-first.weekday() % 7)
        rows += waiting(*[wd] * n, opened=opened)
    return tuple(
        replace(row, decision="rejected") if index % 5 == 0 else row
        for index, row in enumerate(rows)
    )


def states(known):
    return list(history(known, "gatekeeper").values())


def test_one_slow_month_is_watched_and_two_are_raised():
    known = facts(*monthly(1, 1, 1, 3, 3, 3), headcounts=staff(20, 2, count=9))

    # Two thirds of a quarter's requests must be slow before half of them are.
    assert [state for state, _ in states(known)][-4:] == ["clear", "clear", "watch", "raised"]


def test_values_around_the_threshold_change_the_state_once():
    known = facts(*monthly(*[1.9, 2.1] * 6, n=80), headcounts=staff(20, 2, count=14))

    seen = [state for state, _ in states(known)]
    changes = sum(a != b for a, b in pairwise(seen))

    assert changes <= 2  # unknown to its first state, and at most one more


def test_critical_waits_raise_in_the_first_month():
    known = facts(*monthly(7), headcounts=staff(20, 2, count=6))

    assert states(known)[-1][0] == "raised"


def test_it_clears_only_after_two_months_beyond_exit():
    known = facts(*monthly(3, 3, 3, 1, 1, 1, 1, 1), headcounts=staff(20, 2, count=12))

    # From 2026-04-01 on two thirds of a quarter's requests are fast again.
    assert [state for state, _ in states(known)][-5:] == [
        "raised",
        "raised",
        "clear",
        "clear",
        "clear",
    ]


def test_a_log_that_stops_never_clears():
    known = facts(*monthly(3, 3, 3), headcounts=staff(20, 2, count=12, end=date(2026, 11, 1)))

    seen = history(known, "gatekeeper", date(2026, 11, 1))

    assert [seen[date(2026, month, 1)][0] for month in (7, 8, 9, 10, 11)] == [
        "raised",
        "raised",
        "raised",
        "unknown",
        "unknown",
    ]


def test_a_silent_gate_says_what_was_last_known():
    known = facts(*monthly(3, 3, 3), headcounts=staff(20, 2, count=12, end=date(2026, 11, 1)))

    verdict = judge(known, "gatekeeper", date(2026, 11, 1))

    assert verdict.evidence["last_known"] == {
        "state": "raised",
        "severity": "medium",
        "on": "2026-06-01",
        "text": "last known: raised(medium) on 2026-06-01",
    }
    assert verdict.message.endswith("Last known: raised(medium) on 2026-06-01.")


def test_a_state_that_outlives_its_inputs_says_so():
    known = facts(*monthly(3, 3, 3), headcounts=staff(20, 2, count=12, end=date(2026, 11, 1)))
    words = "The state is that of the last month that could be judged."

    judged, silent = (judge(known, "gatekeeper", date(2026, month, 1)) for month in (7, 9))

    assert (judged.severity, judged.evidence["silent_periods"]) == ("medium", 0)
    assert words not in judged.message
    assert (silent.severity, silent.evidence["silent_periods"]) == ("medium", 2)
    assert silent.message.endswith(words)
    assert silent.confidence is None


def test_latched_tests_keep_severity_until_they_are_released():
    gates = (gate(compared_gate_key="free"), gate("free", owner_function="pm"))
    costly = (*monthly(4, 4, 4, 4, 3.5, 3.5, 3.5, 3.5),)
    free = tuple(
        replace(r, gate_key="free", gate_owner_function="pm", request_id=f"f{r.request_id}")
        for r in monthly(1, 1, 1, 1, 2, 2, 2, 2)
    )
    known = facts(*costly, *free, gates=gates, headcounts=staff(20, 2, count=12))

    verdict = judge(known, "gatekeeper")

    assert verdict.evidence["breached"] == ["T1"]
    assert verdict.evidence["latched"] == ["T1", "T5"]
    assert verdict.evidence["T5_ratio"] == pytest.approx(1.75)
    assert verdict.severity == "high"


# --- the organisation's verdict ---------------------------------------------------------------


def test_the_verdict_is_the_worst_gates():
    known = facts(
        *monthly(1, 1, 1),
        *(replace(r, gate_key="slow") for r in monthly(3, 3, 3)),
        gates=(gate(), gate("slow")),
    )

    verdict = judge(known, "gatekeeper")

    assert verdict.evidence["worst_gate"] == "slow"
    assert {key: g["state"] for key, g in verdict.evidence["gates"].items()} == {
        "slow": "raised",
        "review": "clear",
    }
    assert verdict.evidence["gates"]["review"]["W50"]["wd"] == 1.0


def test_of_raised_gates_the_most_severe_is_the_worst():
    busy = tuple(replace(r, gate_key="busy") for r in monthly(3, 3, 3, n=40))
    felt = tuple(
        survey(key, 1, wave=f"w{month}", closed=datetime(2026, month, 20, tzinfo=UTC))
        for key in ("GAT1", "GAT2")
        for month in (5, 6)
    )
    quiet = tuple(replace(r, gate_key="quiet") for r in monthly(1, 1, 1, n=60))
    known = facts(
        *busy, *quiet, gates=(gate("busy"), gate("quiet"), gate("unused")), survey_items=felt
    )

    verdict = judge(known, "gatekeeper")

    assert {key: g["severity"] for key, g in verdict.evidence["gates"].items()} == {
        "busy": "high",
        "quiet": "low",
        "unused": None,
    }
    assert (verdict.evidence["worst_gate"], verdict.severity) == ("busy", "high")
    assert [name for name in ("busy: ", "quiet: ", "unused") if name in verdict.message] == [
        "busy: ",
        "quiet: ",
    ]


def test_an_unknown_gate_never_counts_as_clear():
    known = facts(
        *monthly(1, 1, 1), *requests(3, wd=1, gate_key="new"), gates=(gate(), gate("new"))
    )

    verdict = judge(known, "gatekeeper")

    assert (verdict.state, verdict.evidence["worst_gate"]) == ("unknown", "new")


def test_a_gate_that_starts_later_changes_nothing():
    later = gate("later", started_on=date(2026, 7, 1))

    verdict = judge(facts(*monthly(1, 1, 1), gates=(gate(), later)), "gatekeeper")

    assert (verdict.state, verdict.evidence["worst_gate"]) == ("clear", "review")


def test_confidence_counts_inputs_requests_and_agreement():
    felt = tuple(survey(key, 1) for key in ("GAT1", "GAT2"))
    denied = tuple(survey(key, 9) for key in ("GAT1", "GAT2"))

    def confidence(rows, items):
        return judge(facts(*rows, survey_items=items), "gatekeeper").confidence

    assert confidence(requests(40, wd=3), felt) == 1.0
    assert confidence(requests(40, wd=3), denied) == 0.4
    assert confidence(requests(40, wd=3), ()) == pytest.approx(0.75 * 0.7)
    assert confidence(requests(20, wd=3), felt) == 0.5


def test_the_text():
    known = facts(*waiting(*[3.0] * 40, *[4.0] * 10, decision="approved"))

    message = judge(known, "gatekeeper").message

    assert message == (
        "review: half of requests wait more than 3.0 wd (24 working hours), 15 % more than 4.0 wd "
        "(32 working hours) (50 requests, 0 still open). 100% are approved. Opened in the 90 days "
        "before 2026-07-01; 95 % interval of the half 3.0 to 3.0 wd; slow above 2 wd."
    )


def test_t5_is_worded_as_an_association():
    message = judge(compared(4.0, 1.0), "gatekeeper").message

    assert "Comparable work without the gate: 1.0 wd (8 working hours)" in message
    assert "an association, not a cause" in message


def test_where_only_approvals_are_recorded_waits_are_at_least_so_long():
    only = gate(outcomes_recorded="approved_only")

    message = judge(facts(*waiting(*[3.0] * 40), gates=(only,)), "gatekeeper").message

    assert "half of requests wait at least 3.0 wd" in message
    assert "are approved" not in message


def test_a_quantile_that_is_not_reached_is_printed_so():
    message = judge(facts(*waiting(*[1.0] * 14, *[None] * 16)), "gatekeeper").message

    assert "half of requests wait > 22.0 wd (176 working hours)" in message


@pytest.mark.parametrize(
    ("count", "bypassed", "flagged"), [(20, 2, False), (20, 3, True), (4, 4, False), (5, 1, True)]
)
def test_launches_round_the_gate_are_noted_from_fifteen_per_cent(count, bypassed, flagged):
    known = Facts(
        gates=(gate(),),
        gate_requests=requests(30, wd=1),
        launches=launches(count, bypassed=bypassed),
    )

    verdict = judge(known, "gatekeeper")

    assert verdict.evidence["bypass"] == {
        "launches": count,
        "bypassed": bypassed,
        "share": bypassed / count,
        "flagged": flagged,
    }
    assert ("people route around the gate" in verdict.message) is flagged


def test_launches_that_needed_another_gate_or_came_before_it_are_no_bypass():
    known = Facts(
        gates=(gate(started_on=T - timedelta(days=30)),),
        gate_requests=requests(30, wd=1),
        launches=(
            *launches(10, bypassed=10, gate_key="legal"),
            *launches(10, bypassed=10, end=T - timedelta(days=31)),
        ),
    )

    assert judge(known, "gatekeeper").evidence["bypass"] is None
