"""Every public endpoint of the API on one page."""

from functools import cache
from typing import Any, NoReturn

from django.urls import include, path, re_path
from django.views.generic import TemplateView
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from maturity.api.assessments import AssessmentViewSet
from maturity.api.deliveries import DeliveryViewSet
from maturity.api.drafts import DraftViewSet
from maturity.api.endpoints import EndpointViewSet
from maturity.api.erasures import ErasureViewSet
from maturity.api.evaluations import EvaluationViewSet, VerdictViewSet
from maturity.api.evidence import EvidenceViewSet
from maturity.api.exemptions import ExemptionViewSet
from maturity.api.findings import FindingViewSet
from maturity.api.history import HistoryViewSet
from maturity.api.imports import ImportViewSet
from maturity.api.initiatives import InitiativeViewSet
from maturity.api.keys import KeyViewSet
from maturity.api.limits import Limited
from maturity.api.members import MemberViewSet
from maturity.api.notifications import NotificationsViewSet
from maturity.api.people import PersonViewSet
from maturity.api.renderers import OrjsonRenderer
from maturity.api.rubrics import RubricViewSet
from maturity.api.scores import ScoreViewSet
from maturity.api.settings import SettingsViewSet
from maturity.api.sheets import SheetViewSet
from maturity.api.signals import SignalViewSet
from maturity.api.standing import AreaViewSet, StandingViewSet
from maturity.api.targets import TargetViewSet
from maturity.api.thresholds import ThresholdsViewSet
from maturity.api.trials import TrialViewSet
from maturity.api.units import UnitViewSet
from maturity.api.work import WorkViewSet
from reports.api.boards import BoardReportViewSet, BrandViewSet
from reports.api.embeds import EmbedViewSet
from reports.api.exports import export_view
from reports.api.feed import feed_view
from reports.api.schedules import ScheduleViewSet
from reports.feed.tables import TABLES
from surveys.api.links import LinkViewSet
from surveys.api.mails import MailViewSet, RefusedAddressViewSet
from surveys.api.outside import OutsideWaveViewSet
from surveys.api.privacy import PrivacyViewSet
from surveys.api.series import SeriesViewSet
from surveys.api.translations import TranslationViewSet
from surveys.api.waves import WaveViewSet

router = SimpleRouter(trailing_slash=False, use_regex_path=False)
ORG = "orgs/<slug:org>"
router.register(f"{ORG}/areas", AreaViewSet, basename="area")
router.register(f"{ORG}/assessments", AssessmentViewSet, basename="assessment")
router.register(f"{ORG}/board-reports", BoardReportViewSet, basename="board-report")
router.register(f"{ORG}/deliveries", DeliveryViewSet, basename="delivery")
router.register(f"{ORG}/drafts", DraftViewSet, basename="draft")
router.register(f"{ORG}/embeds", EmbedViewSet, basename="embed")
router.register(f"{ORG}/erasures", ErasureViewSet, basename="erasure")
router.register(f"{ORG}/evaluations", EvaluationViewSet, basename="evaluation")
router.register(f"{ORG}/evidence", EvidenceViewSet, basename="evidence")
router.register(f"{ORG}/exemptions", ExemptionViewSet, basename="exemption")
router.register(f"{ORG}/findings", FindingViewSet, basename="finding")
router.register(f"{ORG}/imports", ImportViewSet, basename="import")
router.register(f"{ORG}/initiatives", InitiativeViewSet, basename="initiative")
router.register(f"{ORG}/keys", KeyViewSet, basename="key")
router.register(f"{ORG}/links", LinkViewSet, basename="link")
router.register(f"{ORG}/mails", MailViewSet, basename="mail")
router.register(f"{ORG}/members", MemberViewSet, basename="member")
router.register(f"{ORG}/outside-waves", OutsideWaveViewSet, basename="outside-wave")
router.register(f"{ORG}/people", PersonViewSet, basename="person")
router.register(f"{ORG}/report-schedules", ScheduleViewSet, basename="report-schedule")
router.register(f"{ORG}/refused-addresses", RefusedAddressViewSet, basename="refused-address")
router.register(f"{ORG}/rubrics", RubricViewSet, basename="rubric")
router.register(f"{ORG}/scores", ScoreViewSet, basename="score")
router.register(f"{ORG}/series", SeriesViewSet, basename="series")
router.register(f"{ORG}/signals/<str:format_name>", SignalViewSet, basename="signal")
router.register(f"{ORG}/standing", StandingViewSet, basename="standing")
router.register(f"{ORG}/targets", TargetViewSet, basename="target")
router.register(f"{ORG}/thresholds", ThresholdsViewSet, basename="thresholds")
router.register(f"{ORG}/translations", TranslationViewSet, basename="translation")
router.register(f"{ORG}/trials", TrialViewSet, basename="trial")
router.register(f"{ORG}/units", UnitViewSet, basename="unit")
router.register(f"{ORG}/verdicts", VerdictViewSet, basename="verdict")
router.register(f"{ORG}/waves", WaveViewSet, basename="wave")
router.register(f"{ORG}/webhooks", EndpointViewSet, basename="webhook")
router.register(f"{ORG}/work", WorkViewSet, basename="work")


class ForEverybody(Limited, APIView):
    """Needs no key and stands in no schema."""

    authentication_classes = []
    permission_classes = []
    schema = None


class OpenApiView(ForEverybody):
    """The contract. It takes no parameter."""

    renderer_classes = [OrjsonRenderer, OpenApiJsonRenderer]

    def get(self, request: Request) -> Response:
        return Response(contract())


@cache
def contract() -> dict[str, Any]:
    """The OpenAPI document; it depends on nothing that changes while a process runs."""
    document: dict[str, Any] = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    return document


class DocsView(TemplateView):
    """The contract for people: Swagger UI, from files of this installation alone."""

    http_method_names = ["get", "head"]
    template_name = "api/docs.html"


class UnknownAddress(ForEverybody):
    """Whatever else lies below /api/ is a problem+json 404."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        self.charge(request)
        raise NotFound


urlpatterns = [
    path("docs/", DocsView.as_view(), name="api-docs"),
    path("v1/openapi.json", OpenApiView.as_view(), name="openapi"),
    path("v1/", include(router.urls)),
    path(
        f"v1/{ORG}/settings",
        SettingsViewSet.as_view({"get": "retrieve", "patch": "partial_update"}, detail=True),
        name="settings",
    ),
    path(
        f"v1/{ORG}/privacy",
        PrivacyViewSet.as_view({"get": "retrieve", "put": "update"}, detail=True),
        name="privacy",
    ),
    path(
        f"v1/{ORG}/notifications",
        NotificationsViewSet.as_view({"get": "retrieve", "put": "update"}, detail=True),
        name="notifications",
    ),
    path(
        f"v1/{ORG}/brand",
        BrandViewSet.as_view({"get": "retrieve", "put": "update"}, detail=True),
        name="brand",
    ),
    path(
        f"v1/{ORG}/sheets/<slug:format_name>.<slug:suffix>",
        SheetViewSet.as_view({"get": "retrieve"}, detail=True),
        name="sheet",
    ),
    path(
        f"v1/{ORG}/history",
        HistoryViewSet.as_view({"get": "list"}, detail=False),
        name="history",
    ),
    *(
        path(f"v1/feed/{table.name}", feed_view(table), name=f"feed-{table.name}")
        for table in TABLES
    ),
    *(
        path(
            f"v1/feed/{table.name}.<str:suffix>",
            export_view(table),
            name=f"export-{table.name}",
        )
        for table in TABLES
    ),
    # But for the address that a slash is missing from, which is sent on.
    re_path(r"^(?!docs$)", UnknownAddress.as_view()),
]
