"""What waits for a lead in one organisation, on one page."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from maturity.admin.access import access_of, visible_organizations
from maturity.models import Organization
from maturity.selectors import unit_tree
from maturity.selectors.work import work_list


@require_safe
def work_page(request: HttpRequest, organization_id: int) -> HttpResponse:
    """Stale evidence, exemptions, disagreements, validations, drafts. 404 for outsiders."""
    organization = get_object_or_404(visible_organizations(request), pk=organization_id)
    today = timezone.localdate(timezone=organization.zone)
    access = access_of(request)
    context = {
        **admin.site.each_context(request),
        "opts": Organization._meta,
        "original": organization,
        "organization": organization,
        "title": _("Work list"),
        "work": work_list(organization, as_of=today),
        "names": {node.unit_id: node.name for node in unit_tree(organization, as_of=today)},
        "may_edit": access.may_edit(organization.pk),
    }
    return render(request, "admin/maturity/organization/work.html", context)
