"""From nothing to a first dashboard: an organisation of one's own, then step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from maturity.api.auth import visible_organizations
from maturity.forms import FirstOrganizationForm
from maturity.models import Organization, User
from maturity.services.tenancy import create_organization
from reports.selectors.first_steps import STEPS, FirstSteps, first_survey
from reports.services.first_steps import hide_first_steps, show_first_steps


@dataclass(frozen=True)
class Step:
    """One step as it is read: what it gives, and the page where it is done."""

    key: str
    title: Promise
    gives: str | Promise
    action: Promise
    page: str
    query: str = ""

    def address(self, organization: Organization) -> str:
        if self.page.startswith("#"):
            return self.page
        if self.page == "admin:maturity_organization_score_sheet":
            return reverse(self.page, args=[organization.pk])
        return f"{reverse(self.page)}?organization={organization.pk}{self.query}"


@dataclass(frozen=True)
class StepRow:
    """A step with how far it is; `state` is done, next or later."""

    step: Step
    state: str
    address: str


def _survey_gives() -> str:
    questions, minutes = first_survey()
    return _(
        "%(questions)s questions, about %(minutes)s minutes, no account: PMs say what helps them "
        "and what not."
    ) % {"questions": questions, "minutes": minutes}


_STEPS = {
    step.key: step
    for step in (
        Step(
            "scores",
            gettext_lazy("Fill in the score sheet"),
            gettext_lazy("Half an hour of honest judging gives the profile and its radar."),
            gettext_lazy("Open the score sheet"),
            "admin:maturity_organization_score_sheet",
        ),
        Step(
            "targets",
            gettext_lazy("Set targets"),
            gettext_lazy("A level and a day for what matters give each gap a size and a date."),
            gettext_lazy("Set a target"),
            "admin:maturity_target_add",
        ),
        Step(
            "people",
            gettext_lazy("Add people and units"),
            gettext_lazy(
                "The roster says whom a survey asks and in which unit; a spreadsheet can bring it."
            ),
            gettext_lazy("Add a person"),
            "admin:maturity_person_add",
        ),
        Step(
            "signals",
            gettext_lazy("Import what is measured"),
            gettext_lazy(
                "Head-count and facts say whether product ops is needed; gates and tools, "
                "where it gets in the way."
            ),
            gettext_lazy("Import the head-count"),
            "admin:maturity_importjob_add",
            "&format=headcount",
        ),
        Step(
            "survey",
            gettext_lazy("Run the first survey"),
            lazy(_survey_gives, str)(),
            gettext_lazy("Draft a wave"),
            "admin:surveys_wave_add",
        ),
        Step(
            "verdict",
            gettext_lazy("Read the first verdicts"),
            gettext_lazy(
                "Pitfalls and readiness are judged by themselves within minutes of an import, "
                "over complete months."
            ),
            gettext_lazy("See what is known"),
            "#readiness",
        ),
    )
}


def start_context(form: FirstOrganizationForm | None = None) -> dict[str, Any]:
    """The form for a new organisation beside what comes after it."""
    return {
        "form": FirstOrganizationForm() if form is None else form,
        "coming": [_STEPS[key] for key in STEPS],
    }


def step_rows(organization: Organization, steps: FirstSteps) -> Sequence[StepRow]:
    """Every step in its order."""
    return [
        StepRow(_STEPS[key], _state(key, steps), _STEPS[key].address(organization)) for key in STEPS
    ]


def _state(key: str, steps: FirstSteps) -> str:
    if key in steps.done:
        return "done"
    return "next" if key == steps.next else "later"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Create an organisation and own it; for operators alone, to others there is no such page."""
    user = request.user
    if not isinstance(user, User) or not user.is_superuser:
        raise Http404
    form = FirstOrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_organization(**form.cleaned_data, owner=user)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%(name)s is there, and you own it.") % {"name": made.name})
            return redirect("reports:organization", made.slug)
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "reports/start.html", start_context(form), status=status)


@require_POST
@login_required
def first_steps(request: HttpRequest, slug: str) -> HttpResponse:
    """Put the steps away or bring them back; 404 for outsiders, 403 for viewers."""
    tenant = get_object_or_404(visible_organizations(request), slug=slug)
    if not Organization.objects.editable_by(request.user).filter(pk=tenant.pk).exists():
        raise PermissionDenied
    if "hide" in request.POST:
        hide_first_steps(tenant, by=request.user if isinstance(request.user, User) else None)
    else:
        show_first_steps(tenant)
    return redirect("reports:organization", tenant.slug)
