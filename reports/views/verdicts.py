"""Why one verdict is what it is."""

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import APIException

from maturity.api import parameters
from maturity.api.auth import visible_organizations
from maturity.services.replays import replay_evaluation
from reports.selectors.explanation import evaluation_shown, explained


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
