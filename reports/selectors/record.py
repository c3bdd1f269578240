"""The assessments on the record with their scores: read once for profile and trend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Q

from maturity.models import Assessment, Organization, RubricVersion, Unit
from maturity.models.assessments import AssessmentQuerySet
from maturity.rubrics import DEFAULT_PACK, carried_on
from maturity.selectors import Standing, Timeline
from reports.selectors.rubrics import Rubric, rubric_of, rubrics_named

# Two years of monthly rounds; older ones stay on the record and leave the page.
ROUNDS_SHOWN = 24
# Of one day the one recorded last counts.
_NEWEST = ("-valid_from", "-submitted_at", "-pk")


class Judgement(NamedTuple):
    """What of an assessment the page tells."""

    valid_from: date
    rubric_id: int
    digest: str


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
    """Read the assessments up to the timeline's day; three queries at most.

    One more where the rubric changed in between. `published_by`: rubrics are published apart
    from the record, also after its last moment.
    """
    assessments = _assessments(organization, as_of=timeline.as_of, known_at=known_at, unit=unit)
    if not assessments:
        in_force = RubricVersion.objects.used_by(organization, at=published_by).first()
        rubrics = {in_force.pk: rubric_of(in_force)} if in_force else {}
        return Record((), rubrics, rubrics[in_force.pk] if in_force else None)
    rubrics = rubrics_named({each.rubric_id: each.digest for each in assessments})
    entries = tuple(
        Entry(assessment, timeline.on(assessment.valid_from)) for assessment in assessments
    )
    return Record(entries, rubrics, rubrics[assessments[-1].rubric_id], _rules(rubrics))


def rubrics_of_many(days: Mapping[Organization, date], *, known_at: datetime) -> dict[int, Rubric]:
    """Each organisation's `current` rubric, as record_of() finds it, by id; at most four queries.

    Organisations for which no rubric is published are left out.
    """
    used = _judged_against(days, known_at)
    if unjudged := [one for one in days if one.pk not in used]:
        in_force: dict[str, tuple[int, str]] = {}
        versions = RubricVersion.objects.in_force(at=known_at).values_list("key", "pk", "digest")
        for key, pk, digest in versions:
            in_force.setdefault(key, (pk, digest))
        for one in unjudged:
            if found := in_force.get(one.rubric_key or DEFAULT_PACK):
                used[one.pk] = found
    rubrics = rubrics_named(dict(used.values()))
    return {pk: rubrics[version] for pk, (version, _digest) in used.items()}


def _judged_against(
    days: Mapping[Organization, date], known_at: datetime
) -> dict[int, tuple[int, str]]:
    """The rubric, with its digest, of each organisation's newest round on its day."""
    by_day: dict[date, list[Organization]] = {}
    for organization, day in days.items():
        by_day.setdefault(day, []).append(organization)
    on_its_day = Q(pk__in=())
    for day, organizations in by_day.items():
        on_its_day |= Q(organization__in=organizations, valid_from__lte=day)
    rows = _rounds(Assessment.objects.filter(on_its_day), known_at)
    newest = rows.order_by("organization", *_NEWEST).distinct("organization")
    told = newest.values_list("organization", "rubric", "rubric__digest")
    return {organization: (rubric, digest) for organization, rubric, digest in told}


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
    told = rows.values_list("valid_from", "rubric_id", "rubric__digest")
    found = [Judgement(*row) for row in told[:ROUNDS_SHOWN]]
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
