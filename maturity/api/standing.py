"""Standing: each capability's level beside its target, with confidence; each area's level."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api.operations import AS_OF, KNOWN_AT, UNIT, Docs
from maturity.api.resources import MOMENTS, Resource, find
from maturity.models import Area, Capability, RubricVersion, Score, Unit
from maturity.rubrics import area_level
from maturity.rubrics.aggregation import area_target
from maturity.rubrics.perception import Perception, perception
from maturity.selectors.perception import AreaAnswers, area_answers
from maturity.selectors.standing import FullStanding, standing_of

STATES = [(state, state) for state in Score.State.values if state != Score.State.WITHDRAWN]
AREA_STATES = [(state, state) for state in ("level", "incomplete", "not_applicable")]
VERDICTS = [
    (verdict, verdict) for verdict in ("overclaimed", "underclaimed", "no_clear_gap", "unknown")
]


class StandingSerializer(serializers.Serializer):
    """Where one capability of one scope stands on a day."""

    area = serializers.CharField(help_text="Key of the area.")
    capability = serializers.CharField(help_text="Key of the capability.")
    state = serializers.ChoiceField(choices=STATES, help_text="What counts that day.")
    level = serializers.IntegerField(allow_null=True, help_text="The level claimed.")
    effective_level = serializers.IntegerField(allow_null=True, help_text="The level that counts.")
    target = serializers.IntegerField(help_text="The target in force, else the default one.")
    target_id = serializers.IntegerField(allow_null=True, help_text="Its id; null: the default.")
    due_on = serializers.DateField(allow_null=True, help_text="By when; null: the default.")
    levels_missing = serializers.IntegerField(
        allow_null=True, help_text="From the level to the target; null: there is no level."
    )
    overdue = serializers.BooleanField(help_text="Whether the target's day has passed unreached.")
    confidence = serializers.FloatField(
        allow_null=True, help_text="From 0 to 1, as written down for that day."
    )
    stale = serializers.BooleanField(help_text="Whether its evidence is past its age.")
    score_id = serializers.IntegerField(allow_null=True, help_text="Id of the score in force.")
    exemption_id = serializers.IntegerField(
        allow_null=True, help_text="Id of the approved exemption in force."
    )


class AreaStandingSerializer(serializers.Serializer):
    """Where one area of one scope stands, and what PMs said of the same."""

    area = serializers.CharField(help_text="Key of the area.")
    name = serializers.CharField(help_text="Its name.")
    state = serializers.ChoiceField(
        choices=AREA_STATES, help_text="`incomplete`: too few capabilities were assessed."
    )
    level = serializers.IntegerField(allow_null=True, help_text="Its level; null: none.")
    target = serializers.IntegerField(allow_null=True, help_text="Its level once all targets are.")
    assessed = serializers.IntegerField(help_text="Capabilities with a level.")
    applicable = serializers.IntegerField(help_text="Capabilities that apply.")
    unknown = serializers.IntegerField(help_text="Capabilities that nobody could tell of.")
    score_ids = serializers.ListField(
        child=serializers.IntegerField(), help_text="Ids of the scores in force it rests on."
    )
    perception = serializers.ChoiceField(
        choices=VERDICTS, help_text="The level beside what PMs answered; never subtracted."
    )
    favourable_share = serializers.FloatField(
        allow_null=True, help_text="Favourable share of the PMs' answers, from released cells."
    )
    favourable_low = serializers.FloatField(allow_null=True, help_text="Its lower 90 % bound.")
    favourable_high = serializers.FloatField(allow_null=True, help_text="Its upper 90 % bound.")
    wave = serializers.CharField(allow_null=True, help_text="Key of the wave that asked.")


EXAMPLE: dict[str, Any] = {
    "area": "analytics_infrastructure",
    "capability": "event_taxonomy",
    "state": "assessed",
    "level": 3,
    "effective_level": 3,
    "target": 4,
    "target_id": 5,
    "due_on": "2026-12-31",
    "levels_missing": 1,
    "overdue": False,
    "confidence": 0.8,
    "stale": False,
    "score_id": 41,
    "exemption_id": None,
}
AREA_EXAMPLE: dict[str, Any] = {
    "area": "analytics_infrastructure",
    "name": "Analytics infrastructure",
    "state": "level",
    "level": 3,
    "target": 3,
    "assessed": 3,
    "applicable": 3,
    "unknown": 0,
    "score_ids": [41, 42, 43],
    "perception": "no_clear_gap",
    "favourable_share": 0.62,
    "favourable_low": 0.48,
    "favourable_high": 0.74,
    "wave": "spring-pulse",
}
DOCS = Docs("scores", StandingSerializer, EXAMPLE, read="assessments:read")


class _OfOneScope(Resource):
    """Rows that are worked out for one scope on one day, in the rubric's order."""

    queryset = Score.objects.order_by("pk")
    read_scope = "assessments:read"
    http_method_names = ["get", "head"]
    filter_backends = []
    asks = {"list": MOMENTS | {"unit"}}

    def where_it_stands(self) -> FullStanding:
        when = self.moment()
        unit: Unit | None = find(
            "unit", self.organization.units, key=self.request.query_params.get("unit")
        )
        return standing_of(self.organization, as_of=when.as_of, known_at=when.known_at, unit=unit)

    def capabilities(self) -> list[Capability]:
        """Of the rubric in use at that moment; none where no rubric was."""
        used = RubricVersion.objects.used_by(self.organization, at=self.moment().known_at).first()
        rows = Capability.objects.filter(rubric=used).select_related("area")
        return list(rows.order_by("position"))


class StandingViewSet(_OfOneScope):
    serializer_class = StandingSerializer

    @DOCS.lists(
        "standing_list",
        "Where capabilities stand",
        "Every capability of the rubric in use: its level, target, gap and confidence on a day.",
        parameters=[UNIT, AS_OF, KNOWN_AT],
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        standing = self.where_it_stands()
        rows = [_row(capability, standing) for capability in self.capabilities()]
        return self.page(rows, StandingSerializer)


class AreaViewSet(_OfOneScope):
    serializer_class = AreaStandingSerializer

    @DOCS.lists(
        "areas_list",
        "Where areas stand",
        "Every area's level and target, and whether PMs see it otherwise (released cells alone).",
        parameters=[UNIT, AS_OF, KNOWN_AT],
        row=AreaStandingSerializer,
        example=AREA_EXAMPLE,
    )
    def list(self, request: Request, **kwargs: Any) -> Response:
        standing, when = self.where_it_stands(), self.moment()
        by_area: dict[Area, list[Capability]] = {}
        for capability in self.capabilities():
            by_area.setdefault(capability.area, []).append(capability)
        answers = area_answers(self.organization, by_area, as_of=when.as_of, known_at=when.known_at)
        rows = [
            _area(area, parts, standing, answers.get(area.pk)) for area, parts in by_area.items()
        ]
        return self.page(rows, AreaStandingSerializer)


def _row(capability: Capability, standing: FullStanding) -> dict[str, Any]:
    pk = capability.pk
    score, target, gap = standing.scores.get(pk), standing.targets.get(pk), standing.gap(pk)
    confidence = None if score is None else standing.confidence.get(score.pk)
    exemption = standing.exemptions.get(pk)
    state, effective = standing.judged(pk)
    return {
        "area": capability.area.key,
        "capability": capability.key,
        "state": state,
        "level": None if score is None or effective is None else score.level,
        "effective_level": effective,
        "target": standing.target_level(pk),
        "target_id": None if target is None else target.pk,
        "due_on": None if target is None else target.due_on,
        "levels_missing": None if gap is None else gap.levels,
        "overdue": gap is not None and gap.overdue,
        "confidence": None if confidence is None else confidence.value,
        "stale": standing.is_stale(pk),
        "score_id": None if score is None else score.pk,
        "exemption_id": None if exemption is None else exemption.pk,
    }


def _area(
    area: Area, parts: list[Capability], standing: FullStanding, answers: AreaAnswers | None
) -> dict[str, Any]:
    level = area_level(standing.judged(part.pk) for part in parts)
    applicable = [part.pk for part in parts if part.pk not in standing.exemptions]
    # What a survey says is of the organisation; a unit's level is not compared with it.
    seen = Perception("unknown")
    if answers is not None and standing.unit_id is None:
        seen = perception(level.level, answers.items)
    return {
        "area": area.key,
        "name": area.name,
        "state": level.state,
        "level": level.level,
        "target": area_target(standing.target_level(pk) for pk in applicable),
        "assessed": level.assessed,
        "applicable": level.applicable,
        "unknown": level.unknown,
        "score_ids": [standing.scores[part.pk].pk for part in parts if part.pk in standing.scores],
        "perception": seen.verdict,
        "favourable_share": seen.share,
        "favourable_low": seen.low,
        "favourable_high": seen.high,
        "wave": None if answers is None else answers.wave_key,
    }
