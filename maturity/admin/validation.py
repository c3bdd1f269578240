"""A second pair of eyes: what the rules ask of who validates, and the two answers."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from unfold import widgets

from maturity.admin.access import access_of, visible_organizations
from maturity.admin.draft_sheet import address_of
from maturity.admin.service_form import service_form_page
from maturity.errors import DomainError
from maturity.models import Assessment, User
from maturity.rubrics.conventions import conventions
from maturity.services.scores import LONGEST
from maturity.services.validation import (
    refuse_assessment,
    validate_assessment,
    why_not_independent,
)


class RefusalForm(forms.Form):
    reason = forms.CharField(
        label=_("What is to be put right"),
        max_length=LONGEST,
        widget=widgets.UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def validation_page(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Show what is to be confirmed and by whom; confirm it on POST."""
    assessment, user = _asked(request, assessment_id)
    refusal = ""
    if request.method == "POST":
        try:
            validate_assessment(assessment, by=user)
        except DomainError as error:
            refusal = str(error)
        else:
            messages.success(request, gettext("Validated."))
            return redirect("admin:maturity_assessment_change", assessment.pk)
    floor = conventions().validated_from_level
    scores = assessment.scores.filter(replaced_by=None, level__gte=floor)
    scores = scores.select_related("capability", "recorded_by")
    obstacle = why_not_independent(assessment, user, at=timezone.now()) if scores else ""
    context = {
        **admin.site.each_context(request),
        "opts": Assessment._meta,
        "original": assessment,
        "assessment": assessment,
        "title": gettext("Validate the assessment"),
        "floor": floor,
        "scores": scores,
        "obstacle": obstacle,
        "refusal": refusal,
    }
    template = "admin/maturity/assessment/validate.html"
    return render(request, template, context, status=409 if refusal else 200)


def refusal_page(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Send an assessment back to its author as a draft, with what is to be put right."""
    assessment, user = _asked(request, assessment_id)

    def save(cleaned: Mapping[str, Any]) -> HttpResponse:
        draft = refuse_assessment(assessment, by=user, reason=cleaned["reason"])
        messages.success(request, gettext("Sent back: it is a draft again."))
        return redirect(address_of(draft))

    return service_form_page(
        request,
        RefusalForm(request.POST or None),
        save,
        model=Assessment,
        original=assessment,
        title=gettext("Send the assessment back"),
        intro=gettext("Its scores are withdrawn, and its author finds it again as a draft."),
    )


def _asked(request: HttpRequest, assessment_id: int) -> tuple[Assessment, User]:
    own = Assessment.objects.filter(organization__in=visible_organizations(request))
    assessment = get_object_or_404(
        own.select_related("organization", "created_by", "rubric", "unit"), pk=assessment_id
    )
    user = request.user
    if not isinstance(user, User) or not access_of(request).may_edit(assessment.organization_id):
        raise PermissionDenied
    return assessment, user
