"""Schedules of board reports: set one up, see what became of each day, change or pause it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from maturity.admin.access import access_of, editable_organizations
from maturity.admin.base import OrganizationFilter, OrganizationScopedAdmin
from maturity.admin.service_form import (
    DayInput,
    EndForm,
    OfOrganization,
    offer,
    service_form_page,
)
from maturity.models import Delivery, Membership, Organization, User
from reports.models import ReportSchedule
from reports.services.schedules import change_schedule, create_schedule, end_schedule

SHOWN = 12
COMMON_RULES = [
    ("FREQ=MONTHLY;BYMONTHDAY=1", _("Monthly, on the first day")),
    ("FREQ=MONTHLY;BYDAY=1MO", _("Monthly, on the first Monday")),
    ("FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=1", _("Quarterly, on the first day")),
    ("FREQ=WEEKLY;BYDAY=MO", _("Weekly, on Monday")),
    ("", _("By a rule of one's own")),
]


class MembersField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Membership) -> str:
        return f"{obj.user} ({obj.organization})"


class ScheduleForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=100, widget=widgets.UnfoldAdminTextInputWidget
    )
    often = forms.ChoiceField(
        label=_("Comes back"),
        choices=COMMON_RULES,
        required=False,
        widget=widgets.UnfoldAdminSelectWidget,
    )
    rule = forms.CharField(
        label=_("Rule of one's own"),
        max_length=200,
        required=False,
        help_text=_(
            "For days the choice above does not offer, a rule of RFC 5545: "
            "FREQ=MONTHLY;BYDAY=1TU is each first Tuesday."
        ),
        widget=widgets.UnfoldAdminTextInputWidget,
    )
    starts_on = forms.DateField(label=_("First day"), widget=DayInput)
    local_hour = forms.IntegerField(
        label=_("Hour"),
        min_value=0,
        max_value=23,
        help_text=_("On the organisation's own clock, in summer and in winter."),
        widget=widgets.UnfoldAdminIntegerFieldWidget,
    )
    recipients = MembersField(
        label=_("Mailed to"),
        queryset=Membership.objects.none(),
        widget=widgets.UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Whoever leaves, or stops the mails of this organisation, gets no more."),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, widget=widgets.UnfoldAdminSelectWidget
    )
    attach = forms.BooleanField(
        label=_("Attach the PDF"),
        required=False,
        help_text=_(
            "The mail always has a link that asks for the log-in; a file cannot be taken back."
        ),
        widget=widgets.UnfoldBooleanSwitchWidget,
    )
    paused = forms.BooleanField(
        label=_("Paused"), required=False, widget=widgets.UnfoldBooleanSwitchWidget
    )

    def __init__(self, data: Any, *, organizations: QuerySet[Organization], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        if (rule := self.initial.get("rule")) in dict(COMMON_RULES):
            self.initial = {**self.initial, "often": rule, "rule": ""}
        members = Membership.objects.filter(organization__in=organizations, user__is_active=True)
        rows = members.select_related("user", "organization")
        offer(self, "recipients", rows.order_by("organization", "user__name", "user__email"))

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        often, rule = cleaned.pop("often", ""), cleaned.get("rule")
        if often and rule:
            self.add_error("rule", gettext("Choose above or write a rule, not both."))
        elif not (often or rule) and "rule" not in self.errors and "often" not in self.errors:
            self.add_error("rule", gettext("Choose above or write a rule."))
        return {**cleaned, "rule": often or rule}

    def clean_recipients(self) -> list[User]:
        return [membership.user for membership in self.cleaned_data["recipients"]]


class NewScheduleForm(OfOrganization, ScheduleForm):
    """The same, and whose it is."""


@admin.register(ReportSchedule)
class ReportScheduleAdmin(OrganizationScopedAdmin):
    """For those who may edit: it names who gets the mails."""

    can_add = True
    editors_only = True
    when_empty = _("A schedule makes board reports by itself and mails them to members.")
    list_display = ["name", "tenant", "rule", "next_report", "failed", "paused"]
    list_filter = ["paused", OrganizationFilter]
    list_select_related = ["organization"]
    search_fields = ["name"]
    fields = ["name", "tenant", "rule", "starts_on", "local_hour", "language", "attach", "paused"]
    change_form_outer_before_template = "admin/reports/reportschedule/_days.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        found: QuerySet[Any] = rows.with_outcome()
        return found

    def get_urls(self) -> list[URLPattern]:
        edit = self.admin_site.admin_view(self.edit_page)
        end = self.admin_site.admin_view(self.end_page)
        return [
            path("<int:schedule_id>/edit/", edit, name="reports_reportschedule_edit"),
            path("<int:schedule_id>/end/", end, name="reports_reportschedule_end"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        organizations = editable_organizations(request).order_by("name")
        initial = {
            "organization": organizations.first(),
            "rule": "FREQ=MONTHLY;BYMONTHDAY=1",
            "starts_on": timezone.localdate(),
            "local_hour": 8,
            "attach": True,
            **request.GET.dict(),
        }
        form = NewScheduleForm(request.POST or None, organizations=organizations, initial=initial)

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            values = dict(cleaned)
            by = request.user if isinstance(request.user, User) else None
            schedule = create_schedule(values.pop("organization"), by=by, **values)
            return redirect("admin:reports_reportschedule_change", schedule.pk)

        title = gettext("Mail board reports by themselves")
        return service_form_page(request, form, save, model=ReportSchedule, title=title)

    def edit_page(self, request: HttpRequest, schedule_id: int) -> HttpResponse:
        """404 for outsiders and viewers."""
        schedule = self._editable(request, schedule_id)
        home = Organization.objects.filter(pk=schedule.organization_id)
        chosen = Membership.objects.filter(
            organization=schedule.organization, user__in=schedule.recipients.values("user")
        )
        initial = {
            name: getattr(schedule, name) for name in ScheduleForm.base_fields if name != "often"
        }
        form = ScheduleForm(
            request.POST or None,
            organizations=home,
            initial={**initial, "recipients": list(chosen.values_list("pk", flat=True))},
        )

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            change_schedule(schedule, **cleaned)
            return redirect("admin:reports_reportschedule_change", schedule.pk)

        title = gettext("Change the schedule")
        return service_form_page(
            request, form, save, model=ReportSchedule, title=title, original=schedule
        )

    def end_page(self, request: HttpRequest, schedule_id: int) -> HttpResponse:
        """404 for outsiders and viewers."""
        schedule = self._editable(request, schedule_id)

        def save(_cleaned: Mapping[str, Any]) -> HttpResponse:
            end_schedule(schedule)
            messages.success(request, gettext("The schedule has ended."))
            return redirect("admin:reports_reportschedule_change", schedule.pk)

        return service_form_page(
            request,
            EndForm(request.POST or None),
            save,
            model=ReportSchedule,
            title=gettext("End the schedule"),
            intro=gettext("No more reports are made. Those that were stay. There is no way back."),
            original=schedule,
        )

    def _editable(self, request: HttpRequest, schedule_id: int) -> ReportSchedule:
        rows = self.get_queryset(request)
        schedule: ReportSchedule = get_object_or_404(rows, pk=schedule_id)
        if not access_of(request).may_edit(schedule.organization_id):
            raise PermissionDenied
        return schedule

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        schedule = self.get_object(request, unquote(object_id))
        context = {} if schedule is None else _days_of(schedule)
        return super().change_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )

    @admin.display(description=_("Next report"), ordering="next_day")
    def next_report(self, schedule: ReportSchedule) -> Any:
        if schedule.ended_at:
            return gettext("ended")
        return getattr(schedule, "next_day", None) or "–"

    @admin.display(description=_("Failed"), ordering="failures")
    def failed(self, schedule: ReportSchedule) -> Any:
        return getattr(schedule, "failures", 0) or "–"


def _days_of(schedule: ReportSchedule) -> dict[str, Any]:
    """The newest days with their reports and mails, and who gets them."""
    mails = Delivery.objects.select_related("user").order_by("user__name", "pk")
    days = schedule.occurrences.select_related("report", "notification").defer(
        "report__pdf", "report__logo", "report__snapshot"
    )
    return {
        "schedule": schedule,
        "days": list(
            days.prefetch_related(Prefetch("notification__deliveries", queryset=mails))[:SHOWN]
        ),
        "recipients": [row.user for row in schedule.recipients.select_related("user")],
    }
