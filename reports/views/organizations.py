"""One organisation's dashboard, and one of its capabilities."""

from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from maturity.api.auth import visible_organizations
from maturity.models import Organization
from maturity.selectors import revised
from maturity.views.kept import Kept
from reports.parameters import When, read_when
from reports.selectors import dashboard_of
from reports.selectors.capability import capability_of
from reports.selectors.first_steps import first_steps_of
from reports.views.address import known
from reports.views.charts import charts_of
from reports.views.first_steps import step_rows
from reports.views.units import unit_named
from surveys.selectors import wave_in_field


@require_safe
@login_required
def organization(request: HttpRequest, slug: str) -> HttpResponse:
    """One organisation's dashboard; 404 for outsiders."""
    tenant = _tenant(request, slug)
    when = read_when(request.GET, tenant.zone)
    unit = unit_named(tenant, when.unit)
    # How an open wave gets on is known of now alone: a page of another day does not say.
    in_field = wave_in_field(tenant) if when.is_now else None

    def read() -> dict[str, Any]:
        dashboard = dashboard_of(
            tenant,
            as_of=when.as_of,
            known_at=when.known_at,
            tree=when.tree,
            unit=unit,
            since=when.since,
            until=when.until,
            in_field=in_field,
        )
        steps = _first_steps(tenant) if when.is_now else {}
        return {
            "dashboard": dashboard,
            "said_known_at": when.said_known_at(dashboard.known_at),
            "charts": charts_of(dashboard),
            **steps,
        }

    with timezone.override(tenant.zone):
        kept = Kept(request, read, revision=tenant.revision, by=[*_seen(tenant, when), in_field])
        context = {"kept": kept, **_shared(request, tenant, when)}
        return render(request, "reports/organization.html", context)


def _seen(tenant: Any, when: When) -> tuple[object, ...]:
    """What else a page depends on than its address: who may do more, and which day it is."""
    return tenant.can_edit, when.as_of, when.until, when.is_now


def _first_steps(tenant: Organization) -> dict[str, Any]:
    """How far a beginner is, which is known of now alone."""
    steps = first_steps_of(tenant)
    shown = not (steps.hidden or steps.is_over)
    return {"steps": steps, "step_rows": step_rows(tenant, steps) if shown else ()}


@require_safe
@login_required
def capability(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One capability down to its evidence; 404 for outsiders and where the rubric has none."""
    tenant = _tenant(request, slug)
    when = read_when(request.GET, tenant.zone)
    unit = unit_named(tenant, when.unit)

    def read() -> dict[str, Any]:
        stood = capability_of(tenant, key, as_of=when.as_of, known_at=when.known_at, unit=unit)
        if stood is None:
            raise Http404
        return {"stood": stood, "said_known_at": when.said_known_at(stood.known_at)}

    with timezone.override(tenant.zone):
        kept = Kept(request, read, revision=tenant.revision, by=_seen(tenant, when))
        context = {"kept": kept, "unit": unit, **_shared(request, tenant, when)}
        return render(request, "reports/capability.html", context)


def _tenant(request: HttpRequest, slug: str) -> Any:
    """The organisation with its `revision` and `can_edit`, whether this account may write to it.

    404 for outsiders.
    """
    editable = Organization.objects.editable_by(request.user).filter(pk=OuterRef("pk"))
    visible = visible_organizations(request).annotate(can_edit=Exists(editable))
    return get_object_or_404(revised(visible), slug=slug)


def _shared(request: HttpRequest, tenant: Any, when: When) -> dict[str, Any]:
    return {
        "organization": tenant,
        "can_edit": tenant.can_edit,
        "links": _links(tenant, when),
        "stands_on": when.stands_on,
        **known(request, when.known_at),
    }


def _links(tenant: Organization, when: When) -> dict[str, str]:
    """Where an ops lead does the next thing; the report is of the page that one looks at."""
    asked = {"organization": str(tenant.pk), "as_of": when.as_of.isoformat()}
    if when.is_past:
        asked["known_at"] = when.known_at.astimezone(UTC).isoformat()
    return {
        "score_sheet": reverse("admin:maturity_organization_score_sheet", args=[tenant.pk]),
        "waves": reverse("admin:surveys_wave_changelist"),
        "new_wave": reverse("admin:surveys_wave_add"),
        "headcount": f"{reverse('admin:maturity_importjob_add')}"
        f"?organization={tenant.pk}&format=headcount",
        "report": f"{reverse('admin:reports_boardreport_add')}?{urlencode(asked)}",
        "embeds": reverse("admin:reports_embed_changelist"),
    }
