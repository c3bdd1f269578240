"""Why one verdict is what it is, as it was stored: everything its page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from maturity.insights.explanations import (
    ExplainedInput,
    ExplainedTest,
    ThresholdUsed,
    explain,
    is_explained,
)
from maturity.models import Evaluation, Organization, ThresholdsVersion, VerdictRecord
from maturity.selectors.thresholds import thresholds_named
from maturity.selectors.words import Said, active_language, conclusion
from reports.selectors.benefits import BENEFIT_STATES, BENEFITS, METRICS
from reports.selectors.figures import in_words
from reports.selectors.verdicts import (
    INPUTS,
    PITFALL_STATES,
    PITFALLS,
    READINESS,
    SEVERITIES,
    SIGN_STATES,
    SIGNS,
    Text,
)

HISTORY_SHOWN = 60
# What the organisation's facts say of being listed: the one figure that is a word.
LISTINGS: dict[str, Text] = {
    "yes": _("yes"),
    "no": _("no"),
    "within_12m": _("within 12 months"),
}
BANDS: dict[str, Text] = {
    "breached": _("breached"),
    "between": _("between"),
    "beyond exit": _("beyond exit"),
    "unknown": _("unknown"),
}


@dataclass(frozen=True)
class TestRow:
    """One test on one gate, tool or type, ready to be read."""

    test: ExplainedTest
    figure: str
    interval: str

    @property
    def band(self) -> Text:
        return BANDS.get(self.test.band or "", self.test.band or "")

    @property
    def thresholds(self) -> Sequence[ThresholdUsed]:
        return self.test.thresholds


@dataclass(frozen=True)
class InputRow:
    """One input: needed or not, there or not, and how to supply it."""

    row: ExplainedInput
    name: Text


@dataclass(frozen=True)
class MonthRow:
    """What the check said in one evaluation, by the numbers of then."""

    evaluation_id: int
    last_day: date
    state: Text
    look: str
    severity: Text
    thresholds_version: str


@dataclass(frozen=True)
class Explained:
    """One stored verdict with its explanation."""

    record: VerdictRecord
    evaluation: Evaluation
    title: Text
    meaning: Text
    message: Said
    state: Text
    severity: Text
    subjects: tuple[tuple[Text, tuple[TestRow, ...]], ...]
    clears_when: Sequence[str]
    inputs: tuple[InputRow, ...]
    history: tuple[MonthRow, ...]
    own_version: ThresholdsVersion | None
    is_made: bool

    @property
    def last_day(self) -> date:
        return self.evaluation.period_end - timedelta(days=1)


def evaluation_shown(
    organization: Organization,
    *,
    evaluation_id: int | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Evaluation | None:
    """The evaluation a link names, else the newest up to `as_of` known at `known_at`; one query."""
    rows = Evaluation.objects.for_organization(organization).select_related("organization")
    if evaluation_id is not None:
        rows = rows.filter(pk=evaluation_id)
    if as_of is not None:
        rows = rows.filter(period_end__lte=as_of)
    if known_at is not None:
        rows = rows.filter(computed_at__lte=known_at)
    found: Evaluation | None = rows.order_by("-period_end", "-pk").first()
    return found


def explained(
    evaluation: Evaluation, key: str, since: date | None = None, until: date | None = None
) -> Explained | None:
    """One verdict explained; four queries, whatever the amount of history. None: no such check.

    `since` and `until` bound the months of its history by their last days.
    """
    organization = evaluation.organization
    record: VerdictRecord | None = evaluation.verdicts.filter(key=key).first()
    if record is None:
        return None
    thresholds = thresholds_named(organization, evaluation.thresholds_version)
    answer = None
    if thresholds is not None and is_explained(key):
        answer = explain(key, record.shown_evidence, record.missing, thresholds, active_language())
    title, meaning = _titles(record)
    return Explained(
        record=record,
        evaluation=evaluation,
        title=title,
        meaning=meaning,
        message=conclusion(record),
        state=_state(record.kind, record.state),
        severity=SEVERITIES.get(record.severity or "", ""),
        subjects=_subjects(answer.tests if answer else ()),
        clears_when=answer.clears_when if answer else (),
        inputs=tuple(
            InputRow(row, INPUTS.get(row.format, row.format))
            for row in (answer.inputs if answer else ())
        ),
        history=tuple(_history(evaluation, record, since, until)),
        own_version=_own_version(evaluation),
        is_made=is_explained(key),
    )


def _subjects(tests: Sequence[ExplainedTest]) -> tuple[tuple[Text, tuple[TestRow, ...]], ...]:
    grouped: dict[Text, list[TestRow]] = {}
    for test in tests:
        figure = LISTINGS.get(test.figure) if isinstance(test.figure, str) else None
        row = TestRow(test, str(figure or in_words(test.figure)), in_words(test.interval))
        grouped.setdefault(METRICS.get(test.subject, test.subject_name), []).append(row)
    return tuple((subject, tuple(rows)) for subject, rows in grouped.items())


def _history(
    evaluation: Evaluation, record: VerdictRecord, since: date | None, until: date | None
) -> list[MonthRow]:
    """The newest answer for each month as it was known when this evaluation was made."""
    rows = (
        VerdictRecord.objects.filter(
            organization=evaluation.organization_id,
            kind=record.kind,
            key=record.key,
            evaluation__period_end__lte=evaluation.period_end,
            evaluation__pk__lte=evaluation.pk,
        )
        .order_by("-evaluation__period_end", "-evaluation_id")
        .distinct("evaluation__period_end")
        .select_related("evaluation")
    )
    if since is not None:
        rows = rows.filter(evaluation__period_end__gt=since)
    if until is not None:
        rows = rows.filter(evaluation__period_end__lte=until + timedelta(days=1))
    return [_month(row) for row in rows[:HISTORY_SHOWN]]


def _month(row: VerdictRecord) -> MonthRow:
    return MonthRow(
        evaluation_id=row.evaluation_id,
        last_day=row.evaluation.period_end - timedelta(days=1),
        state=_state(row.kind, row.state),
        look=row.state,
        severity=SEVERITIES.get(row.severity or "", ""),
        thresholds_version=row.evaluation.thresholds_version,
    )


def _own_version(evaluation: Evaluation) -> ThresholdsVersion | None:
    """Who set the numbers, where they are the organisation's own."""
    base, own, number = evaluation.thresholds_version.partition("-own-")
    if not own or not number.isdigit():
        return None
    rows = ThresholdsVersion.objects.for_organization(evaluation.organization)
    row: ThresholdsVersion | None = (
        rows.filter(base=base, number=int(number)).select_related("user").first()
    )
    return row


def _titles(record: VerdictRecord) -> tuple[Text, Text]:
    if record.key in PITFALLS:
        return PITFALLS[record.key]
    if record.kind == "readiness" and record.state in READINESS:
        return _("Is product ops needed?"), READINESS[record.state][1]
    named = {**SIGNS, **BENEFITS}
    return named.get(record.key, record.key.replace("_", " ").capitalize()), ""


def _state(kind: str, state: str) -> Text:
    words: Mapping[str, Text] = {**PITFALL_STATES, **SIGN_STATES, **BENEFIT_STATES}
    if kind == "readiness" and state in READINESS:
        return READINESS[state][0]
    return words.get(state, state.replace("_", " ").capitalize())
