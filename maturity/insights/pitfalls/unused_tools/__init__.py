"""Product ops builds tools that nobody uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from maturity.insights.base import Inputs, Severity, Tri, Verdict
from maturity.insights.confidence import agreement, confidence, is_low
from maturity.insights.facts import PRODUCT_OPS, Tool
from maturity.insights.hysteresis import Answer, Band, Latches, Standing, advance_latches, held
from maturity.insights.period import Period
from maturity.insights.phrases import Words, phrase
from maturity.insights.pitfalls.unused_tools.figures import ToolFigures, measure, readings
from maturity.insights.pitfalls.unused_tools.message import portfolio_message, tool_message
from maturity.insights.pitfalls.unused_tools.windows import Usage
from maturity.insights.pitfalls.verdicts import not_applicable, verdict
from maturity.insights.survey_leg import SURVEY, waves
from maturity.insights.thresholds import UnusedToolsRules

KEY = "unused_tools"
TOOLS, TOOL_USAGE = "tools", "tool_usage"
UNCONFIRMED = "tools.confirmed_on"
SHOWN_IN_MESSAGE = 3


@dataclass(frozen=True, slots=True)
class Memory:
    """What one month hands to the next: each tool's latches and the portfolio's standing."""

    latches: Mapping[str, Latches] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)


@dataclass(frozen=True, slots=True)
class Judged:
    """One tool in one month."""

    figures: ToolFigures
    latches: Latches
    readings: Mapping[str, Band]

    @property
    def state(self) -> str:
        if not self.figures.known:
            return "unknown"
        return "red" if self.red else "amber" if self.latches["amber"].held else "clear"

    @property
    def red(self) -> bool:
        """Whether red is latched, be the tool known this month or not."""
        return self.latches["red"].held

    @property
    def red_now(self) -> bool:
        return self.readings["red"] is Band.BREACHED


class UnusedTools:
    """The pitfall with every tool's memory over the months of one replay.

    The survey is an input only where using a tool is compulsory.
    """

    key = KEY
    inputs = Inputs(required=(TOOLS, TOOL_USAGE), optional=(SURVEY,))
    memory: Memory

    def __init__(self) -> None:
        self.memory = Memory()

    def __call__(self, period: Period) -> Verdict:
        """Judge the next month."""
        if period.has_no_product_ops:
            self.memory = Memory()
            return not_applicable(KEY, period, {"tools": {}})
        usage = Usage(period)
        tools = [self._judge(measure(tool, usage), period) for tool in _in_use(period)]
        known = _judged_by(tools, period)
        certainty = _confidence(known, period) if known else None
        answer = None if certainty is None else _answer(tools, known, certainty, period)
        rules, at = period.thresholds.frame, period.end
        latches = {tool.figures.tool.tool_key: tool.latches for tool in tools}
        standing = self.memory.standing.after(answer, at=at, rules=rules)
        self.memory = Memory({**self.memory.latches, **latches}, standing)
        return _verdict(tools, known, standing, answer, certainty, period)

    def _judge(self, figures: ToolFigures, period: Period) -> Judged:
        rules, key = period.thresholds, figures.tool.tool_key
        bands = readings(figures, rules.unused_tools)
        latches = advance_latches(self.memory.latches.get(key, {}), bands, rules.frame)
        return Judged(figures, latches, bands)


def _in_use(period: Period) -> list[Tool]:
    """Return product ops' tools that are launched and not retired at T."""
    return [
        tool
        for tool in sorted(period.facts.tools, key=lambda tool: tool.tool_key)
        if tool.owner_function == PRODUCT_OPS
        and (tool.launched_on is None or tool.launched_on < period.end)
        and (tool.retired_on is None or tool.retired_on >= period.end)
    ]


def _judged_by(tools: Sequence[Judged], period: Period) -> list[Judged]:
    """Return the tools that can be told anything of.

    Without any telemetry the survey on compulsory tools does not speak for the others.
    """
    by_use = any(not tool.figures.tool.mandatory for tool in tools)
    if by_use and not period.facts.tool_usage:
        return []
    return [tool for tool in tools if tool.figures.known]


def severity(reds: Sequence[Judged], known: int, rules: UnusedToolsRules) -> Severity | None:
    """Return what so many red tools of so many known ones give."""
    if not reds:
        return None
    share = len(reds) / known
    if len(reds) < rules.portfolio_tools or share < rules.portfolio_medium_share:
        return "low"
    if share >= rules.portfolio_high_share:
        return "high"
    return "high" if any(_young_and_costly(tool.figures, rules) for tool in reds) else "medium"


def _young_and_costly(figures: ToolFigures, rules: UnusedToolsRules) -> bool:
    age = figures.age_months
    return figures.tool.cost_known and age is not None and age < rules.young_months


def _answer(
    tools: Sequence[Judged], known: Sequence[Judged], certainty: float, period: Period
) -> Answer:
    rules = period.thresholds
    reds = [tool for tool in known if tool.red_now]
    # A red tool that falls silent is still red: losing its telemetry must not clear anything.
    counted = [tool for tool in tools if tool.figures.known or tool.red]
    latched = [tool for tool in counted if tool.red]
    felt = [a for t in reds if t.figures.tool.mandatory for a in t.figures.answers if a is not None]
    return Answer(
        severity=severity(reds, len(known), rules.unused_tools),
        latched=severity(latched, len(counted), rules.unused_tools),
        behavioural=any(not tool.figures.tool.mandatory for tool in reds),
        wave=waves(felt) if felt else None,
        low_confidence=is_low(certainty, rules.frame),
    )


def _confidence(known: Sequence[Judged], period: Period) -> float:
    """Weigh the verdict; a tool that nobody confirmed lately makes it low."""
    rules = period.thresholds
    by_use = [tool for tool in known if not tool.figures.tool.mandatory]
    compulsory = [tool for tool in _in_use(period) if tool.mandatory]
    felt = [tool for tool in known if tool.figures.tool.mandatory]
    confirmed = all(tool.figures.confirmed for tool in known)
    eligible = [tool.figures.eligible for tool in known if tool.figures.eligible is not None]
    answered = [a.n for tool in felt for a in tool.figures.answers if a is not None]
    value = confidence(
        usable=confirmed + bool(eligible) + bool(felt),
        declared=2 + bool(compulsory),
        n=min(eligible or answered),
        n_min=rules.unused_tools.eligible_min,
        agreement=agreement(_any_red(by_use), _any_red(felt), rules.frame),
    )
    return value if confirmed else min(value, rules.unused_tools.unconfirmed_confidence)


def _any_red(tools: Sequence[Judged]) -> Tri:
    return any(tool.red_now for tool in tools) if tools else None


def _verdict(
    tools: Sequence[Judged],
    known: Sequence[Judged],
    standing: Standing,
    answer: Answer | None,
    certainty: float | None,
    period: Period,
) -> Verdict:
    because = [] if known else ["no known product-ops tool"]
    return verdict(
        KEY,
        period,
        standing,
        confidence=certainty,
        evidence={
            "point_severity": answer.point if answer else None,
            "known": len(known),
            "red": sum(tool.red for tool in known),
            "tools": {
                tool.figures.tool.tool_key: {
                    "state": tool.state,
                    "bands": {test: reading.value for test, reading in tool.readings.items()},
                    "latched": held(tool.latches),
                    **tool.figures.as_evidence(),
                }
                for tool in tools
            },
            "survey": _survey_evidence(tools),
            "unknown_because": because,
        },
        missing=_missing(tools, known, period),
        words=_words(tools, known, period.thresholds.unused_tools),
    )


def _survey_evidence(tools: Sequence[Judged]) -> dict[str, Any]:
    answers = [a for tool in tools for a in tool.figures.answers if a is not None]
    return {answer.item_key: answer.as_evidence() for answer in answers}


def _missing(tools: Sequence[Judged], known: Sequence[Judged], period: Period) -> list[str]:
    missing = []
    if not tools:
        missing.append(TOOLS)
    if not period.facts.tool_usage or any(
        not tool.figures.known and not tool.figures.tool.mandatory for tool in tools
    ):
        missing.append(TOOL_USAGE)
    if not all(tool.figures.confirmed for tool in known):
        missing.append(UNCONFIRMED)
    if any(tool.figures.tool.mandatory and not tool.figures.known for tool in tools):
        missing.append(SURVEY)
    return missing


def _words(tools: Sequence[Judged], known: Sequence[Judged], rules: UnusedToolsRules) -> Words:
    if not known:
        shown = tools[:SHOWN_IN_MESSAGE]
        reasons = tuple(said for tool in shown for said in tool_message(tool.figures))
        return reasons or (phrase("Cannot be judged: no product-ops tool is registered."),)
    by_severity = {"red": 0, "amber": 1, "clear": 2}
    worst_first = sorted(known, key=lambda t: (by_severity[t.state], t.figures.share or 0.0))
    reds = sum(tool.red for tool in known)
    worst = [tool.figures for tool in worst_first[:SHOWN_IN_MESSAGE]]
    return portfolio_message(reds, len(known), worst, red_below=rules.red_enter)
