"""The replay of history: the same as what the live engine wrote month by month."""

import io
import json
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.management import CommandError, call_command

from maturity.insights import CHECKS
from maturity.services.backtest import backtest
from maturity.services.findings import refresh_findings
from maturity.services.imports import import_file
from tests.factories import OrganizationFactory
from tests.maturity.insights.samples import SHARED
from tests.maturity.insights.test_kubernetes import EXPECTED, expectations, quantile

HEADCOUNT = "as_of,function,headcount,fte\n" + "".join(
    f"2025-{month:02}-28,pm,{pms},{pms}\n2025-{month:02}-28,product_ops,2,2\n"
    for month, pms in enumerate((8, 8, 9, 9, 30, 30, 30, 30), start=1)
)
FACTS = (
    "as_of,products,business_units,markets,timezone_span_hours,public_company,"
    "experiments_finished_90d,teams_running_experiments,approved_pm_openings\n"
    "2025-01-15,3,1,1,2,no,0,0,0\n"
)


def take(organization, name, text):
    data = text if isinstance(text, bytes) else text.encode()
    return import_file(organization, name, io.BytesIO(data), name=f"{name}.csv")


def run(*arguments):
    out, err = io.StringIO(), io.StringIO()
    call_command("backtest", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_it_equals_what_the_live_engine_wrote(organization):
    take(organization, "headcount", HEADCOUNT)
    take(organization, "org_facts", FACTS)
    live = []
    for month in range(1, 11):
        with time_machine.travel(datetime(2025, month, 20, 12, tzinfo=UTC), tick=False):
            evaluation = refresh_findings(organization)
        records = [record.as_dict() for record in evaluation.verdicts.all()]
        live.append({"period_end": evaluation.period_end.isoformat(), "verdicts": records})

    out, _ = run("acme", "--from", "2025-01-01", "--to", "2025-10-31", "--json")

    assert json.loads(out) == live
    states = [month["verdicts"][0]["state"] for month in live]
    assert (states[0], states[1]) == ("unknown", "unknown")
    assert {"raised", "clear"} <= set(states)


def test_months_are_those_whose_period_ended_between_the_days(organization):
    take(organization, "headcount", HEADCOUNT)

    ends = [
        end for end, _ in backtest(organization, first=date(2025, 3, 2), last=date(2025, 6, 30))
    ]

    assert ends == [date(2025, 4, 1), date(2025, 5, 1), date(2025, 6, 1)]


def test_the_text_names_each_month_and_check(organization):
    take(organization, "headcount", HEADCOUNT)

    out, err = run("acme", "--from", "2025-04-01", "--to", "2025-05-15")

    assert out.splitlines()[0] == "2025-04-01"
    assert out.count("pitfall too_early: ") == 2
    assert err.splitlines()[0] == "2025-04-01: month 1 of 2"
    assert err.splitlines()[-1] == "2025-05-01: month 2 of 2"


def test_without_facts_every_month_is_unknown(organization):
    out, _ = run("acme", "--from", "2025-01-01", "--to", "2025-03-01", "--json")

    months = json.loads(out)
    assert [month["period_end"] for month in months] == ["2025-01-01", "2025-02-01", "2025-03-01"]
    assert {v["state"] for month in months for v in month["verdicts"]} == {"unknown"}
    assert len(months[0]["verdicts"]) == len(CHECKS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nobody", "--from", "2025-01-01", "--to", "2025-02-01"], "no organisation nobody"),
        (["acme", "--from", "2025-03-01", "--to", "2025-02-01"], "--from lies after --to"),
        (["acme", "--from", "soon", "--to", "2025-02-01"], "soon is not a date"),
    ],
)
def test_bad_arguments_are_named(organization, arguments, message):
    with pytest.raises(CommandError, match=message):
        run(*arguments)


@pytest.mark.django_db
@pytest.mark.skipif(not EXPECTED.exists(), reason="the real samples are not beside this checkout")
class TestSamples:
    def test_every_row_of_the_real_files_is_accounted_for(self, organization):
        found = {}
        for path in sorted((SHARED / "data").glob("*/*.csv")):
            if path.parent.name not in {"kubernetes", "python"}:
                continue
            report = take(organization, path.stem, path.read_bytes())
            counted = report.accepted + report.updated + report.unchanged + report.quarantined
            rows = len(path.read_text(encoding="utf-8").splitlines()) - 1
            found[path.stem] = (counted - rows, report.quarantined)

        assert set(found.values()) == {(0, 0)}
        assert set(found) == {
            "decision_log",
            "gate_requests",
            "gates",
            "headcount",
            "people_moves",
            "tool_usage",
            "tools",
        }

    def test_kubernetes_equals_an_independent_run_at_each_year_end(self):
        # The independent run counts its working days in UTC.
        organization = OrganizationFactory(slug="acme", timezone="UTC")
        for name in ("headcount", "gates", "gate_requests", "tools", "tool_usage"):
            take(organization, name, (SHARED / "data/kubernetes" / f"{name}.csv").read_bytes())

        out, _ = run("acme", "--from", "2021-01-01", "--to", "2026-07-31", "--json")

        months = {
            month["period_end"]: {verdict["key"]: verdict for verdict in month["verdicts"]}
            for month in json.loads(out)
        }
        ends = {want["T"]: want for want in expectations().values() if want["T"] in months}
        assert len(months) == 67
        assert len(ends) >= 5
        for end, want in ends.items():
            gate, tools, early = (
                months[end][key] for key in ("gatekeeper", "unused_tools", "too_early")
            )
            figures = gate["evidence"]["gates"][want["gatekeeper"]["worst_gate"]]
            for figure in ("n", "pending", "window_days", "breached", "unknown_tests"):
                assert figures[figure] == want["gatekeeper"][figure], (end, figure)
            for figure in ("W50", "W85"):
                shown = {part: figures[figure][part] for part in ("wd", "ci95")}
                assert shown == quantile(want["gatekeeper"][figure]), (end, figure)
            assert figures["T5_ratio"] == pytest.approx(want["gatekeeper"]["T5_ratio"], abs=1e-5)
            assert figures["T5_p"] == pytest.approx(want["gatekeeper"]["T5_p"], abs=0.01)
            assert (gate["state"], gate["severity"]) == (
                want["gatekeeper"]["state"],
                want["gatekeeper"]["severity"],
            )
            assert tools["evidence"]["point_severity"] == want["unused_tools"]["point_severity"]
            assert (early["state"], early["severity"]) == (
                want["too_early"]["state"],
                want["too_early"]["severity"],
            )

    def test_python_is_unknown_throughout_with_the_missing_inputs_named(self, organization):
        log = (SHARED / "data" / "python" / "decision_log.csv").read_bytes()
        take(organization, "decision_log", log)

        out, _ = run("acme", "--from", "2024-01-01", "--to", "2026-07-31", "--json")

        months = json.loads(out)
        assert len(months) == 31
        verdicts = [verdict for month in months for verdict in month["verdicts"]]
        assert {verdict["state"] for verdict in verdicts} == {"unknown"}
        assert all(verdict["missing"] for verdict in verdicts)
        decisions = [v for v in verdicts if v["key"] == "centralised_decisions"]
        assert {"decision_log.decided_on", "headcount", "decision_rights"} <= set(
            decisions[0]["missing"]
        )
