"""The organisations one may see, beside each other."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from maturity.api.auth import visible_organizations
from maturity.selectors import revised
from maturity.views.kept import Kept
from reports.parameters import read_day, read_known_at, read_period, read_wanted
from reports.selectors import days_of, heat_map_of, portfolio_of
from reports.selectors.verdicts import READINESS
from reports.views.address import kept, known, with_query
from reports.views.first_steps import start_context

ORGANIZATIONS_PER_PAGE = 50


@require_safe
@login_required
def portfolio(request: HttpRequest) -> HttpResponse:
    """The organisations one may see; with only one there is nothing to choose."""
    wanted, known_at = read_wanted(request.GET), read_known_at(request.GET)
    as_of, _period = read_day(request.GET, "as_of"), read_period(request.GET)
    rows = portfolio_of(
        revised(visible_organizations(request)), known_at=known_at, as_of=as_of, wanted=wanted
    )
    page: Page[Any] = Paginator(rows, ORGANIZATIONS_PER_PAGE).get_page(request.GET.get("page"))
    if page.paginator.count == 1 and not wanted.narrows:
        address = reverse("reports:organization", args=[page.object_list[0].slug])
        return redirect(with_query(address, kept(request)))
    days = days_of(page.object_list, known_at=known_at, as_of=as_of)
    context = {
        "page": page,
        "kept": Kept(
            request,
            lambda: {"map": heat_map_of(days, known_at=known_at)},
            revision=[row.revision for row in page.object_list],
            by=[(one.pk, day) for one, day in days.items()],
        ),
        "wanted": wanted,
        "readiness": [(state, title) for state, (title, _meaning) in READINESS.items()],
        "as_of": as_of,
        **known(request, known_at),
    }
    if not page.object_list and not wanted.narrows:
        # To operators, who see all there are: the first one is theirs to create.
        context |= start_context()
    return render(request, "reports/portfolio.html", context)
