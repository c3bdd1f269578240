"""A wave's results for those who were asked: one link for all, released figures alone."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from surveys.models import ResultsLink
from surveys.selectors import released_wave
from surveys.views.private import leaves_no_trace, page, preferred_language


@require_safe
@leaves_no_trace
def results(request: HttpRequest, token: str) -> HttpResponse:
    """What a wave released, in plain words; before closing, when that will be."""
    link = (
        ResultsLink.objects.select_related("wave__organization", "wave__bank")
        .filter(token=token)
        .first()
    )
    wave = None if link is None else link.wave
    released = None if wave is None else released_wave(wave)
    status = 404 if wave is None else 200
    return page(
        request,
        "surveys/results.html",
        {"wave": wave, "released": released},
        status=status,
        language=preferred_language(request),
        organization=None if wave is None else wave.organization,
    )
