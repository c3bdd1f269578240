"""The real sample against an independent run of the same definitions."""

import json
from datetime import date

import pytest

from maturity.insights import replay
from tests.maturity.insights.samples import SHARED, read_sample

EXPECTED = SHARED / "reference" / "expected_kubernetes.json"
SAMPLE = SHARED / "data" / "kubernetes"

pytestmark = pytest.mark.skipif(
    not (EXPECTED.exists() and SAMPLE.exists()),
    reason="the real samples are not beside this checkout",
)


def expectations():
    if not EXPECTED.exists():
        return {}
    entries = json.loads(EXPECTED.read_text(encoding="utf-8"))
    return {day: entry for day, entry in entries.items() if day != "about"}


@pytest.fixture(scope="module")
def months():
    """Every month's verdicts by key, in one replay."""
    facts = read_sample("kubernetes")
    return {
        end.isoformat(): {verdict.key: verdict for verdict in verdicts}
        for end, verdicts in replay(facts, until=date(2026, 12, 31))
    }


@pytest.fixture(params=expectations())
def expected(request):
    return expectations()[request.param]


def wd(value):
    """Compare working days to three decimals; None stays None."""
    return None if value is None else pytest.approx(value, abs=0.0005)


def quantile(expected):
    if expected is None:
        return None
    return {"wd": wd(expected["wd"]), "ci95": [wd(limit) for limit in expected["ci95"]]}


def shown_state(verdict):
    last_known = verdict.evidence["last_known"]
    return f"{verdict.state} ({last_known['text']})" if last_known else verdict.state


def test_gatekeeper(months, expected):
    want = expected["gatekeeper"]
    verdict = months[expected["T"]]["gatekeeper"]
    got = verdict.evidence["gates"][want["worst_gate"]]

    assert verdict.evidence["worst_gate"] == want["worst_gate"]
    assert (shown_state(verdict), verdict.severity) == (want["state"], want["severity"])
    for figure in ("n", "pending", "window_days", "breached", "unknown_tests"):
        assert got[figure] == want[figure], figure
    for figure in ("W50", "W85"):
        shown = got[figure] and {key: got[figure][key] for key in ("wd", "ci95")}
        assert shown == quantile(want[figure]), figure
    assert got["T5_ratio"] == pytest.approx(want["T5_ratio"], abs=1e-5)
    assert got["T5_p"] == pytest.approx(want["T5_p"], abs=0.01)
    assert verdict.confidence == pytest.approx(want["confidence"], abs=1e-6)


def test_unused_tools(months, expected):
    want = expected["unused_tools"]
    evidence = months[expected["T"]]["unused_tools"].evidence

    assert evidence["tools"].keys() == want["tools"].keys()
    for key, tool in want["tools"].items():
        got = evidence["tools"][key]
        assert {figure: got[figure] for figure in tool} == pytest.approx(tool, abs=1e-6), key
    assert evidence["point_severity"] == want["point_severity"]


def test_too_early(months, expected):
    want = expected["too_early"]
    verdict = months[expected["T"]]["too_early"]
    got = {figure: verdict.evidence[figure] for figure in ("P", "O", "R")}

    assert got == pytest.approx({figure: want[figure] for figure in got}, abs=1e-6)
    assert verdict.evidence["point"] == want["point"]
    assert (verdict.state, verdict.severity) == (want["state"], want["severity"])
    assert verdict.evidence["unknown_because"] == want["unknown_because"]


def test_before_the_gate_started_nothing_is_said_about_it(months):
    states = {end: v["gatekeeper"].state for end, v in months.items() if end < "2021-02-01"}

    assert set(states.values()) == {"unknown", "not_applicable"}


def test_the_slow_gate_never_clears(months):
    raised = [end for end, v in months.items() if v["gatekeeper"].state == "raised"]

    assert (raised[0], raised[-1], len(raised)) == ("2021-02-01", "2026-11-01", 70)
