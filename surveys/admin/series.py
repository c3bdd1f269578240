"""Series for the ops lead: set one up, see its next dates, what it takes of people, pause it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Min, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
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
from maturity.admin.unit_fields import UnitLabelField, with_current_name
from maturity.models import Organization, Placement, Unit
from surveys.models import OptOut, Series, Wave
from surveys.planning import REMINDER_OFFSETS
from surveys.services.allotments import preview
from surveys.services.burden import quarter_burden, this_quarter
from surveys.services.series import change_series, create_series, end_series

PREVIEWED = 6


class NumbersField(forms.CharField):
    """Whole numbers with commas between them."""

    def to_python(self, value: Any) -> Any:
        parts = [part.strip() for part in str(value or "").split(",") if part.strip()]
        if not all(part.isdecimal() and len(part) < 4 for part in parts):
            raise forms.ValidationError(_("Write whole numbers, such as 2, 5, 9."))
        return [int(part) for part in parts]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


class WordsField(forms.CharField):
    """Keys with commas or blanks between them."""

    def to_python(self, value: Any) -> Any:
        return str(value or "").replace(",", " ").split()

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value


class SeriesForm(forms.Form):
    title = forms.CharField(
        label=_("Title"), max_length=100, widget=widgets.UnfoldAdminTextInputWidget
    )
    instrument = forms.ChoiceField(
        label=_("Instrument"),
        choices=Series.Instrument.choices,
        widget=widgets.UnfoldAdminSelectWidget,
    )
    item_keys = WordsField(
        label=_("Questions of an own selection"),
        required=False,
        help_text=_("Keys of the question bank, such as LEV1, REC0, OPN1."),
        widget=widgets.UnfoldAdminTextInputWidget,
    )
    rule = forms.CharField(
        label=_("Comes back"),
        required=False,
        max_length=200,
        help_text=_(
            "A rule of RFC 5545: FREQ=MONTHLY;BYDAY=1TU is each first Tuesday. "
            "Empty for the onboarding survey."
        ),
        widget=widgets.UnfoldAdminTextInputWidget,
    )
    starts_on = forms.DateField(label=_("First day"), widget=DayInput)
    local_hour = forms.IntegerField(
        label=_("Hour of the mails"),
        min_value=9,
        max_value=16,
        help_text=_("On each person's own clock."),
        widget=widgets.UnfoldAdminIntegerFieldWidget,
    )
    roles = forms.MultipleChoiceField(
        label=_("Who is asked"),
        choices=Placement.Role.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    unit = UnitLabelField(
        label=_("Only in this unit and below it"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=_("Everywhere"),
        widget=widgets.UnfoldAdminSelectWidget,
    )
    tenure_months = forms.IntegerField(
        label=_("Only who came within so many months"),
        required=False,
        min_value=1,
        max_value=120,
        widget=widgets.UnfoldAdminIntegerFieldWidget,
    )
    reminder_offsets = NumbersField(
        label=_("Reminders, in working days after the opening"),
        required=False,
        help_text=_("At most three; to those alone who have not answered."),
        widget=widgets.UnfoldAdminTextInputWidget,
    )
    mode = forms.ChoiceField(
        label=_("Privacy"), choices=Series.Mode.choices, widget=widgets.UnfoldAdminSelectWidget
    )
    budget_minutes = forms.DecimalField(
        label=_("Minutes per person and quarter, at most"),
        required=False,
        min_value=1,
        max_digits=5,
        decimal_places=1,
        widget=widgets.UnfoldAdminDecimalFieldWidget,
    )
    paused = forms.BooleanField(
        label=_("Paused"), required=False, widget=widgets.UnfoldBooleanSwitchWidget
    )

    def __init__(self, data: Any, *, organizations: QuerySet[Organization], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        units = with_current_name(Unit.objects.filter(organization__in=organizations))
        offer(self, "unit", units.order_by("organization", "name"))


class NewSeriesForm(OfOrganization, SeriesForm):
    """The same, and whose it is."""


@admin.register(Series)
class SeriesAdmin(OrganizationScopedAdmin):
    when_empty = _("A series plans its survey waves by itself.")
    can_add = True
    keeps_history = True
    list_display = ["title", "instrument", "tenant", "next_opening", "pace"]
    list_filter = [OrganizationFilter, "instrument", "paused"]
    list_select_related = ["organization"]
    search_fields = ["title", "key"]
    ordering = ["organization", "title", "id"]
    fields = ["title", "tenant", "instrument", "rule", "starts_on", "mode", "pace"]
    readonly_fields = ["tenant", "pace"]
    change_form_outer_before_template = "surveys/admin/_series.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        planned = Q(waves__status=Wave.Status.DRAFT, waves__due_at__isnull=False)
        next_day = Min("waves__opens_on", filter=planned)
        rows: QuerySet[Any] = super().get_queryset(request).annotate(next_day=next_day)
        return rows

    def get_urls(self) -> list[URLPattern]:
        edit = self.admin_site.admin_view(self.edit_page)
        end = self.admin_site.admin_view(self.end_page)
        return [
            path("<int:series_id>/edit/", edit, name="surveys_series_edit"),
            path("<int:series_id>/end/", end, name="surveys_series_end"),
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
            "instrument": Series.Instrument.PULSE,
            "rule": "FREQ=MONTHLY;BYDAY=1TU",
            "starts_on": timezone.localdate(),
            "local_hour": 10,
            "roles": [Placement.Role.PM],
            "reminder_offsets": list(REMINDER_OFFSETS),
            "mode": Series.Mode.ANONYMOUS,
        }
        form = NewSeriesForm(request.POST or None, organizations=organizations, initial=initial)

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            values = dict(cleaned)
            series = create_series(values.pop("organization"), **values)
            return redirect("admin:surveys_series_change", series.pk)

        return service_form_page(request, form, save, model=Series, title=gettext("New series"))

    def edit_page(self, request: HttpRequest, series_id: int) -> HttpResponse:
        series = self._editable(request, series_id)
        home = Organization.objects.filter(pk=series.organization_id)
        initial = {name: getattr(series, name) for name in SeriesForm.base_fields}
        form = SeriesForm(request.POST or None, organizations=home, initial=initial)

        def save(cleaned: Mapping[str, Any]) -> HttpResponse:
            change_series(series, **cleaned)
            return redirect("admin:surveys_series_change", series.pk)

        return service_form_page(
            request, form, save, model=Series, title=gettext("Change the series"), original=series
        )

    def end_page(self, request: HttpRequest, series_id: int) -> HttpResponse:
        series = self._editable(request, series_id)
        intro = gettext(
            "Nothing is planned any more, and what links a person's answers over the waves of a "
            "confidential series is deleted. Released results stay. There is no way back."
        )

        def save(_cleaned: Mapping[str, Any]) -> HttpResponse:
            end_series(series)
            messages.success(request, gettext("The series has ended."))
            return redirect("admin:surveys_series_change", series.pk)

        form = EndForm(request.POST or None)
        title = gettext("End the series")
        return service_form_page(
            request, form, save, model=Series, title=title, intro=intro, original=series
        )

    def _editable(self, request: HttpRequest, series_id: int) -> Series:
        series: Series | None = self.get_queryset(request).filter(pk=series_id).first()
        if series is None:
            raise Http404
        if not access_of(request).may_edit(series.organization_id):
            raise PermissionDenied
        return series

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        series = self.get_object(request, object_id)
        context = {} if series is None else series_context(request, series)
        return super().change_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )

    @admin.display(description=_("Opens next"), ordering="next_day")
    def next_opening(self, series: Series) -> Any:
        return getattr(series, "next_day", None) or "–"

    @admin.display(description=_("Pace"))
    def pace(self, series: Series) -> str:
        if series.ended_at:
            return gettext("ended")
        if series.paused:
            return gettext("paused")
        return series.note or gettext("as planned")


def series_context(request: HttpRequest, series: Series) -> dict[str, Any]:
    """The next dates, the last waves, and what this and the next quarter take of people."""
    now = timezone.now()
    coming = series.waves.planned().select_related("organization", "series__unit", "bank")
    following = coming.order_by("opens_on").first() if series.budget_minutes else None
    burden = this_quarter(series.organization, now=now)
    waves = series.waves.select_related("organization", "series", "bank")
    held = waves.exclude(status=Wave.Status.DRAFT)
    return {
        "series": series,
        "shared": preview(following, now=following.due_at or now) if following else None,
        "may_act": series.ended_at is None and access_of(request).may_edit(series.organization_id),
        "planned": list(waves.planned().order_by("opens_on")[:PREVIEWED]),
        "held": list(held.order_by("-opens_on", "-pk")[:PREVIEWED]),
        "opted_out": OptOut.objects.filter(series=series).count(),
        "quarters": [
            burden,
            quarter_burden(series.organization, on=burden.last + timedelta(days=1)),
        ],
    }
