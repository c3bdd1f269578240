"""Assessments: a level, or the reason for none, per capability, scope and round.

`round_key` names the day from which the round's judgements are true: a day as it is written
(2026-03-31), or the first day of a month (2026-03), quarter (2026-Q1) or half-year (2026-H1).
An empty `scope_key` is the whole organisation, an empty `rubric` the one in use.
"""

import re
from datetime import date

from maturity.sources.base import Column, RowRule, Source
from maturity.sources.cells import in_sheets
from maturity.sources.kinds import DAY, KEY, LINK, NOTE, SLUG, Kind, day_of, one_of

STATES = ("assessed", "not_assessed", "unknown", "not_applicable")
EVIDENCE_KINDS = (
    "link", "document", "dataset", "screenshot", "metric", "survey_item", "interview_note",
)  # fmt: skip
_PERIOD = re.compile(r"([0-9]{4})-(?:Q([1-4])|H([12])|(0[1-9]|1[0-2]))")


def _round(text: str) -> date:
    written = _PERIOD.fullmatch(text)
    if written is None:
        try:
            return day_of(text)
        except ValueError as error:
            raise ValueError(
                "names no round, write it like 2026-Q1, 2026-03 or 2026-03-31"
            ) from error
    year, quarter, half, month = written.groups()
    first = int(month or 1) if not (quarter or half) else int(quarter or 1) * 3 - 2
    if half:
        first = int(half) * 6 - 5
    return date(int(year), first, 1)


def _level(text: str) -> int:
    if text in {"1", "2", "3", "4", "5"}:
        return int(text)
    raise ValueError("is no level, write 1 to 5")


def _level_or_state(level: int | None, state: str | None) -> str | None:
    if level is None and state is None:
        return "is empty, and so is level"
    if level is None and state == "assessed":
        return "is assessed, but there is no level"
    if level is not None and state not in {None, "assessed"}:
        return "says that there is no level, but there is one"
    return None


def _says_why(state: str | None, note: str | None) -> str | None:
    if state == "not_applicable" and note is None:
        return "is empty: say why this does not apply"
    return None


SOURCE = Source(
    name="assessments",
    columns=in_sheets(
        Column("round_key", Kind(_round), key=True),
        Column("scope_key", SLUG, key=True, optional=True),
        Column("capability_key", KEY, key=True),
        Column("assessor_key", KEY, key=True, optional=True),
        Column("level", Kind(_level), optional=True),
        Column("state", one_of(*STATES, noun="state"), optional=True),
        Column("evidence_kind", one_of(*EVIDENCE_KINDS, noun="kind"), optional=True),
        Column("evidence_ref", LINK, optional=True),
        Column("evidence_date", DAY, optional=True),
        Column("note", NOTE, optional=True),
        Column("rubric", KEY, optional=True, may_be_absent=True),
    ),
    rules=(
        RowRule(("level", "state"), _level_or_state),
        RowRule(("state", "note"), _says_why),
    ),
)
