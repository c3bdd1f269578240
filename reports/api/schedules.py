"""Schedules of board reports: set up, changed, paused, ended, and what became of each day."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.db.models import (
    DateField,
    DateTimeField,
    Exists,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.auth import EditorsAlone, author_of
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, PAGES, Docs, row_id
from maturity.api.recurring import RecurringFilter
from maturity.api.remembered import Remembered
from maturity.api.resources import MOMENTS, each
from maturity.api.resources import PAGES as PAGE_NAMES
from maturity.models import Delivery, Membership, Organization, User
from maturity.selectors.past import as_it_stood
from reports.api.schedule_serializers import (
    EXAMPLE,
    RUN,
    RunSerializer,
    ScheduleChangeSerializer,
    ScheduleSerializer,
)
from reports.models import ReportRecipient, ReportSchedule
from reports.services.schedules import change_schedule, create_schedule, end_schedule

DOCS = Docs("reports", ScheduleSerializer, EXAMPLE, read="reports:read", write="reports:write")
_ID = row_id("Id of the schedule.")


class ScheduleFilter(RecurringFilter):
    class Meta:
        model = ReportSchedule
        fields = ["paused", "ended"]


class ScheduleViewSet(mixins.ListModelMixin, Remembered):
    queryset = ReportSchedule.objects.order_by("name", "id")
    serializer_class = ScheduleSerializer
    filterset_class = ScheduleFilter
    permission_classes = [EditorsAlone]
    read_scope = "reports:read"
    write_scope = "reports:write"
    asks = {"list": MOMENTS, "retrieve": MOMENTS, "runs": PAGE_NAMES}

    def get_queryset(self) -> QuerySet[Any]:
        at = self.past()
        if at is not None:
            return self._then(at)
        rows: Any = super().get_queryset()
        found: QuerySet[Any] = (
            rows.with_outcome()
            .select_related("created_by")
            .prefetch_related(Prefetch("recipients", self._recipients()))
        )
        return found

    def _then(self, at: datetime) -> QuerySet[Any]:
        then = as_it_stood(ReportSchedule, self.organization, at=at).select_related("created_by")
        past: QuerySet[Any] = then.annotate(
            next_day=Value(None, output_field=DateField()),
            next_due_at=Value(None, output_field=DateTimeField()),
            failures=Value(None, output_field=IntegerField()),
        )
        return past.order_by("name", "id")

    def _recipients(self) -> QuerySet[Any]:
        """Each with whether the account is a member today, who alone gets mails."""
        return with_membership(ReportRecipient.objects.all(), self.organization.pk)

    def complete(self, rows: Sequence[Any], at: datetime) -> None:
        """Whom each mailed to then."""
        then = as_it_stood(ReportRecipient, self.organization, at=at)
        chosen = then.filter(schedule__in=[row.id for row in rows])
        mailed: dict[int, list[Any]] = {row.id: [] for row in rows}
        for recipient in with_membership(chosen, self.organization.pk):
            mailed[recipient.schedule_id].append(recipient)
        for row in rows:
            row.recipients = mailed[row.id]

    def lock(self, row: ReportSchedule) -> None:
        ReportSchedule.objects.select_for_update(no_key=True).get(pk=row.pk)

    @DOCS.lists(
        "report_schedules_list",
        "List schedules of reports",
        "Board reports that come by themselves, or did on a day as known at a moment, by name.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "report_schedules_retrieve",
        "Read one schedule of reports",
        "One schedule, also as it was; of the past it is not told what was to come next.",
        parameters=[_ID, AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "report_schedules_create",
        "Set up a schedule of reports",
        "Have board reports made by themselves and mailed to members; the first is planned at "
        "once.",
        request=ScheduleChangeSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given = self._with_members(self.taken(ScheduleChangeSerializer))
        made = create_schedule(self.organization, by=author_of(request), **given)
        return self.shown(self.get_queryset().get(pk=made.pk), status=HTTPStatus.CREATED)

    @DOCS.writes(
        "report_schedules_update",
        "Change",
        "Change a schedule and plan its next report anew; what was made stays. `recipients` are "
        "all of them; without it they stay who they were.",
        request=ScheduleChangeSerializer,
        parameters=[_ID, IF_MATCH],
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        given = self._with_members(self.taken(ScheduleChangeSerializer, partial=True))
        return self.change(lambda schedule: change_schedule(schedule, **given))

    @DOCS.writes(
        "report_schedules_pause",
        "Pause",
        "Make no report until the schedule goes on.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, **kwargs: Any) -> Response:
        return self.change(lambda schedule: change_schedule(schedule, paused=True))

    @DOCS.writes(
        "report_schedules_resume",
        "Go on",
        "Go on with the next day that is still to come; those that were missed are not made.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, **kwargs: Any) -> Response:
        return self.change(lambda schedule: change_schedule(schedule, paused=False))

    @DOCS.writes(
        "report_schedules_end",
        "End",
        "End it for good: nothing is planned any more; what was made stays and is still told of.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def end(self, request: Request, **kwargs: Any) -> Response:
        return self.change(end_schedule)

    @DOCS.lists(
        "report_schedules_runs",
        "Its runs",
        "What became of each day, the newest first: its report or why there is none, and the "
        "mails with what failed.",
        parameters=[_ID, *PAGES],
        row=RunSerializer,
        example=RUN,
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def runs(self, request: Request, **kwargs: Any) -> Response:
        mails = Delivery.objects.select_related("user").order_by("user__name", "pk")
        days = self.get_object().occurrences.select_related("notification").order_by("-day")
        told = days.prefetch_related(Prefetch("notification__deliveries", queryset=mails))
        return self.page(told, RunSerializer)

    def _with_members(self, given: dict[str, Any]) -> dict[str, Any]:
        if "recipients" not in given:
            return given
        return {**given, "recipients": members_named(self.organization, given["recipients"])}


def members_named(organization: Organization, named: Sequence[dict[str, Any]]) -> list[User]:
    """The members who are named by id or address.

    Raises ValidationError naming the first one who is none: by what was sent, and by nothing that
    is known of an account elsewhere.
    """
    known = _accounts_of_members(organization, named)

    def member(one: dict[str, Any]) -> User:
        [(field, value)] = one.items()
        user = known.get(value.lower() if isinstance(value, str) else value)
        if user is None:
            message = _("%(who)s is no member of this organisation.") % {"who": value}
            raise serializers.ValidationError({field: message})
        return user

    return each(named, member, field="recipients")


def _accounts_of_members(
    organization: Organization, named: Sequence[dict[str, Any]]
) -> dict[int | str, User]:
    """Those of them that there are, by id and by address, in one query."""
    ids = [one["user_id"] for one in named if "user_id" in one]
    emails = [one["email"].lower() for one in named if "email" in one]
    members = User.objects.filter(memberships__organization=organization, is_active=True)
    known: dict[int | str, User] = {}
    for user in members.annotate(low=Lower("email")).filter(Q(pk__in=ids) | Q(low__in=emails)):
        known |= {user.pk: user, user.email.lower(): user}
    return known


def with_membership(rows: QuerySet[Any], organization_id: int) -> QuerySet[Any]:
    """Recipients in their order, each with `is_member`: today, and not shut out."""
    members = Membership.objects.filter(
        organization=organization_id, user=OuterRef("user"), user__is_active=True
    )
    found: QuerySet[Any] = rows.select_related("user").annotate(is_member=Exists(members))
    return found.order_by("user_id")
