"""PURE: why a verdict is what it is: inputs, formulas, figures, and what would clear it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

from maturity.insights import CHECKS
from maturity.insights.base import Inputs
from maturity.insights.benefits import BENEFITS
from maturity.insights.explanations import others, pitfalls
from maturity.insights.explanations.spec import Evidence, Judgement, Rule, look_up
from maturity.insights.names import FORMATS, named
from maturity.insights.phrases import ENGLISH, Language, Phrase, noop, phrase, render
from maturity.insights.survey_leg import SURVEY
from maturity.insights.thresholds import Thresholds

_CHECKS: dict[str, Judgement] = {
    "too_early": pitfalls.TOO_EARLY,
    "gatekeeper": pitfalls.GATEKEEPER,
    "centralised_decisions": pitfalls.CENTRALISED_DECISIONS,
    "unused_tools": pitfalls.UNUSED_TOOLS,
    "separate_career_path": pitfalls.SEPARATE_CAREER_PATH,
    "pm_count": others.PM_COUNT,
    "multi_product": others.MULTI_PRODUCT,
    "experimentation": others.EXPERIMENTATION,
    "global": others.GLOBAL,
    "public_company": others.PUBLIC_COMPANY,
    "readiness": others.READINESS,
    **dict.fromkeys(BENEFITS, others.BENEFIT),
}
_INPUTS: dict[str, Inputs] = {check.key: check.inputs for check in (make() for make in CHECKS)}


def is_explained(key: str) -> bool:
    """Whether a check of this name is made today; of one that was given up figures are left."""
    return key in _CHECKS


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdUsed:
    """One number a test compares with. `name` is "section.number"; "[C]" marks our convention."""

    name: str
    value: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedTest:
    """One test on one subject (a gate, a tool, a figure; "" is the organisation).

    `name` and `subject` are keys, `title` and `subject_name` what a reader calls them.
    `interval_level` is in percent, None where the test draws no interval.
    `band` is breached, between, beyond exit or unknown; None where the test has no memory.
    """

    name: str
    title: str
    subject: str
    subject_name: str
    formula: str
    figure: Any
    interval: Any
    interval_level: int | None
    enter: str
    exit: str
    band: str | None
    latched: bool
    thresholds: tuple[ThresholdUsed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedInput:
    """One import format the check reads, whether it could be used, and how to supply it."""

    format: str
    required: bool
    usable: bool
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One verdict, explained. `clears_when` is empty where nothing is latched and nothing lacks."""

    key: str
    tests: tuple[ExplainedTest, ...]
    clears_when: tuple[str, ...]
    inputs: tuple[ExplainedInput, ...]


def explain(
    key: str,
    evidence: Evidence,
    missing: Sequence[str],
    thresholds: Thresholds,
    language: Language = ENGLISH,
) -> Explanation:
    """Explain one verdict from what is stored of it, and the thresholds it was judged by.

    Give it the evidence as it may be shown to whoever reads the explanation.
    """
    spec = _CHECKS[key]
    # What is stored stays as it was written, also by checks that have changed since.
    evidence = evidence if isinstance(evidence, Mapping) else {}
    tests = tuple(
        _test(test, subject, figures, _Words(spec.section, thresholds, language))
        for subject, figures in spec.subjects(evidence).items()
        for test in spec.tests
    )
    inputs = _inputs(key, missing, language)
    periods = thresholds.frame.exit_periods
    return Explanation(
        key=key,
        tests=tests,
        clears_when=tuple(_clears_when(tests, inputs, periods, language)),
        inputs=inputs,
    )


def as_text(explanation: Explanation) -> Iterator[str]:
    """Yield an explanation line by line, as `evaluate --explain` prints it."""
    for row in explanation.inputs:
        need = "required" if row.required else "optional"
        yield f"input {row.format} ({need}): {'used' if row.usable else f'missing, {row.how}'}"
    for test in explanation.tests:
        subject = f" of {test.subject_name}" if test.subject else ""
        state = f" [{test.band}{', latched' if test.latched else ''}]" if test.band else ""
        yield f"{test.name}{subject}{state}: {test.formula}"
        interval = f", interval {test.interval}" if test.interval else ""
        yield f"    figure {test.figure}{interval}; enters at {test.enter}"
        if test.exit:
            yield f"    leaves at {test.exit}"
        for used in test.thresholds:
            yield f"    {used.name} = {used.value:g}: {used.source}"
    for end in explanation.clears_when:
        yield f"clears when {end}"


def _test(spec: Rule, subject: str, evidence: Evidence, words: "_Words") -> ExplainedTest:
    return ExplainedTest(
        name=spec.name,
        title=words.say(spec.title or spec.name),
        subject=subject,
        subject_name=str(look_up(evidence, "name") or subject),
        formula=words.say(spec.formula),
        figure=spec.figure(evidence),
        interval=look_up(evidence, spec.interval) if spec.interval else None,
        interval_level=int(spec.interval[-2:]) if spec.interval else None,
        enter=words.say(spec.enter),
        exit=words.say(spec.leave),
        band=look_up(evidence, f"bands.{spec.name}"),
        latched=_is_latched(spec.name, evidence.get("latched")),
        thresholds=tuple(words.used(name) for name in spec.thresholds),
    )


def _is_latched(test: str, latched: object) -> bool:
    return isinstance(latched, list | tuple) and test in latched


class _Words(Formatter):
    """Fills numbers into words: a bare name is of the check's own section."""

    def __init__(self, section: str, thresholds: Thresholds, language: Language) -> None:
        self._section = section
        self._thresholds = thresholds
        self._language = language

    def say(self, template: str) -> str:
        """Return a template filled in, in the language; nothing where there is none."""
        return self.vformat(self._language.gettext(template), (), {}) if template else ""

    def format_field(self, value: Any, format_spec: str) -> Any:
        return self._language.number(super().format_field(value, format_spec))

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return self.used(field_name).value, field_name

    def used(self, name: str) -> ThresholdUsed:
        section, _, number = name.rpartition(".")
        full = f"{section or self._section}.{number}"
        value = getattr(getattr(self._thresholds, section or self._section), number)
        return ThresholdUsed(name=full, value=value, source=self._thresholds.sources[full])


def _clears_when(
    tests: Sequence[ExplainedTest],
    inputs: Sequence[ExplainedInput],
    periods: int,
    language: Language,
) -> Iterator[str]:
    """Say what ends each test that is latched, and which inputs have to come first."""
    for row in inputs:
        if row.required and not row.usable:
            needed = phrase(
                "%(format)s has to be known again: %(how)s",
                format=named(FORMATS, row.format),
                how=row.how,
            )
            yield render(needed, language)
    of_all = noop("%(test)s: %(exit)s, in %(months)s months in a row that can be judged")
    of_one = noop(
        "%(test)s of %(subject)s: %(exit)s, in %(months)s months in a row that can be judged"
    )
    for test in tests:
        if test.latched and test.exit:
            end = phrase(
                of_one if test.subject else of_all,
                test=test.title,
                subject=test.subject_name,
                exit=test.exit,
                months=periods,
            )
            yield render(end, language)


def _inputs(key: str, missing: Sequence[str], language: Language) -> tuple[ExplainedInput, ...]:
    declared = _INPUTS[key]
    # A part of a format, such as tools.confirmed_on, makes the whole incomplete.
    lacking = {name.partition(".")[0] for name in missing}
    return tuple(
        ExplainedInput(
            format=name,
            required=name in declared.required,
            usable=name not in lacking,
            how=render(_how(name), language),
        )
        for name in (*declared.required, *declared.optional)
    )


def _how(name: str) -> Phrase:
    if name == SURVEY:
        return phrase(
            "release a survey wave that asks these items; only waves closed by the last day that "
            "a verdict looks at count, and outside surveys never do"
        )
    return phrase(
        "import a file of the format %(format)s, or send its rows to the API", format=name
    )
