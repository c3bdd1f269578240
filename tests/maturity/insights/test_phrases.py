"""What the checks conclude can be said in any language, and in no more detail than in English."""

import ast
import re
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from maturity import insights
from maturity.insights import replay
from maturity.insights.disclosure import disclosed
from maturity.insights.evidence import fixed
from maturity.insights.explanations import explain
from maturity.insights.facts import Facts, OrgFacts
from maturity.insights.phrases import (
    Language,
    from_json,
    in_turn,
    listed,
    nphrase,
    phrase,
    render,
    said,
    to_json,
)
from maturity.insights.thresholds import V1
from maturity.insights.working_time import next_month
from tests.maturity.insights.builders import (
    EQUAL_LADDER,
    T,
    decisions,
    gate,
    hires,
    launches,
    months_before,
    move,
    requests,
    staff,
    tool,
    weeks,
)
from tests.maturity.insights.scenes import FIELDS, everything, everything_until, without

PLACES = re.compile(r"(%\(\w+\)s|%%|\{[^{}]*\})")
# Names that the organisations below gave: gates, tools, grades, types, waves, cohorts, items.
NAMES = {
    *("review", "free", "board", "form", "o1", "scope", "pricing"),
    *("EAR1", "LEV1", "LEV2", "LEV3", "GAT1", "GAT2", "AUT1", "AUT2", "TOO2", "TOO3", "CAR1"),
    *("ANA1", "ANA2", "ANA3", "ONB3", "RES2", "CON", "EXP2", "CAR2"),
}
HEALTHY = Facts(
    headcounts=staff(20, 4, count=25),
    org_facts=(OrgFacts(as_of=T - timedelta(days=9), products=4, public_company="within_12m"),),
    gates=(gate(),),
    gate_requests=requests(30, wd=0.2),
    decisions=tuple(
        row for day in [*months_before(T, 3), T] for row in decisions(40, taken=1, end=day)
    ),
    tools=(tool(),),
    tool_usage=weeks([15] * 20),
    people_moves=(
        *hires(count=25),
        move(T - timedelta(days=40), "product_ops", "pm", number=99),
        *(move(T - timedelta(days=50), "pm", "pm", kind="promotion", number=n) for n in range(4)),
    ),
    ladder=EQUAL_LADDER,
)
LATER = next_month(T, 4)
SCENES = {
    "nothing": Facts(),
    "everything": everything(),
    **{f"without {name}": without(everything(), name) for name in FIELDS},
    "head-counts only": Facts(headcounts=staff(8, 1, count=6)),
    "no product ops": Facts(headcounts=staff(30, 0)),
    "part-time": Facts(headcounts=staff(8, 0.5, count=6)),
    "healthy": HEALTHY,
    "only approved requests": replace(HEALTHY, gates=(gate(outcomes_recorded="approved_only"),)),
    "around the gate": replace(
        HEALTHY, gate_requests=requests(30, wd=None), launches=launches(20, bypassed=12)
    ),
    "few requests": replace(HEALTHY, gate_requests=requests(3, wd=1)),
    "an unknown type": replace(HEALTHY, decisions=decisions(60, decision_type="pricing")),
    "a new tool": replace(HEALTHY, tools=(tool(launched_on=T - timedelta(days=9)),)),
    "a daily tool": replace(HEALTHY, tools=(tool(cadence="monthly", launched_on=None),)),
    "few eligible people": replace(HEALTHY, tool_usage=weeks([1] * 20, eligible=3)),
    "undated decisions": replace(HEALTHY, decisions=decisions(5, decided_on=None)),
    "few decisions": replace(HEALTHY, decisions=decisions(30, decider_function=None)),
    "a dozen PMs": Facts(headcounts=staff(12, 1, count=6)),
    "more PMs soon": Facts(
        headcounts=staff(9, 1, count=6),
        org_facts=(OrgFacts(as_of=T - timedelta(days=9), approved_pm_openings=9, markets=1),),
    ),
    "many PMs and no sign": Facts(
        headcounts=staff(16, 1, count=6),
        org_facts=(
            OrgFacts(
                as_of=T - timedelta(days=9),
                products=1,
                business_units=1,
                markets=1,
                timezone_span_hours=0,
                public_company="no",
                experiments_finished_90d=0,
                teams_running_experiments=0,
            ),
        ),
    ),
    "overdue": Facts(
        headcounts=staff(30, 0),
        org_facts=(
            OrgFacts(
                as_of=T - timedelta(days=9),
                products=4,
                public_company="yes",
                markets=9,
                timezone_span_hours=9,
            ),
        ),
    ),
    "without requests later": everything_until(LATER, stops="gate_requests"),
    "nothing new later": HEALTHY,
}


def masked(text):
    """Return a template without its letters; what is filled in stands out."""
    return "".join(
        part if PLACES.fullmatch(part) else re.sub(r"[^\W\d]", "·", part)
        for part in PLACES.split(text)
    )


PSEUDO = Language(
    gettext=masked,
    ngettext=lambda one, many, count: masked(one if count == 1 else many),
    number=lambda text: text.replace("inf", "∞"),
    day=lambda day: "·",
)


def words_left(text):
    return set(re.findall(r"[^\W\d_]\w*", text)) - NAMES


@cache
def verdicts_of(name):
    months = replay(SCENES[name], until=LATER if name.endswith("later") else T)
    return [verdict for _, verdicts in months for verdict in verdicts]


@pytest.mark.parametrize("name", SCENES)
def test_no_english_is_left_in_another_language(name):
    for verdict in verdicts_of(name):
        text = said(verdict.words, PSEUDO)

        assert "·" in text, verdict.key
        # Waves and half-years are named by their dates.
        assert words_left(re.sub(r"\bw1\b|\bw\d{4}|\d{4}H[12]", "", text)) == set(), verdict.message


def test_no_phrase_is_filled_with_english():
    """A text among the values would be a name that somebody gave; ours are phrases themselves."""
    filled = [
        (path.name, ast.unparse(value.value))
        for path in sorted(Path(insights.__file__).parent.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in {"phrase", "nphrase"}
        for value in call.keywords
        if any(
            isinstance(part, ast.Constant) and isinstance(part.value, str)
            for part in (value.value, *getattr(value.value, "values", ()))
        )
    ]

    assert filled == []


def test_the_scenes_hold_every_state():
    found = {(v.kind, v.state) for name in SCENES for v in verdicts_of(name)}

    pitfall = {"raised", "watch", "clear", "unknown", "not_applicable"}
    assert {state for kind, state in found if kind == "pitfall"} == pitfall
    assert {state for kind, state in found if kind == "sign"} == {"present", "absent", "unknown"}
    assert {state for kind, state in found if kind == "benefit"} == {
        *("better", "worse", "no_clear_change", "unknown")
    }
    assert {state for kind, state in found if kind == "readiness"} == {
        *("not_yet", "consider", "ready", "overdue", "unknown")
    }


@pytest.mark.parametrize("name", SCENES)
def test_what_is_stored_says_the_same_again(name):
    for verdict in verdicts_of(name):
        assert said(from_json(to_json(verdict.words))) == verdict.message


@pytest.mark.parametrize("name", SCENES)
def test_what_is_stored_is_no_more_exact_than_the_sentence(name):
    for verdict in verdicts_of(name):
        for figure in figures_in(to_json(verdict.words)):
            assert figure in verdict.message


def figures_in(stored):
    """Yield every number and day of stored words, as English writes them."""
    if isinstance(stored, list):
        for each in stored:
            yield from figures_in(each)
    elif isinstance(stored, dict):
        for name, each in stored.items():
            yield from figures_in(each)
            if name in {"number", "day", "count"} and not isinstance(each, dict):
                yield str(each)
    else:
        assert isinstance(stored, str | int)


@pytest.mark.parametrize("name", ["nothing", "everything", "without survey_responses"])
def test_an_explanation_leaves_no_english_either(name):
    for verdict in verdicts_of(name)[-16:]:
        explanation = explain(verdict.key, disclosed(verdict.evidence), verdict.missing, V1, PSEUDO)
        said_there = [
            *(
                text
                for test in explanation.tests
                for text in (test.title, test.formula, test.enter, test.exit)
            ),
            *explanation.clears_when,
            *(row.how for row in explanation.inputs),
        ]

        assert said_there
        for text in said_there:
            assert words_left(text) <= FIELDS.keys(), text


GERMAN = Language(
    gettext={
        "%(first)s and %(last)s": "%(first)s und %(last)s",
        "%(wave)s closed on %(day)s": "am %(day)s endete %(wave)s",
        "%(wave)s has %(answers)s": "%(answers)s in %(wave)s",
    }.__getitem__,
    ngettext=lambda one, many, count: "%(count)s Antwort" if count == 1 else "%(count)s Antworten",
    number=lambda text: text.replace(".", ","),
    day=lambda day: f"{day:%d.%m.%Y}",
)


def test_a_phrase_is_said_in_the_order_and_form_of_its_language():
    closed = phrase("%(wave)s closed on %(day)s", wave="Q1", day=date(2026, 7, 1))
    answers = nphrase("%(count)s answer", "%(count)s answers", 2)
    both = listed([closed, phrase("%(wave)s has %(answers)s", wave="Q2", answers=answers)])

    assert str(both) == "Q1 closed on 2026-07-01 and Q2 has 2 answers"
    assert render(both, GERMAN) == "am 01.07.2026 endete Q1 und 2 Antworten in Q2"
    assert render(fixed(2.5, 1), GERMAN) == "2,5"


def test_reasons_come_one_after_the_other():
    assert render(in_turn([phrase("a"), "b", phrase("c")])) == "a; b; c"


@pytest.mark.parametrize("stored", ["text", [{"sentence": "x"}], [1], {"text": "x"}])
def test_what_is_no_phrase_is_refused(stored):
    with pytest.raises(ValueError, match="validation error"):
        from_json(stored)
