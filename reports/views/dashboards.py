"""The pages of people who log in: the portfolio and an organisation's dashboard."""

from datetime import UTC, date, datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.exceptions import APIException

from maturity.api import parameters
from maturity.api.auth import visible_organizations
from maturity.models import Organization
from maturity.services.replays import replay_evaluation
from reports.parameters import EVERYWHERE, read_day, read_known_at, read_wanted, read_when
from reports.selectors import (
    Dashboard,
    Profile,
    Round,
    Step,
    Trend,
    dashboard_of,
    heat_map_of,
    portfolio_of,
)
from reports.selectors.explanation import evaluation_shown, explained
from reports.selectors.verdicts import READINESS

ORGANIZATIONS_PER_PAGE = 50


@require_safe
@login_required
def portfolio(request: HttpRequest) -> HttpResponse:
    """The organisations one may see; with only one there is nothing to choose."""
    wanted, known_at = read_wanted(request.GET), read_known_at(request.GET)
    as_of = read_day(request.GET, "as_of")
    rows = portfolio_of(
        visible_organizations(request), known_at=known_at, as_of=as_of, wanted=wanted
    )
    page = Paginator(rows, ORGANIZATIONS_PER_PAGE).get_page(request.GET.get("page"))
    if page.paginator.count == 1 and not wanted.narrows:
        address = reverse("reports:organization", args=[page.object_list[0].slug])
        return redirect(_with(address, _kept(request)))
    context = {
        "page": page,
        "map": heat_map_of(page.object_list, known_at=known_at),
        "wanted": wanted,
        "readiness": [(state, title) for state, (title, _meaning) in READINESS.items()],
        "as_of": as_of,
        "keep": _kept(request),
        **_known(request, known_at),
    }
    return render(request, "reports/portfolio.html", context)


@require_safe
@login_required
def organization(request: HttpRequest, slug: str) -> HttpResponse:
    """One organisation's dashboard; 404 for outsiders."""
    tenant = get_object_or_404(visible_organizations(request), slug=slug)
    when = read_when(request.GET, tenant.zone)
    dashboard = dashboard_of(tenant, as_of=when.as_of, known_at=when.known_at, tree=when.tree)
    can_edit = Organization.objects.editable_by(request.user).filter(pk=tenant.pk).exists()
    context = {
        "organization": tenant,
        "dashboard": dashboard,
        "can_edit": can_edit,
        "links": _links(tenant),
        "charts": _charts(dashboard),
        **_known(request, when.known_at),
    }
    with timezone.override(tenant.zone):
        return render(request, "reports/organization.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def verdict(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Why one verdict is what it is. The address names the evaluation, so a link stays true.

    POST judges it again from its input snapshot; nothing is stored. 404 for outsiders.
    """
    tenant = get_object_or_404(visible_organizations(request), slug=slug)
    evaluation = evaluation_shown(tenant, **_asked_for(request))
    answer = None if evaluation is None else explained(evaluation, key)
    if evaluation is None or answer is None:
        raise Http404
    if "evaluation" not in request.GET:
        return redirect(f"{request.path}?evaluation={evaluation.pk}")
    replayed = request.method == "POST"
    context = {
        "organization": tenant,
        "verdict": answer,
        "replayed": replayed,
        "replay": replay_evaluation(evaluation) if replayed else None,
    }
    with timezone.override(tenant.zone):
        return render(request, "reports/verdict.html", context)


def _known(request: HttpRequest, known_at: datetime) -> dict[str, Any]:
    """What every page says of the moment it is known at, with the addresses of then and now."""
    then, now = request.GET.copy(), request.GET.copy()
    then["known_at"] = known_at.astimezone(UTC).isoformat()
    now.pop("known_at", None)
    return {
        "known_at": known_at,
        "known_at_text": then["known_at"],
        "is_past": bool(request.GET.get("known_at")),
        "this_view": _with(request.path, then.urlencode()),
        "now_view": _with(request.path, now.urlencode()),
    }


def _kept(request: HttpRequest) -> str:
    """What goes along from one page to the next: both time axes and the period."""
    query = request.GET.copy()
    for name in set(query) - set(EVERYWHERE):
        del query[name]
    return query.urlencode()


def _with(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address


def _asked_for(request: HttpRequest) -> dict[str, Any]:
    """Which evaluation the address names. What cannot be read is a bad request."""
    asked: dict[str, Any] = {}
    try:
        if request.GET.get("evaluation"):
            asked["evaluation_id"] = parameters.integer(request.GET, "evaluation", least=1)
        if text := request.GET.get("as_of"):
            asked["as_of"] = date.fromisoformat(text)
        if request.GET.get("known_at"):
            asked["known_at"] = parameters.moment(request.GET, "known_at")
    except (ValueError, APIException) as error:
        raise BadRequest("as_of is a day, known_at a moment with its offset") from error
    return asked


def _links(tenant: Organization) -> dict[str, str]:
    """Where an ops lead does the next thing."""
    return {
        "score_sheet": reverse("admin:maturity_organization_score_sheet", args=[tenant.pk]),
        "waves": reverse("admin:surveys_wave_changelist"),
        "new_wave": reverse("admin:surveys_wave_add"),
    }


def _charts(dashboard: Dashboard) -> dict[str, Any]:
    """What charts.js draws; the figures are those of the tables on the page."""
    charts: dict[str, Any] = {}
    if dashboard.profile is not None and dashboard.profile.assessed:
        charts["radar"] = _radar(dashboard.profile)
    if dashboard.trend.steps:
        charts["trend"] = _trend(dashboard.trend)
    return charts


def _radar(profile: Profile) -> dict[str, Any]:
    words = {"incomplete": _("incomplete"), "not_applicable": _("not applicable"), "level": ""}
    return {
        "labels": {"level": _("Level")},
        "areas": [
            {
                "name": area.name,
                "level": area.level,
                "target": area.target,
                "word": words[area.state],
            }
            for area in profile.areas
        ],
    }


def _trend(trend: Trend) -> dict[str, Any]:
    """Line segments; two of them join where both compare the same capabilities."""
    segments = [
        [
            _point(before, step.before, step),
            _point(after, step.after, step),
        ]
        for before, after in zip(trend.rounds, trend.rounds[1:], strict=False)
        if (step := after.step) is not None
    ]
    return {"labels": {"index": _("Index")}, "segments": segments}


def _point(item: Round, index: float, step: Step) -> dict[str, Any]:
    return {
        "date": item.valid_from,
        "index": round(index, 1),
        "matched": step.matched,
        "total": step.total,
    }
