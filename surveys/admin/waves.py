"""Waves for the ops lead: draft, open, watch the count, close, read what was released.

Nothing about answers, or who gave them, is registered here, and nothing of it is shown.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from maturity.admin.access import access_of, editable_organizations
from maturity.admin.base import OrganizationFilter
from maturity.admin.service_form import service_form_page
from maturity.errors import DomainError
from maturity.models import Placement
from surveys.admin.links import LinksAdmin
from surveys.admin.new_waves import NewWaveForm
from surveys.admin.reopening import ReopeningPage
from surveys.admin.running import RunningAdmin
from surveys.admin.wording import local_time, responses_in_words
from surveys.models import Message, Question, Release, Wave
from surveys.models.waves import WaveQuerySet
from surveys.planning import minutes_of
from surveys.selectors import released_groups, released_wave, wave_trends
from surveys.services.opening_plans import plan_opening, questions_of
from surveys.services.waves import close_wave, create_wave, open_wave
from surveys.tasks import remove_traces, send_due_messages


@admin.register(Wave)
class WaveAdmin(ReopeningPage, RunningAdmin, LinksAdmin):
    can_add = True
    list_display = ["title", "status", "opens", "closes", "eligible", "responses", "why"]
    list_filter = ["status", OrganizationFilter]
    list_select_related = ["organization"]
    search_fields = ["title", "key"]
    ordering = ["-opens_at", "-id"]
    readonly_fields = ["organization", "bank", "opens", "closes", "who_is_asked"]
    change_form_outer_before_template = "surveys/admin/_wave.html"
    change_form_outer_after_template = "surveys/admin/_questions.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = Release.objects.filter(wave=OuterRef("pk")).order_by("-version")
        responded = Subquery(newest.values("responded")[:1])
        waves = cast("WaveQuerySet", super().get_queryset(request))
        rows: QuerySet[Any] = waves.with_response_count().annotate(responded=responded)
        return rows

    def get_urls(self) -> list[URLPattern]:
        pages = (("open", self.open_page), ("close", self.close_page), ("results", self.results))
        return [
            *(
                path(
                    f"<int:wave_id>/{name}/",
                    self.admin_site.admin_view(page),
                    name=f"surveys_wave_{name}",
                )
                for name, page in pages
            ),
            *super().get_urls(),
        ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A draft may name its last day; an opened wave has its instants instead."""
        is_draft = obj is None or obj.status == Wave.Status.DRAFT
        times = ["closes_on"] if is_draft else ["opens", "closes"]
        whom = "audiences" if is_draft else "who_is_asked"
        asked = [whom, "languages", "allow_draft_translations"]
        return ("title", "organization", "instrument", *times, *asked, "bank")

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Lock a draft that is being saved: one opened meanwhile is seen as open, and refused."""
        wave = super().get_object(request, object_id, from_field)
        if wave is None or request.method != "POST" or not connection.in_atomic_block:
            return wave
        Wave.objects.select_for_update().get(pk=wave.pk)
        return super().get_object(request, object_id, from_field)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A draft may be changed; what was opened is frozen."""
        return self._edits(request, obj) and (obj is None or obj.status == Wave.Status.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and self.has_change_permission(request, obj)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = NewWaveForm(
            request.POST or None,
            organizations=editable_organizations(request),
            initial=request.GET.dict(),
        )
        return service_form_page(request, form, _create, model=Wave, title=gettext("New wave"))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        wave = self.get_object(request, object_id)
        context = {} if wave is None else _wave_context(request, wave)
        return super().change_view(
            request, object_id, form_url, {**context, **(extra_context or {})}
        )

    def open_page(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        """Say what opening means; open on POST."""
        wave = self._editable_wave(request, wave_id)
        if request.method == "POST":
            return self._do(request, wave, self._open)
        try:
            plan = plan_opening(wave, opens_at=timezone.now())
        except DomainError as error:
            return self._refuse(request, wave, error)
        context = {"plan": plan, "minutes": ceil(minutes_of(plan.questions))}
        return self._page(request, "open", wave, gettext("Open this wave?"), context)

    def close_page(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        """Say what closing means; close on POST."""
        wave = self._editable_wave(request, wave_id)
        if request.method == "POST":
            return self._do(request, wave, self._close)
        return self._page(request, "close", wave, gettext("Close this wave now?"), {})

    def results(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        """What a wave released; everybody of the organisation may read it."""
        wave = self._wave(request, wave_id)
        released = released_wave(wave)
        if released is None:
            raise Http404
        return self._page(
            request,
            "results",
            wave,
            gettext("Results"),
            {
                "released": released,
                "groups": released_groups(wave),
                "trends": wave_trends(wave),
            },
        )

    def _open(self, request: HttpRequest, wave: Wave) -> None:
        opened = open_wave(wave)
        # Beat would find the mails too; this way they leave at once.
        transaction.on_commit(send_due_messages.delay, robust=True)
        count = opened.eligible or 0
        text = ngettext(
            "Open: %(n)d mail is on its way.", "Open: %(n)d mails are on their way.", count
        )
        messages.success(request, text % {"n": count})

    def _close(self, request: HttpRequest, wave: Wave) -> None:
        close_wave(wave)
        transaction.on_commit(remove_traces.delay, robust=True)
        messages.success(request, gettext("Closed. The results are released."))

    def _do(
        self, request: HttpRequest, wave: Wave, act: Callable[[HttpRequest, Wave], None]
    ) -> HttpResponse:
        try:
            act(request, wave)
        except DomainError as error:
            return self._refuse(request, wave, error)
        return redirect("admin:surveys_wave_change", wave.pk)

    def _refuse(self, request: HttpRequest, wave: Wave, error: DomainError) -> HttpResponse:
        title = gettext("This cannot be done")
        context = {"refusal": error}
        return self._page(request, "refused", wave, title, context, HTTPStatus.CONFLICT)

    def _wave(self, request: HttpRequest, wave_id: int) -> Wave:
        waves = self.get_queryset(request).select_related("organization", "bank")
        found: Wave | None = waves.filter(pk=wave_id).first()
        if found is None:
            raise Http404
        return found

    def _editable_wave(self, request: HttpRequest, wave_id: int) -> Wave:
        wave = self._wave(request, wave_id)
        if not access_of(request).may_edit(wave.organization_id):
            raise PermissionDenied
        return wave

    def _page(
        self,
        request: HttpRequest,
        name: str,
        wave: Wave,
        title: str,
        context: Mapping[str, Any],
        status: int = HTTPStatus.OK,
    ) -> HttpResponse:
        shown = {
            **self.admin_site.each_context(request),
            "opts": Wave._meta,
            "original": wave,
            "wave": wave,
            "title": title,
            **context,
        }
        with timezone.override(wave.organization.zone):
            return render(request, f"surveys/admin/{name}.html", shown, status=status)

    @admin.display(description=_("Opens"), ordering="opens_at")
    def opens(self, wave: Wave) -> str:
        return local_time(wave, wave.opens_at or wave.due_at)

    @admin.display(description=_("Who is asked"))
    def who_is_asked(self, wave: Wave) -> str:
        return ", ".join(str(Placement.Role(role).label) for role in wave.audiences)

    @admin.display(description=_("Why not held"), ordering="reason")
    def why(self, wave: Wave) -> str:
        return wave.reason or "–"

    @admin.display(description=_("Closes"), ordering="closes_at")
    def closes(self, wave: Wave) -> str:
        return local_time(wave, wave.closes_at)

    @admin.display(description=_("Responses"))
    def responses(self, wave: Wave) -> str:
        return responses_in_words(wave)


def _create(cleaned: Mapping[str, Any]) -> HttpResponse:
    wave = create_wave(
        cleaned["organization"],
        title=cleaned["title"],
        instrument=cleaned["instrument"],
        closes_on=cleaned["closes_on"],
    )
    return redirect("admin:surveys_wave_change", wave.pk)


def _wave_context(request: HttpRequest, wave: Wave) -> dict[str, Any]:
    context: dict[str, Any] = {
        "wave": wave,
        "may_act": access_of(request).may_edit(wave.organization_id),
        "responses": responses_in_words(wave),
        "questions": _questions(wave),
        "closes": local_time(wave, wave.closes_at),
    }
    if wave.status != Wave.Status.DRAFT:
        # Reminders go to the silent alone: their number would tell how many have answered.
        mails = Message.objects.filter(wave=wave).exclude(kind=Message.Kind.REMINDER)
        states = dict(mails.order_by().values_list("state").annotate(Count("pk")))
        context["mails"] = {state: states.get(state, 0) for state in Message.State.values}
        context["failed"] = mails.filter(state=Message.State.FAILED).select_related("person")
    return context


def _questions(wave: Wave) -> list[Question]:
    if wave.status in {Wave.Status.DRAFT, Wave.Status.CANCELLED}:
        return questions_of(wave, wave.bank.definition())
    return [item.question for item in wave.items.select_related("question")]
