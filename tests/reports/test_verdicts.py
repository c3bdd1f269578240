"""What the newest evaluation concluded."""

from datetime import date

from tests.factories import VerdictRecordFactory
from tests.reports.scenes import at, block, evaluate


def test_pitfalls_that_need_action_stand_first_and_unknown_before_clear(organization):
    evaluation = evaluate(organization)
    for key, state, severity in (
        ("too_early", "clear", None),
        ("unused_tools", "unknown", None),
        ("gatekeeper", "raised", "medium"),
        ("centralised_decisions", "raised", "high"),
    ):
        VerdictRecordFactory(evaluation=evaluation, key=key, state=state, severity=severity)

    rows = at(organization).conclusions.pitfalls

    assert [(row.key, row.severity) for row in rows] == [
        ("centralised_decisions", "high"),
        ("gatekeeper", "medium"),
        ("unused_tools", None),
        ("too_early", None),
    ]


def test_newest_evaluation_counts(organization):
    for month, state, severity in (
        (9, "raised", "low"),
        (11, "clear", None),
        (10, "raised", "low"),
    ):
        evaluation = evaluate(organization, period_end=date(2026, month, 1))
        VerdictRecordFactory(evaluation=evaluation, state=state, severity=severity)

    conclusions = at(organization).conclusions

    assert conclusions.last_day == date(2026, 10, 31)
    assert (conclusions.raised, conclusions.clear) == (0, 1)


def test_clear_that_this_month_could_not_confirm_does_not_look_clear(organization, fetch):
    VerdictRecordFactory(
        evaluation=evaluate(organization), state="clear", severity=None, confidence=None
    )

    conclusions = at(organization).conclusions
    html = fetch()

    assert (conclusions.clear, conclusions.unknown) == (0, 1)
    card = block(html, 'data-pitfall="gatekeeper"')
    assert "Clear, not confirmed" in card
    assert "pl-state-unknown" in card
    assert "icons.svg#clear" not in card


def test_raised_that_this_month_could_not_confirm_stays_raised(organization):
    VerdictRecordFactory(evaluation=evaluate(organization), state="raised", confidence=None)

    conclusions = at(organization).conclusions

    assert conclusions.raised == 1
    assert conclusions.pitfalls[0].is_held
