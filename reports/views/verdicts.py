"""Why one verdict is what it is."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import APIException

from maturity.api import parameters
from maturity.api.auth import visible_organizations
from maturity.selectors import revised
from maturity.services.replays import replay_evaluation
from maturity.views.kept import Kept
from reports.parameters import When, read_period, read_when
from reports.selectors.explanation import evaluation_shown, explained
from reports.views.address import kept, known, with_query
from reports.views.units import unit_named


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def verdict(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Why one verdict is what it is. The address names the evaluation, so a link stays true.

    POST judges it again from its input snapshot; nothing is stored. 404 for outsiders.
    """
    tenant: Any = get_object_or_404(revised(visible_organizations(request)), slug=slug)
    when, period = read_when(request.GET, tenant.zone), read_period(request.GET)
    unit = unit_named(tenant, when.unit)
    evaluation = evaluation_shown(tenant, **_asked_for(request, when))
    if evaluation is None:
        raise Http404

    def read() -> dict[str, Any]:
        answer = explained(evaluation, key, *period)
        if answer is None:
            raise Http404
        return {"verdict": answer}

    if "evaluation" not in request.GET:
        read()
        named = urlencode({"evaluation": evaluation.pk})
        return redirect(with_query(request.path, "&".join(filter(None, [named, kept(request)]))))
    replayed = request.method == "POST"
    context = {
        "organization": tenant,
        "kept": Kept(request, read, revision=tenant.revision, by=[evaluation.pk]),
        "key": key,
        "evaluation": evaluation,
        "unit": unit,
        "period": period,
        "replayed": replayed,
        "replay": replay_evaluation(evaluation) if replayed else None,
        **known(request, when.known_at),
    }
    with timezone.override(tenant.zone):
        return render(request, "reports/verdict.html", context)


def _asked_for(request: HttpRequest, when: When) -> dict[str, Any]:
    """Which evaluation the address names; what cannot be read is a bad request."""
    asked: dict[str, Any] = {}
    if request.GET.get("evaluation"):
        try:
            asked["evaluation_id"] = parameters.integer(request.GET, "evaluation", least=1)
        except APIException as error:
            raise BadRequest("evaluation: is the number of an evaluation") from error
    if request.GET.get("as_of"):
        asked["as_of"] = when.as_of
    if when.is_past:
        asked["known_at"] = when.known_at
    return asked
