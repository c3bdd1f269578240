"""Badges and charts on other sites. The address is the only credential; no cookie is looked at."""

import hashlib
from typing import Any

from csp.constants import NONE
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from maturity.api.limits import address_of, tell
from maturity.services.limits import policy_named, take
from reports.exporters.badge import badge_svg
from reports.models import Embed
from reports.selectors.embeds import Chart, badge_of, chart_of
from reports.services.embeds import find_embed, note_use
from reports.views.charts import line, radar

# So long a copy may be shown after the address was revoked.
MAX_AGE = 300
_SVG_POLICY = f"default-src {NONE}; base-uri {NONE}; form-action {NONE}; frame-ancestors {NONE}"


@require_safe
def badge(request: HttpRequest, token: str) -> HttpResponseBase:
    """A picture with one figure. Wrong, revoked and deleted are one and the same 404."""
    return _answer(request, token, is_badge=True)


@require_safe
def chart(request: HttpRequest, token: str) -> HttpResponseBase:
    """A page with one chart and its table, for the frames of the sites that the embed names."""
    return _answer(request, token, is_badge=False)


def _answer(request: HttpRequest, token: str, *, is_badge: bool) -> HttpResponseBase:
    standing = take(policy_named("embed"), address_of(request))
    if standing is not None and standing.wait is not None:
        response = _plain(_("Too many requests."), HttpResponse(status=429))
        response.headers["Retry-After"] = str(standing.wait)
        tell(response, standing)
        return response
    embed = find_embed(token)
    if embed is None or embed.is_badge is not is_badge:
        return _plain(_("There is nothing at this address."), HttpResponseNotFound())
    now = timezone.now()
    note_use(embed, on=now.date())
    with translation.override(embed.language), timezone.override(embed.organization.zone):
        shown = _badge_shown(embed) if is_badge else _chart_shown(embed)
    etag = f'"{hashlib.sha256(shown.content).hexdigest()[:32]}"'
    shown.headers["ETag"] = etag
    # What is not modified comes with the same policy: browsers take the newer headers.
    return _dressed(get_conditional_response(request, etag=etag, response=shown) or shown, embed)


def _dressed(response: HttpResponseBase, embed: Embed) -> HttpResponseBase:
    headers = {
        "Cache-Control": f"public, max-age={MAX_AGE}",
        "Content-Language": embed.language,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Robots-Tag": "noindex, nofollow",
    }
    if embed.is_badge:
        headers["Content-Security-Policy"] = _SVG_POLICY
    else:
        policy = build_policy(replace={"frame-ancestors": embed.origins})
        headers["Content-Security-Policy"] = policy
        # The policy says who may; X-Frame-Options knows no list.
        response.xframe_options_exempt = True  # type: ignore[attr-defined]
    for name, value in headers.items():
        response.headers[name] = value
    return response


def _badge_shown(embed: Embed) -> HttpResponse:
    told = badge_of(embed, at=timezone.now())
    name = f"{told.name} · {embed.unit}" if embed.unit else str(told.name)
    svg = badge_svg(
        name,
        str(told.value),
        look=told.look,
        language=embed.language,
        title=f"{embed.organization.name}: {name}: {told.value}",
        note=str(told.note),
    )
    return HttpResponse(svg, content_type="image/svg+xml")


def _chart_shown(embed: Embed) -> HttpResponse:
    shown = chart_of(embed, at=timezone.now())
    context = {"embed": embed, "shown": shown, "charts": _charts(shown)}
    # Without the request: no context processor looks for a log-in.
    return HttpResponse(render_to_string("reports/embeds/chart.html", context))


def _charts(shown: Chart) -> dict[str, Any]:
    if shown.profile is not None and shown.profile.assessed:
        return {"radar": radar(shown.profile_rows)}
    if shown.trend is not None and shown.trend.steps:
        return {"trend": line(shown.trend, shown.markers)}
    return {}


def _plain(text: str, response: HttpResponse) -> HttpResponse:
    response.content = f"{text}\n"
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Cache-Control"] = "no-store"
    return response
