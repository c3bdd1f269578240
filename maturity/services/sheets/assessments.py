"""Rows of the format `assessments` become assessments on the record, or corrections of them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from maturity.errors import DomainError
from maturity.models import Assessment, Capability, RubricVersion, Score, Unit
from maturity.services.assessments import NewScore, Sheet, add_scores, record_sheet
from maturity.services.corrections import correct_score
from maturity.services.sheets.base import Row, Tally
from maturity.services.sheets.scopes import Scopes
from maturity.sources.assessments import round_day

# What a row says about a score; anything else on the record is not the spreadsheet's.
SAID = ("state", "level", "evidence_kind", "evidence_ref", "evidence_date", "note")
EVIDENCE = ("evidence_kind", "evidence_ref", "evidence_date")


@dataclass(frozen=True)
class _Round:
    """What makes rows one assessment."""

    rubric: RubricVersion
    unit: Unit | None
    key: str
    assessor: str


_Rows = list[tuple[Row, NewScore]]


def load(tally: Tally, rows: Sequence[Row]) -> None:
    """Record each round's rows as one assessment; what stands already is corrected or left."""
    groups: dict[_Round, _Rows] = defaultdict(list)
    scopes = Scopes(tally.organization)
    for row in rows:
        about = scopes.find(row, tally.refuse)
        if about is not None:
            name = _Round(about.rubric, about.unit, row["round_key"], row["assessor_key"] or "")
            groups[name].append((row, _judgement(about.capability, row)))
    standing = _standing(tally)
    for name, group in groups.items():
        existing = _find(standing, name, tally)
        if existing is None:
            _record(tally, name, group)
        else:
            _correct(tally, existing, group)


def _judgement(capability: Capability, row: Row) -> NewScore:
    state = row["state"] or Score.State.ASSESSED.value
    return NewScore(
        capability,
        state,
        row["level"],
        evidence_kind=row["evidence_kind"] or "",
        evidence_ref=row["evidence_ref"] or "",
        evidence_date=row["evidence_date"],
        note=row["note"] or "",
    )


def _standing(tally: Tally) -> Mapping[tuple[int, int | None], list[Assessment]]:
    """The judgements that stand, by rubric and scope."""
    found: dict[tuple[int, int | None], list[Assessment]] = defaultdict(list)
    rows = Assessment.objects.for_organization(tally.organization).filter(
        kind=Assessment.Kind.JUDGEMENT, superseded_at=None
    )
    for row in rows.select_related("created_by").order_by("-submitted_at", "-pk"):
        found[row.rubric_id, row.unit_id].append(row)
    return found


def _find(
    standing: Mapping[tuple[int, int | None], list[Assessment]], name: _Round, tally: Tally
) -> Assessment | None:
    """The assessment that a file's round is on the record already."""
    unit_id = None if name.unit is None else name.unit.pk
    rows = standing.get((name.rubric.pk, unit_id), [])
    of_round = [row for row in rows if name.key == (row.round_key or row.valid_from.isoformat())]
    if name.assessor:
        of_round = [row for row in of_round if assessor_of(row) == name.assessor]
    else:
        of_round = [row for row in of_round if not row.assessor]
        of_round.sort(key=lambda row: row.created_by_id != (tally.by and tally.by.pk))
    return of_round[0] if of_round else None


def assessor_of(assessment: Assessment) -> str:
    """Who judged, as the column `assessor_key` names it."""
    if assessment.assessor or assessment.created_by is None:
        return assessment.assessor
    return assessment.created_by.email


def _record(tally: Tally, name: _Round, group: _Rows) -> None:
    """One new assessment; capabilities without a good row keep what stood before."""

    def write(good: _Rows) -> None:
        sheet = Sheet(
            name.rubric,
            _day(good),
            [new for _row, new in good],
            unit=name.unit,
            note=f"Imported from {tally.file_name}.",
            round_key=name.key,
            assessor=name.assessor,
            partial=True,
        )
        record_sheet(tally.organization, sheet, by=tally.by)

    _write(tally, group, write)


def _write(tally: Tally, group: _Rows, write: Callable[[_Rows], object]) -> None:
    """Write what is good of the rows, all at once; set aside what the record refuses."""
    good = [(row, new) for row, new in group if not _lacks_evidence(tally, row, new)]
    while good:
        try:
            with transaction.atomic():
                write(good)
        except ValidationError as error:
            good = _without_refused(tally, good, error)
        except DomainError as error:
            for row, _new in good:
                tally.refuse(row, "", str(error))
            return
        else:
            for row, _new in good:
                tally.accept(row)
            return


def _day(group: _Rows) -> date:
    days = [row["valid_from"] or round_day(row["round_key"]) for row, _new in group]
    return min(day for day in days if day is not None)


def _without_refused(tally: Tally, group: _Rows, error: ValidationError) -> _Rows:
    """Set aside the rows whose capability a refusal names, or all where it names none."""
    told = error.message_dict if hasattr(error, "error_dict") else {}
    named = [row for row, new in group if new.capability.key in told]
    for row, new in group:
        if not named or row in named:
            texts = told.get(new.capability.key) or error.messages
            column = "round_key" if "valid_from" in told else ""
            tally.refuse(row, column, " ".join(texts))
    return [(row, new) for row, new in group if named and row not in named]


def _lacks_evidence(tally: Tally, row: Row, new: NewScore) -> bool:
    """Set a row aside whose evidence says too little to be evidence."""
    given = [name for name in EVIDENCE if getattr(new, name)]
    if len(given) in {0, len(EVIDENCE)}:
        return False
    missing = next(name for name in EVIDENCE if name not in given)
    tally.refuse(row, missing, _("is empty: evidence needs its kind, its link and its day"))
    return True


def _correct(tally: Tally, assessment: Assessment, group: _Rows) -> None:
    """Correct what differs, and add what the assessment said nothing about yet."""
    newest = Score.objects.filter(assessment=assessment, replaced_by=None)
    scores = {
        score.capability_id: score
        for score in newest.select_related("capability", "organization").prefetch_related(
            "evidence_links__evidence"
        )
    }
    reason = f"Imported from {tally.file_name}."
    known = [(row, new) for row, new in group if new.capability.pk in scores]
    for row, new in known:
        score = scores[new.capability.pk]
        if _said(new) == _said(score):
            tally.leave(row)
            continue
        if _same(new, score, EVIDENCE):
            links = [link.evidence for link in score.evidence_links.all()]
            new = replace(  # noqa: PLW2901
                new, evidence=links, evidence_kind="", evidence_ref="", evidence_date=None
            )
        elif _lacks_evidence(tally, row, new):
            continue
        with tally.refusals(row):
            correct_score(score, new, reason=reason, by=tally.by)
            tally.update(row)
    added = [(row, new) for row, new in group if new.capability.pk not in scores]
    _write(tally, added, lambda good: add_scores(assessment, [new for _, new in good], by=tally.by))


def _said(judged: NewScore | Score) -> tuple[object, ...]:
    return _values(judged, SAID)


def _same(new: NewScore, score: Score, names: Iterable[str]) -> bool:
    return _values(new, names) == _values(score, names)


def _values(judged: NewScore | Score, names: Iterable[str]) -> tuple[object, ...]:
    """The values as a spreadsheet would hold them: trimmed, with line ends of one kind."""
    values = (getattr(judged, name) for name in names)
    return tuple(
        value.replace("\r\n", "\n").replace("\r", "\n").strip() if isinstance(value, str) else value
        for value in values
    )
