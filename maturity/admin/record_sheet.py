"""The record of one scope as it stood on a day and as it was known at a moment, to be read.

The address holds both, so that it shows the same again whenever it is opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from maturity.admin.access import access_of, visible_organizations
from maturity.models import (
    Area,
    Capability,
    Evidence,
    Exemption,
    Organization,
    RubricVersion,
    Score,
    ScoreConfidence,
    ScoreEvidence,
    Target,
    Unit,
)
from maturity.rubrics import AreaLevel, area_level
from maturity.rubrics.perception import Perception, perception
from maturity.rubrics.targets import Gap
from maturity.selectors import UnitNode, known_now, unit_tree
from maturity.selectors.perception import AreaAnswers, area_answers
from maturity.selectors.standing import FullStanding, standing_of

TEMPLATE = "admin/maturity/organization/record.html"


@dataclass(frozen=True)
class Moment:
    """What a page is about: one scope on both time axes."""

    organization: Organization
    as_of: date
    known_at: datetime
    unit: Unit | None

    @property
    def address(self) -> str:
        return record_address(self.organization, self.unit, self.as_of, self.known_at)


@dataclass(frozen=True)
class Line:
    """One capability as it stood."""

    capability: Capability
    score: Score | None
    exemption: Exemption | None
    target: Target | None
    target_level: int
    gap: Gap | None
    confidence: ScoreConfidence | None
    evidence: Sequence[Evidence]


@dataclass(frozen=True)
class AreaLines:
    area: Area
    level: AreaLevel
    lines: Sequence[Line]
    answers: AreaAnswers | None
    perception: Perception


@require_safe
def record_sheet(request: HttpRequest, organization_id: int) -> HttpResponse:
    """Show a scope as it was; without both dates in the address, go to the one of now."""
    organization = get_object_or_404(visible_organizations(request), pk=organization_id)
    asked = _moment(request, organization)
    if request.GET.get("known_at") != asked.known_at.isoformat() or "as_of" not in request.GET:
        return redirect(asked.address)
    units = unit_tree(organization, as_of=asked.as_of, known_at=asked.known_at)
    standing = standing_of(
        organization, as_of=asked.as_of, known_at=asked.known_at, unit=asked.unit
    )
    rubric = _rubric(organization, standing)
    now = known_now(organization)
    context = {
        **admin.site.each_context(request),
        "opts": Organization._meta,
        "original": organization,
        "organization": organization,
        "title": _("The record"),
        "moment": asked,
        "scope": _name_of(asked.unit, units),
        "units": units,
        "rubric": rubric,
        "areas": _areas(rubric, standing, asked) if rubric else [],
        "is_now": asked.known_at == now,
        "now": record_address(organization, asked.unit, asked.as_of, now),
        "may_edit": access_of(request).may_edit(organization.pk),
    }
    return render(request, TEMPLATE, context)


def record_address(
    organization: Organization, unit: Unit | None, as_of: date, known_at: datetime
) -> str:
    query = {"as_of": as_of.isoformat(), "known_at": known_at.isoformat()}
    if unit is not None:
        query["unit"] = str(unit.pk)
    url = reverse("admin:maturity_organization_record", args=[organization.pk])
    return f"{url}?{urlencode(query)}"


def _moment(request: HttpRequest, organization: Organization) -> Moment:
    """What the address asks for; whatever cannot be read is now."""
    today = timezone.localdate(timezone=organization.zone)
    try:
        as_of = parse_date(request.GET.get("as_of", "")) or today
        known_at = parse_datetime(request.GET.get("known_at", "").replace(" ", "+"))
    except ValueError:
        as_of, known_at = today, None
    if known_at is None or known_at.tzinfo is None:
        known_at = known_now(organization)
    return Moment(organization, as_of, known_at, _unit(request, organization))


def _unit(request: HttpRequest, organization: Organization) -> Unit | None:
    asked = request.GET.get("unit", "")
    if not asked:
        return None
    units = Unit.objects.for_organization(organization)
    found = units.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 19 else None
    if not isinstance(found, Unit):
        raise Http404
    return found


def _name_of(unit: Unit | None, units: Sequence[UnitNode]) -> str:
    if unit is None:
        return _("The whole organisation")
    return next((node.name for node in units if node.unit_id == unit.pk), unit.key)


def _rubric(organization: Organization, standing: FullStanding) -> RubricVersion | None:
    """The rubric of what was said last, so that a newer one does not change an older page."""
    newest = max(
        standing.scores.values(), key=lambda row: (row.valid_from, row.recorded_at), default=None
    )
    if newest is None:
        return RubricVersion.objects.used_by(organization).first()
    return newest.capability.rubric


def _areas(rubric: RubricVersion, standing: FullStanding, asked: Moment) -> list[AreaLines]:
    areas = list(rubric.areas.prefetch_related("capabilities"))
    evidence = _evidence(standing)
    answers = area_answers(asked.organization, areas, as_of=asked.as_of, known_at=asked.known_at)
    result = []
    for area in areas:
        own = list(area.capabilities.all())
        level = area_level(standing.judged(capability.pk) for capability in own)
        said = answers.get(area.pk)
        felt = perception(level.level, said.items if said else ())
        lines = [_line(capability, standing, evidence) for capability in own]
        result.append(AreaLines(area, level, lines, said, felt))
    return result


def _line(
    capability: Capability, standing: FullStanding, evidence: Mapping[int, Sequence[Evidence]]
) -> Line:
    score = standing.scores.get(capability.pk)
    return Line(
        capability=capability,
        score=score,
        exemption=standing.exemptions.get(capability.pk),
        target=standing.targets.get(capability.pk),
        target_level=standing.target_level(capability.pk),
        gap=standing.gap(capability.pk),
        confidence=None if score is None else standing.confidence.get(score.pk),
        evidence=() if score is None else evidence.get(score.pk, ()),
    )


def _evidence(standing: FullStanding) -> dict[int, list[Evidence]]:
    """The evidence that each score was recorded with; one query."""
    links = ScoreEvidence.objects.filter(score__in=standing.scores.values())
    found: dict[int, list[Evidence]] = {}
    for link in links.select_related("evidence", "evidence__file").defer("evidence__file__content"):
        found.setdefault(link.score_id, []).append(link.evidence)
    return found
