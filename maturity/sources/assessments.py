"""Assessments: a level, or the reason for none, per capability, scope and round.

`round_key` names the round. Its judgements are true from `valid_from`; where that is empty or
absent the key itself says it: a day (2026-03-31), or the first day of a month (2026-03), of a
quarter (2026-Q1) or of a half-year (2026-H1). An empty `scope_key` is the whole organisation,
an empty `rubric` the one that the organisation uses, an empty `assessor_key` whoever imports.
"""

import re
from datetime import date

from maturity.sources.base import Column, RowRule, Source
from maturity.sources.cells import in_sheets
from maturity.sources.kinds import DAY, KEY, LEVEL, LINK, NOTE, SLUG, Kind, day_of, one_of

STATES = ("assessed", "not_assessed", "unknown", "not_applicable")
EVIDENCE_KINDS = (
    "link", "document", "dataset", "screenshot", "metric", "survey_item", "interview_note",
)  # fmt: skip
_PERIOD = re.compile(r"([0-9]{4})-(?:Q([1-4])|H([12])|(0[1-9]|1[0-2]))")
_MAX_ROUND = 60


def round_day(text: str) -> date | None:
    """The day from which a round of this name is true; None where the name does not say."""
    written = _PERIOD.fullmatch(text)
    if written is None:
        try:
            return day_of(text)
        except ValueError:
            return None
    year, quarter, half, month = (int(part or 0) for part in written.groups())
    first = month or (3 * quarter - 2 if quarter else 6 * half - 5)
    return date(year, first, 1) if date.min.year <= year else None


def _round(text: str) -> str:
    if len(text) > _MAX_ROUND:
        raise ValueError(f"is longer than {_MAX_ROUND} characters")
    return str(KEY.convert(text))


def _has_day(valid_from: date | None, round_key: str) -> str | None:
    if valid_from is None and round_day(round_key) is None:
        return (
            "names no day: write it like 2026-Q1, 2026-03 or 2026-03-31,"
            " or add the column valid_from"
        )
    return None


def _level_or_state(level: int | None, state: str | None) -> str | None:
    if level is None and state in {None, "assessed"}:
        return "needs a level, or says why there is none"
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
        Column("level", LEVEL, optional=True),
        Column("state", one_of(*STATES, noun="state"), optional=True),
        Column("evidence_kind", one_of(*EVIDENCE_KINDS, noun="kind"), optional=True),
        Column("evidence_ref", LINK, optional=True),
        Column("evidence_date", DAY, optional=True),
        Column("note", NOTE, optional=True),
        Column("valid_from", DAY, optional=True, may_be_absent=True),
        Column("rubric", KEY, key=True, optional=True, may_be_absent=True),
    ),
    rules=(
        RowRule(("valid_from", "round_key"), _has_day),
        RowRule(("level", "state"), _level_or_state),
        RowRule(("state", "note"), _says_why),
    ),
)
