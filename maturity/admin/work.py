"""What waits for a lead in one organisation, on one page."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from maturity.admin.access import access_of, visible_organizations
from maturity.admin.evaluations import readable
from maturity.models import (
    Assessment,
    AssessmentDraft,
    Disagreement,
    Exemption,
    Finding,
    Initiative,
    Organization,
    Score,
)
from maturity.selectors import unit_tree
from maturity.selectors.work import work_list

Task = Score | Exemption | Disagreement | Assessment | AssessmentDraft | Initiative | Finding


@require_safe
def work_page(request: HttpRequest, organization_id: int) -> HttpResponse:
    """Whatever waits: see selectors.work. 404 for outsiders."""
    organization = get_object_or_404(visible_organizations(request), pk=organization_id)
    today = timezone.localdate(timezone=organization.zone)
    work = work_list(organization, as_of=today)
    names = _unit_names(organization, today)
    waiting = {field.name: _placed(getattr(work, field.name), names) for field in fields(work)}
    context = {
        **admin.site.each_context(request),
        "opts": Organization._meta,
        "original": organization,
        "organization": organization,
        "title": _("Work list"),
        "work": work,
        "waiting": waiting,
        "findings": [
            ("returned", _("Snoozed findings that came back"), _named(work.returned_findings)),
            ("unowned", _("Findings that nobody owns"), _named(work.unowned_findings)),
        ],
        "may_edit": access_of(request).may_edit(organization.pk),
    }
    return render(request, "admin/maturity/organization/work.html", context)


def _unit_names(organization: Organization, today: date) -> dict[int | None, str]:
    """What each unit is called today; its key where it is closed by now."""
    keys: dict[int | None, str] = dict(organization.units.values_list("pk", "key"))
    named = {node.unit_id: node.name for node in unit_tree(organization, as_of=today)}
    return {None: _("The whole organisation")} | keys | named


def _placed(rows: Iterable[Task], names: Mapping[int | None, str]) -> list[tuple[str, Task]]:
    """Each row after the name of its scope."""
    return [
        (names[(row.assessment if isinstance(row, Disagreement) else row).unit_id], row)
        for row in rows
    ]


def _named(findings: Iterable[Finding]) -> list[tuple[str, Finding]]:
    return [(readable(finding.key), finding) for finding in findings]
