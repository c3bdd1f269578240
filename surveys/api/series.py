"""Series: surveys that come back, planned ahead as waves."""

from http import HTTPStatus
from typing import Any

from django.db.models import DateField, Min, Q, QuerySet, Value
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.base import DayField, UtcDateTimeField
from maturity.api.fields import UnitKeyField
from maturity.api.operations import AS_OF, IF_MATCH, KNOWN_AT, Docs, row_id
from maturity.api.recurring import RecurringFilter
from maturity.api.remembered import Remembered
from maturity.api.resources import find
from maturity.selectors.past import as_it_stood
from surveys.api.wave_serializers import INSTRUMENTS, ROLES, LanguagesField
from surveys.models import Series, Wave
from surveys.services.series import change_series, create_series, end_series

MODES = [(mode, mode) for mode in Series.Mode.values]
HOURS = (9, 16)
MAX_REMINDERS, MAX_ITEMS = 3, 100
_OWN = "Keys of the question bank, for an own selection."
_RULE = "A rule of RFC 5545, like FREQ=MONTHLY;BYDAY=1TU; empty for onboarding."


class SeriesSerializer(serializers.Serializer):
    """One recurring survey."""

    id = serializers.IntegerField(help_text="Id of the series.")
    key = serializers.CharField(help_text="Key of the series.")
    title = serializers.CharField(help_text="What it is called.")
    instrument = serializers.ChoiceField(choices=INSTRUMENTS, help_text="What is asked.")
    item_keys = serializers.ListField(child=serializers.CharField(), help_text=_OWN)
    rule = serializers.CharField(help_text=_RULE)
    starts_on = serializers.DateField(help_text="First day.")
    local_hour = serializers.IntegerField(help_text="Hour of the mails on each person's clock.")
    roles = serializers.ListField(child=serializers.CharField(), help_text="Who is asked.")
    unit = UnitKeyField(source="unit.key", help_text="Key of a unit, it and below; null: all.")
    tenure_months = serializers.IntegerField(
        allow_null=True, help_text="Only who came within so many months; null: everybody."
    )
    languages = serializers.ListField(
        child=serializers.CharField(), help_text="Languages offered beside the bank's."
    )
    mode = serializers.ChoiceField(choices=MODES, help_text="Anonymous or confidential.")
    reminder_offsets = serializers.ListField(
        child=serializers.IntegerField(), help_text="Reminders, in working days after the opening."
    )
    budget_minutes = serializers.FloatField(
        allow_null=True, help_text="Minutes per person and quarter, at most; null: no limit."
    )
    every_second = serializers.BooleanField(help_text="Whether it was slowed down by rule.")
    note = serializers.CharField(help_text="Why it was.")
    paused = serializers.BooleanField(help_text="Whether it is paused.")
    next_opening_on = serializers.DateField(allow_null=True, help_text="When it opens next.")
    ended_at = UtcDateTimeField(allow_null=True, help_text="When it was ended for good.")


class SeriesChangeSerializer(serializers.Serializer):
    """What is to be otherwise; coming waves are planned anew, opened ones stay."""

    title = serializers.CharField(max_length=100, help_text="What it is called.")
    instrument = serializers.ChoiceField(choices=INSTRUMENTS, help_text="What is asked.")
    item_keys = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        max_length=MAX_ITEMS,
        help_text=_OWN,
    )
    rule = serializers.CharField(max_length=200, allow_blank=True, required=False, help_text=_RULE)
    starts_on = DayField(help_text="First day.")
    local_hour = serializers.IntegerField(
        min_value=HOURS[0],
        max_value=HOURS[1],
        required=False,
        help_text="Hour of the mails on each person's clock.",
    )
    roles = serializers.ListField(
        child=serializers.ChoiceField(choices=ROLES),
        allow_empty=False,
        required=False,
        max_length=len(ROLES),
        help_text="Who is asked.",
    )
    unit = UnitKeyField(required=False, help_text="Key of a unit, it and below; null: all.")
    tenure_months = serializers.IntegerField(
        min_value=1,
        max_value=120,
        allow_null=True,
        required=False,
        help_text="Only who came within so many months; null: everybody.",
    )
    languages = LanguagesField(required=False)
    mode = serializers.ChoiceField(
        choices=MODES, required=False, help_text="Only ever becomes stricter."
    )
    reminder_offsets = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=40),
        required=False,
        max_length=MAX_REMINDERS,
        help_text="Reminders, in working days after the opening.",
    )
    budget_minutes = serializers.DecimalField(
        max_digits=5,
        decimal_places=1,
        min_value=1,
        allow_null=True,
        required=False,
        coerce_to_string=False,
        help_text="Minutes per person and quarter, at most; null: no limit.",
    )
    paused = serializers.BooleanField(required=False, help_text="Whether it is paused.")


EXAMPLE: dict[str, Any] = {
    "id": 2,
    "key": "monthly-pulse",
    "title": "Monthly pulse",
    "instrument": "pulse",
    "item_keys": [],
    "rule": "FREQ=MONTHLY;BYDAY=1TU",
    "starts_on": "2026-01-01",
    "local_hour": 10,
    "roles": ["pm"],
    "unit": None,
    "tenure_months": None,
    "languages": [],
    "mode": "anonymous",
    "reminder_offsets": [3, 6],
    "budget_minutes": None,
    "every_second": False,
    "note": "",
    "paused": False,
    "next_opening_on": "2026-08-04",
    "ended_at": None,
}
DOCS = Docs("surveys", SeriesSerializer, EXAMPLE, read="surveys:read", write="surveys:write")
_ID = row_id("Id of the series.")


class SeriesFilter(RecurringFilter):
    class Meta:
        model = Series
        fields = ["paused", "ended"]


class SeriesViewSet(mixins.ListModelMixin, Remembered):
    queryset = Series.objects.order_by("title", "id")
    serializer_class = SeriesSerializer
    filterset_class = SeriesFilter
    read_scope = "surveys:read"
    write_scope = "surveys:write"

    def get_queryset(self) -> QuerySet[Any]:
        at = self.past()
        if at is not None:
            then = as_it_stood(Series, self.organization, at=at).select_related("unit")
            unknown = Value(None, output_field=DateField())
            past: QuerySet[Any] = then.annotate(next_opening_on=unknown)
            return past.order_by("title", "id")
        planned = Q(waves__status=Wave.Status.DRAFT, waves__due_at__isnull=False)
        rows: QuerySet[Any] = super().get_queryset().select_related("unit")
        coming = Min("waves__opens_on", filter=planned)
        found: QuerySet[Any] = rows.annotate(next_opening_on=coming).order_by("title", "id")
        return found

    def lock(self, row: Series) -> None:
        Series.objects.select_for_update(no_key=True).get(pk=row.pk)

    @DOCS.lists(
        "series_list",
        "List series",
        "Surveys that come back, or did on a day as known at a moment, by title.",
        parameters=[AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        return super().list(request, **kwargs)

    @DOCS.reads(
        "series_retrieve",
        "Read one series",
        "One series, also as it was; it is not told when it would have opened next.",
        parameters=[_ID, AS_OF, KNOWN_AT],
    )
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return self.shown(self.get_object())

    @DOCS.writes(
        "series_create",
        "Set up a series",
        "Set up a survey that comes back; its first waves are planned at once.",
        request=SeriesChangeSerializer,
        status=201,
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        given = self.taken(SeriesChangeSerializer)
        made = create_series(self.organization, **self._with_unit(given))
        return self.shown(self.get_queryset().get(pk=made.pk), status=HTTPStatus.CREATED)

    @DOCS.writes(
        "series_update",
        "Change",
        "Change a series and plan its waves anew; what was opened stays as it was.",
        request=SeriesChangeSerializer,
        parameters=[_ID, IF_MATCH],
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        given = self._with_unit(self.taken(SeriesChangeSerializer, partial=True))
        return self.change(lambda series: change_series(series, **given))

    @DOCS.writes(
        "series_end",
        "End",
        "End it for good: nothing is planned any more, and what links answers is deleted.",
        parameters=[_ID, IF_MATCH],
    )
    @action(detail=True, methods=["post"])
    def end(self, request: Request, **kwargs: Any) -> Response:
        return self.change(end_series)

    def _with_unit(self, given: dict[str, Any]) -> dict[str, Any]:
        if "unit" in given:
            given["unit"] = find("unit", self.organization.units, key=given["unit"])
        return given
