"""The assessments on the record with their scores: read once for profile and trend."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Q

from maturity.models import Assessment, Capability, Organization, RubricVersion, Unit
from maturity.models.assessments import AssessmentQuerySet
from maturity.rubrics import DEFAULT_PACK, carried_on
from maturity.rubrics.aggregation import AreaLevel, area_level, area_target
from maturity.rubrics.conventions import conventions
from maturity.selectors import Standing, Timeline

# Two years of monthly rounds; older ones stay on the record and leave the page.
ROUNDS_SHOWN = 24
# Of one day the one recorded last counts.
_NEWEST = ("-valid_from", "-submitted_at", "-pk")

# (state, effective level) of a capability by its id
Judged = Callable[[int], tuple[str, int | None]]


@dataclass(frozen=True)
class Rubric:
    """One rubric version with its capabilities by area, both in the rubric's order."""

    version: RubricVersion
    areas: Mapping[str, tuple[Capability, ...]]

    @property
    def capabilities(self) -> dict[int, str]:
        """The key of each capability by its id."""
        return {part.pk: part.key for rows in self.areas.values() for part in rows}

    def area_level(self, key: str, judged: Judged) -> AreaLevel:
        """An area's level; an area this version does not have is not applicable."""
        return area_level(judged(capability.pk) for capability in self.areas.get(key, ()))

    def target(self, key: str, standing: Standing) -> int:
        """The level an area has when all that applies of it is at its target."""
        applicable = [
            capability.pk
            for capability in self.areas.get(key, ())
            if capability.pk not in standing.exemptions
        ]
        return area_target(map(standing.target_level, applicable)) or conventions().default_target


class Judgement(NamedTuple):
    """What of an assessment the page tells."""

    valid_from: date
    rubric_id: int


@dataclass(frozen=True)
class Entry:
    """One assessment of a scope, and where that stood on its day.

    Read by the one rule for scores in force, so that later corrections are in it.
    """

    assessment: Judgement
    standing: Standing


@dataclass(frozen=True)
class Record:
    """Assessments, the oldest first, and the rubric versions they were judged against.

    `current` is the newest assessment's rubric; before the first one, the rubric in force, or
    None where no rubric is published.
    """

    entries: tuple[Entry, ...]
    rubrics: Mapping[int, Rubric]
    current: Rubric | None
    # The rules of every version between these, by pack and version: they hold the crosswalks.
    rules: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def carried_on(self, old: Rubric, new: Rubric) -> dict[int, int] | None:
        """Which capability of one version lives on as which of another one, by their ids.

        None where no crosswalk leads from one to the other.
        """
        if old.version == new.version:
            return {pk: pk for pk in old.capabilities}
        if old.version.key != new.version.key:
            return None
        keys = carried_on(
            self.rules.get(old.version.key, {}), old=old.version.version, new=new.version.version
        )
        if keys is None:
            return None
        later = {key: pk for pk, key in new.capabilities.items()}
        mapped = ((pk, later.get(keys.get(key, ""))) for pk, key in old.capabilities.items())
        return {pk: to for pk, to in mapped if to is not None}


def record_of(
    organization: Organization,
    timeline: Timeline,
    *,
    known_at: datetime,
    published_by: datetime,
    unit: Unit | None = None,
) -> Record:
    """Read the assessments up to the timeline's day; three queries.

    One more where the rubric changed in between. `published_by`: rubrics are published apart
    from the record, also after its last moment.
    """
    assessments = _assessments(organization, as_of=timeline.as_of, known_at=known_at, unit=unit)
    if not assessments:
        in_force = RubricVersion.objects.used_by(organization, at=published_by).first()
        rubrics = _rubrics([in_force]) if in_force else {}
        return Record((), rubrics, rubrics[in_force.pk] if in_force else None)
    rubrics = _rubrics_named({assessment.rubric_id for assessment in assessments})
    entries = tuple(
        Entry(assessment, timeline.on(assessment.valid_from)) for assessment in assessments
    )
    return Record(entries, rubrics, rubrics[assessments[-1].rubric_id], _rules(rubrics))


def rubrics_of_many(days: Mapping[Organization, date], *, known_at: datetime) -> dict[int, Rubric]:
    """Each organisation's `current` rubric, as record_of() finds it, by its id; four queries.

    Organisations for which no rubric is published are left out.
    """
    judged = _judged_against(days, known_at)
    in_force: dict[str, int] = {}
    for version in RubricVersion.objects.in_force(at=known_at):
        in_force.setdefault(version.key, version.pk)
    used = {
        organization.pk: judged.get(
            organization.pk, in_force.get(organization.rubric_key or DEFAULT_PACK)
        )
        for organization in days
    }
    versions = {pk for pk in used.values() if pk is not None}
    rubrics = _rubrics_named(versions)
    return {pk: rubrics[version] for pk, version in used.items() if version is not None}


def _judged_against(days: Mapping[Organization, date], known_at: datetime) -> dict[int, int]:
    """The rubric of each organisation's newest round on its day."""
    on_its_day = Q(pk__in=())
    for organization, day in days.items():
        on_its_day |= Q(organization=organization, valid_from__lte=day)
    rows = _rounds(Assessment.objects.filter(on_its_day), known_at)
    newest = rows.order_by("organization", *_NEWEST).distinct("organization")
    return dict(newest.values_list("organization", "rubric"))


def _rounds(
    rows: AssessmentQuerySet, known_at: datetime, unit: Unit | None = None
) -> AssessmentQuerySet:
    """Of these assessments, those of one scope (None: of organisations as wholes) that stood."""
    return rows.standing(known_at=known_at).filter(unit=unit)


def _assessments(
    organization: Organization, *, as_of: date, known_at: datetime, unit: Unit | None
) -> list[Judgement]:
    """The newest rounds, the oldest first. Of one day the one recorded last counts."""
    own = Assessment.objects.for_organization(organization).filter(valid_from__lte=as_of)
    rows = _rounds(own, known_at, unit).order_by(*_NEWEST).distinct("valid_from")
    found = [Judgement(*row) for row in rows.values_list(*Judgement._fields)[:ROUNDS_SHOWN]]
    return found[::-1]


def _rules(rubrics: Mapping[int, Rubric]) -> dict[str, dict[str, Any]]:
    """The rules of all versions of the packs that changed; no query where none did."""
    if len(rubrics) < 2:
        return {}
    rules: dict[str, dict[str, Any]] = {}
    keys = {rubric.version.key for rubric in rubrics.values()}
    for version in RubricVersion.objects.filter(key__in=keys, published_at__isnull=False):
        rules.setdefault(version.key, {})[version.version] = version.rules
    return rules


def _rubrics_named(ids: Collection[int]) -> dict[int, Rubric]:
    """By id; two queries."""
    return _rubrics(list(RubricVersion.objects.filter(pk__in=ids)))


def _rubrics(versions: list[RubricVersion]) -> dict[int, Rubric]:
    by_version: dict[int, dict[str, list[Capability]]] = {version.pk: {} for version in versions}
    rows = Capability.objects.filter(rubric__in=by_version).select_related("area")
    for capability in rows.order_by("area__position", "position"):
        areas = by_version[capability.rubric_id]
        areas.setdefault(capability.area.key, []).append(capability)
    return {
        version.pk: Rubric(
            version, {key: tuple(rows) for key, rows in by_version[version.pk].items()}
        )
        for version in versions
    }
