"""Initiatives: planned here, started with a frozen prediction, ended with what came out."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from maturity.admin.access import access_of, editable_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin, labelled
from maturity.admin.evaluations import readable
from maturity.admin.initiative_forms import NoteForm, PlanForm, ReplanForm, StartForm
from maturity.admin.service_form import offer, service_form_page
from maturity.models import Finding, Initiative, Organization, Unit, User
from maturity.services.initiatives import (
    Plan,
    abandon_initiative,
    finish_initiative,
    plan_initiative,
    plan_of,
    replan_initiative,
    start_initiative,
)

LOOK = {"planned": "info", "started": "warning", "done": "success"}


_ACTIONS: dict[str, tuple[Any, Any, type[forms.Form], Callable[..., Initiative], set[str]]] = {
    "start": (
        _("Start"),
        _("From here on the prediction is frozen: the database refuses to change it."),
        StartForm,
        start_initiative,
        {"planned"},
    ),
    "finish": (
        _("Finish"),
        _("What changed is measured now and compared with what was predicted."),
        NoteForm,
        finish_initiative,
        {"started"},
    ),
    "abandon": (
        _("Abandon"),
        _("It ends without an outcome. Say why."),
        NoteForm,
        abandon_initiative,
        {"planned", "started"},
    ),
}


class OverdueFilter(admin.SimpleListFilter):
    title = _("overdue")
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("yes", _("Overdue"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Initiative]
    ) -> QuerySet[Initiative]:
        if self.value() != "yes":
            return queryset
        late = Initiative.objects.overdue(on=timezone.localdate())
        return queryset.filter(pk__in=late.values("pk"))


@admin.register(Initiative)
class InitiativeAdmin(OrganizationScopedAdmin):
    can_add = True
    when_empty = _("Nothing is done about it yet. Plan an initiative with a change it promises.")
    list_display = ["title", "state_name", "tenant", "owner", "due_on", "late", "outcome"]
    list_filter = ["state", OverdueFilter, OrganizationFilter]
    list_select_related = ["organization", "owner", "unit"]
    search_fields = ["title"]
    fields = [
        ("title", "tenant", "unit"),
        ("state", "owner", "start_on", "due_on"),
        "due_reason",
        "description",
        ("about", "capability_keys"),
        ("metric", "predicted_change", "baseline", "measured_change", "outcome"),
        "outcome_note",
        "compared",
    ]
    change_form_outer_before_template = "admin/maturity/initiative/_actions.html"

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<int:initiative_id>/{name}/",
                self.admin_site.admin_view(partial(self.act_view, name)),
                name=f"maturity_initiative_{name}",
            )
            for name in _ACTIONS
        ]
        edit = path(
            "<int:initiative_id>/edit/",
            self.admin_site.admin_view(self.edit_view),
            name="maturity_initiative_edit",
        )
        own.append(edit)
        return [*own, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        organizations = editable_organizations(request).order_by("name")
        only = organizations.first() if organizations.count() == 1 else None
        form = PlanForm(request.POST or None, initial={"organization": only})
        offer(form, "organization", organizations)
        _offer_rows(form, organizations)

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            values = dict(cleaned)
            organization = values.pop("organization")
            values["findings"] = tuple(values["findings"])
            initiative = plan_initiative(organization, Plan(**values))
            return redirect("admin:maturity_initiative_change", initiative.pk)

        title = gettext("New initiative")
        return service_form_page(request, form, save, model=Initiative, title=title)

    def edit_view(self, request: HttpRequest, initiative_id: int) -> HttpResponse:
        """Change the plan, or what the start did not freeze. 404 for outsiders, 403 for viewers."""
        initiative = self._editable(request, initiative_id)
        values = {**vars(plan_of(initiative)), "seen": initiative.version}
        started = initiative.state != Initiative.State.PLANNED
        form = ReplanForm(request.POST or None, initial=values, started=started)
        _offer_rows(form, Organization.objects.filter(pk=initiative.organization_id), initiative)

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            changes = {**cleaned, "findings": tuple(cleaned["findings"])}
            reason, seen = changes.pop("due_reason", ""), changes.pop("seen")
            replan_initiative(initiative, changes, due_reason=reason, seen=seen)
            messages.success(request, gettext("Kept."))
            return redirect("admin:maturity_initiative_change", initiative.pk)

        title = gettext("Change the plan")
        intro = gettext("Its prediction, first day and unit are frozen: it has started.")
        return service_form_page(
            request,
            form,
            save,
            model=Initiative,
            title=title,
            intro=intro if started else "",
            original=initiative,
        )

    def act_view(self, name: str, request: HttpRequest, initiative_id: int) -> HttpResponse:
        """Start, finish or abandon it. 404 for outsiders, 403 for viewers."""
        initiative = self._editable(request, initiative_id)
        label, intro, form_class, service, _states = _ACTIONS[name]
        form = form_class(request.POST or None, initial={"seen": initiative.version})

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            service(initiative, **cleaned)
            messages.success(request, gettext("Kept."))
            return redirect("admin:maturity_initiative_change", initiative.pk)

        return service_form_page(
            request,
            form,
            save,
            model=Initiative,
            title=str(label),
            intro=str(intro),
            original=initiative,
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        initiative = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if initiative is not None:
            may_edit = access_of(request).may_edit(initiative.organization_id)
            edit = {"label": _("Change the plan"), "url": "../edit/"}
            offered = [edit] if may_edit and initiative.state in Initiative.RUNNING else []
            offered += [
                {"label": label, "url": f"../{name}/"}
                for name, (label, _intro, _form, _service, states) in _ACTIONS.items()
                if may_edit and initiative.state in states
            ]
            context = {"initiative": initiative, "offered": offered, "late": self.late(initiative)}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def _editable(self, request: HttpRequest, initiative_id: int) -> Initiative:
        initiative: Initiative = get_object_or_404(self.get_queryset(request), pk=initiative_id)
        if not access_of(request).may_edit(initiative.organization_id):
            raise PermissionDenied
        return initiative

    @labelled(description=_("State"), ordering="state", looks=LOOK)
    def state_name(self, initiative: Initiative) -> tuple[str, str]:
        return initiative.state, initiative.get_state_display()

    @admin.display(description=_("Overdue"), boolean=False)
    def late(self, initiative: Initiative) -> str:
        return gettext("overdue") if initiative.is_overdue(timezone.now()) else ""

    @admin.display(description=_("About"))
    def about(self, initiative: Initiative) -> str:
        links = initiative.links.select_related("finding")
        return ", ".join(readable(link.finding.key) for link in links) or "–"

    @admin.display(description=_("Capabilities"))
    def capability_keys(self, initiative: Initiative) -> str:
        return ", ".join(readable(key) for key in initiative.capabilities) or "–"

    @admin.display(description=_("Beside units that had none"))
    def compared(self, initiative: Initiative) -> str:
        """Levels of its capabilities: its own change and the median of the others'."""
        if not initiative.comparison:
            return "–"
        enough = initiative.comparison["enough"]
        return "; ".join(
            _beside(readable(key), row, enough)
            for key, row in initiative.comparison["capabilities"].items()
        )


def _offer_rows(
    form: forms.Form, organizations: QuerySet[Organization], planned: Initiative | None = None
) -> None:
    """Units, members and findings of these organisations; also what a plan is already about."""
    members = User.objects.filter(memberships__organization__in=organizations, is_active=True)
    findings = Finding.objects.filter(organization__in=organizations)
    known = [] if planned is None else planned.links.values("finding_id")
    rows: dict[str, QuerySet[Any]] = {
        "unit": Unit.objects.filter(organization__in=organizations),
        "owner": members.distinct().order_by("name", "email"),
        "findings": findings.filter(Q(resolved_at=None) | Q(pk__in=known)).select_related(
            "organization"
        ),
    }
    for name in rows.keys() & form.fields.keys():
        offer(form, name, rows[name])


def _beside(name: str, row: Mapping[str, Any], enough: int) -> str:
    own = "–" if row["own"] is None else f"{row['own']:+d}"
    if row["others_median"] is None:
        few = gettext("%(units)d units to compare with, %(enough)d needed")
        return f"{name} {own} ({few % {'units': row['units'], 'enough': enough}})"
    others = gettext("others %(median)+g, %(units)d units")
    values = {"median": row["others_median"], "units": row["units"]}
    return f"{name} {own} ({others % values})"
