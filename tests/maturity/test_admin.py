"""Every page of the admin × owner of another tenant, viewer, anonymous: a table, not a memory."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, resolve, reverse

from maturity.admin.base import OrganizationScopedAdmin, ReferenceAdmin
from maturity.admin.users import UserAdmin
from maturity.models import (
    AssessmentDraft,
    Evidence,
    Exemption,
    ImportJob,
    ImportRun,
    Organization,
    QuarantinedRow,
    Target,
)
from maturity.services.keys import create_key
from reports.models import BoardReport, Brand
from reports.services.embeds import create_embed
from reports.services.schedules import create_schedule
from tests.factories import (
    AssessmentFactory,
    CapabilityFactory,
    DeliveryFactory,
    EndpointFactory,
    ErasureFactory,
    EvaluationFactory,
    FindingFactory,
    InitiativeFactory,
    MembershipFactory,
    OrganizationFactory,
    PlacementFactory,
    RubricVersionFactory,
    ScoreFactory,
    ThresholdsTrialFactory,
    ThresholdsVersionFactory,
    UnitVersionFactory,
    UserFactory,
    VerdictRecordFactory,
)
from tests.surveys.factories import (
    MessageFactory,
    OutsideWaveFactory,
    PrivacySettingFactory,
    RefusedAddressFactory,
    SeriesFactory,
    WaveFactory,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
# What stands on every row of another tenant, and may never stand on a page of ours.
FOREIGN = "Zenith"


def import_run(organization: Organization) -> ImportRun:
    return ImportRun.objects.create(
        organization=organization,
        format="gates",
        file_name=f"{organization.name}.csv",
        sha256="0" * 64,
        status=ImportRun.Status.STORED,
        started_at=AT,
        finished_at=AT,
        recorded_at=AT,
    )


def import_job(organization: Organization) -> ImportJob:
    return ImportJob.objects.create(
        organization=organization,
        format="units",
        file_name=f"{organization.name}.csv",
        content=b"x",
        state="checked",
    )


def quarantined_row(organization: Organization) -> QuarantinedRow:
    run = import_run(organization)
    return QuarantinedRow.objects.create(
        organization=organization, run=run, line=2, reason=f"{organization.name}: no date"
    )


def assessment(organization: Organization) -> Model:
    unit = named_unit(organization)
    row = AssessmentFactory(organization=organization, unit=unit, note=organization.name)
    ScoreFactory(assessment=row, note=organization.name)
    return row


def placed_person(organization: Organization) -> Model:
    unit = named_unit(organization)
    return PlacementFactory(
        person__organization=organization, person__name=organization.name, unit=unit
    ).person


def named_unit(organization: Organization) -> Model:
    return UnitVersionFactory(unit__organization=organization, name=organization.name).unit


def finding(organization: Organization) -> Model:
    key = f"pitfall_{organization.findings.count()}"
    return FindingFactory(
        organization=organization, verdict__message=organization.name, verdict__key=key
    )


def verdict(organization: Organization) -> Model:
    return VerdictRecordFactory(evaluation__organization=organization, message=organization.name)


def outside_wave(organization: Organization) -> Model:
    key = f"{organization.name} {organization.outside_waves.count()}"
    return OutsideWaveFactory(organization=organization, key=key)


def delivery(organization: Organization) -> Model:
    return DeliveryFactory(organization=organization, notification__title=organization.name)


def draft(organization: Organization) -> Model:
    author = MembershipFactory(organization=organization, user__name=organization.name).user
    return AssessmentDraft.objects.create(
        organization=organization,
        rubric=RubricVersionFactory(),
        unit=named_unit(organization),
        valid_from=date(2026, 3, 1),
        note=organization.name,
        author=author,
    )


def evidence(organization: Organization) -> Model:
    return Evidence.objects.create(
        organization=organization,
        kind="link",
        title=organization.name,
        link="https://wiki.example.org/x",
        observed_on=date(2026, 3, 1),
        recorded_at=AT,
    )


def exemption(organization: Organization) -> Model:
    return Exemption.objects.create(
        organization=organization,
        capability=CapabilityFactory(),
        unit=named_unit(organization),
        reason=organization.name,
        valid_from=date(2026, 3, 1),
        ends_on=date(2027, 3, 1),
        recorded_at=AT,
    )


def target(organization: Organization) -> Model:
    return Target.objects.create(
        organization=organization,
        capability=CapabilityFactory(),
        unit=named_unit(organization),
        level=4,
        due_on=date(2027, 3, 1),
        owner=organization.name,
        reason=organization.name,
        valid_from=date(2026, 3, 1),
        recorded_at=AT,
    )


def score(organization: Organization) -> Model:
    return ScoreFactory(
        assessment__organization=organization,
        assessment__unit=named_unit(organization),
        note=organization.name,
    )


def board_report(organization: Organization) -> Model:
    return BoardReport.objects.create(
        organization=organization,
        as_of=date(2026, 3, 1),
        known_at=AT,
        snapshot={"areas": [], "sections": [], "words": {}},
        colour="#000000",
        state="failed",
        failure=organization.name,
    )


def report_schedule(organization: Organization) -> Model:
    member = MembershipFactory(organization=organization, user__name=organization.name).user
    return create_schedule(
        organization,
        recipients=[member],
        by=None,
        name=organization.name,
        rule="FREQ=MONTHLY",
        starts_on=date(2026, 3, 1),
    )


# One more row of the kind in an organisation; a registered model without a line here fails.
ROW_OF: dict[str, Callable[[Organization], Model]] = {
    "reports.boardreport": board_report,
    "reports.brand": lambda o: Brand.objects.get_or_create(organization=o)[0],
    "reports.reportschedule": report_schedule,
    "reports.embed": lambda o: create_embed(o, shows="areas", name=o.name, by=None),
    "maturity.apikey": lambda o: create_key([o], scopes=["feed:read"], name=o.name)[0],
    "maturity.assessment": assessment,
    "maturity.delivery": delivery,
    "maturity.endpoint": lambda o: EndpointFactory(organization=o, name=o.name),
    "maturity.erasure": lambda o: ErasureFactory(organization=o, reason=o.name, slug=o.slug),
    "maturity.assessmentdraft": draft,
    "maturity.evaluation": lambda o: EvaluationFactory(organization=o),
    "maturity.evidence": evidence,
    "maturity.exemption": exemption,
    "maturity.finding": finding,
    "maturity.importjob": import_job,
    "maturity.importrun": import_run,
    "maturity.initiative": lambda o: InitiativeFactory(organization=o, title=o.name),
    "maturity.organization": lambda o: o,
    "maturity.person": placed_person,
    "maturity.quarantinedrow": quarantined_row,
    "maturity.thresholdstrial": lambda o: ThresholdsTrialFactory(organization=o, user__name=o.name),
    "maturity.thresholdsversion": lambda o: ThresholdsVersionFactory(organization=o, reason=o.name),
    "maturity.score": score,
    "maturity.target": target,
    "maturity.unit": named_unit,
    "maturity.verdictrecord": verdict,
    "surveys.message": lambda o: MessageFactory(
        wave__organization=o, wave__closed=True, person__name=o.name
    ),
    "surveys.refusedaddress": lambda o: RefusedAddressFactory(
        person__organization=o, person__name=o.name
    ),
    "surveys.privacysetting": lambda o: PrivacySettingFactory(organization=o),
    "surveys.series": lambda o: SeriesFactory(organization=o, title=o.name),
    "surveys.outsidewave": outside_wave,
    "surveys.wave": lambda o: WaveFactory(organization=o, title=o.name, closed=True),
}
MODEL_ADMINS = {
    model._meta.label_lower: model_admin for model, model_admin in admin.site._registry.items()
}
SCOPED = sorted(
    label
    for label, model_admin in MODEL_ADMINS.items()
    if isinstance(model_admin, OrganizationScopedAdmin)
)
ALL = pytest.mark.parametrize("label", SCOPED)
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|TRUNCATE)\b.*?\"(?!django_session)", re.DOTALL)


@pytest.fixture
def other(db):
    return OrganizationFactory(slug="zenith", name=FOREIGN, timezone="Asia/Tokyo")


@pytest.fixture
def lead(login, ana):
    return login(ana)


@pytest.fixture
def viewer(login, vera):
    return login(vera)


def address(label, page, *args):
    return reverse(f"admin:{label.replace('.', '_')}_{page}", args=args)


def addresses(label, row):
    """Every page of a model: those without a row, and those of this row."""
    for pattern in MODEL_ADMINS[label].get_urls():
        if pattern.name is None:
            continue
        of_organization = [getattr(row, "organization_id", row.pk), "roster", "csv"]
        for args in ([row.pk], [], [row.pk, part_of(row)], of_organization):
            try:
                yield reverse(f"admin:{pattern.name}", args=args), bool(args)
            except NoReverseMatch:
                continue


def part_of(row):
    """A row below this one, for pages that are about both."""
    scores = getattr(row, "scores", None)
    part = scores.first() if hasattr(scores, "first") else None
    return part.pk if part else 1


def of_row(label, row):
    return [url for url, has_row in addresses(label, row) if has_row]


def test_every_model_is_scoped_or_nobodys():
    unscoped = {
        label
        for label, model_admin in MODEL_ADMINS.items()
        if not isinstance(model_admin, OrganizationScopedAdmin | ReferenceAdmin | UserAdmin)
    }

    assert unscoped == set()
    assert {name for name in SCOPED if MODEL_ADMINS[name].editors_only} == {
        "maturity.apikey",
        "maturity.delivery",
        "maturity.endpoint",
        "maturity.erasure",
        "maturity.importjob",
        "maturity.assessmentdraft",
        "maturity.quarantinedrow",
        "reports.embed",
        "reports.reportschedule",
        "surveys.message",
        "surveys.refusedaddress",
    }
    assert set(SCOPED) - ROW_OF.keys() == set(), "add a row for it to ROW_OF"


@ALL
class TestRowsOfOthers:
    def test_they_are_not_in_the_list(self, label, lead, organization, other):
        mine, theirs = ROW_OF[label](organization), ROW_OF[label](other)

        page = lead.get(address(label, "changelist")).content.decode()

        assert address(label, "change", mine.pk) in page
        assert address(label, "change", theirs.pk) not in page
        assert FOREIGN not in page

    def test_no_search_and_no_filter_brings_them(self, label, lead, organization, other):
        ROW_OF[label](organization), ROW_OF[label](other)

        for query in (
            {"q": FOREIGN[:4]},
            {"organization": other.pk},
            {"organization__id__exact": other.pk},
            {"organization__name__startswith": "Z"},
        ):
            page = lead.get(address(label, "changelist"), query, follow=True).content.decode()
            assert FOREIGN not in page

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_their_pages_do_not_exist(self, label, method, lead, organization, other):
        ROW_OF[label](organization)
        theirs = ROW_OF[label](other)

        for url in of_row(label, theirs):
            unknown = getattr(lead, method)(url.replace(f"/{theirs.pk}/", "/987654321/"))
            with CaptureQueriesContext(connection) as captured:
                response = getattr(lead, method)(url)

            # Nobody can tell another tenant's row from one that never was.
            assert response.status_code == unknown.status_code, url
            assert response.status_code in {302, 403, 404, 405}, url
            assert response.headers.get("Location") == unknown.headers.get("Location"), url
            assert FOREIGN not in response.content.decode(), url
            assert writes(captured) == [], url

    def test_they_are_neither_offered_nor_completed(self, label, lead, organization, other):
        mine = ROW_OF[label](organization)
        for make in ROW_OF.values():
            make(other)

        adding = lead.get(address(label, "add"))
        changing = lead.get(address(label, "change", mine.pk))

        assert adding.status_code == (200 if MODEL_ADMINS[label].can_add else 403) or (
            label == "maturity.organization" and adding.status_code == 403
        )
        assert changing.status_code == 200
        for page in (adding, changing):
            assert FOREIGN not in page.content.decode()
        fields = [f for f in MODEL_ADMINS[label].model._meta.get_fields() if f.many_to_one]

        for each in fields:
            app, model = label.split(".")
            answer = lead.get(
                reverse("admin:autocomplete"),
                {"app_label": app, "model_name": model, "field_name": each.name, "term": "Z"},
            )
            assert answer.status_code in {200, 403, 404}
            assert FOREIGN not in answer.content.decode()

    def test_an_operator_sees_both(self, label, login, organization, other):
        client = login(UserFactory(is_staff=True, is_superuser=True))
        rows = [ROW_OF[label](organization), ROW_OF[label](other)]

        page = client.get(address(label, "changelist")).content.decode()

        assert [address(label, "change", row.pk) in page for row in rows] == [True, True]


@ALL
class TestViewers:
    def test_they_read_and_change_nothing(self, label, viewer, organization):
        mine = ROW_OF[label](organization)

        for url, _has_row in addresses(label, mine):
            with CaptureQueriesContext(connection) as captured:
                response = viewer.post(
                    url, {"_save": "1", "post": "yes", "action": "delete_selected"}
                )

            # Lists and histories are read, whatever the method.
            read = url in {address(label, "changelist"), address(label, "history", mine.pk)}
            assert response.status_code in {302, 403, 404, 405} or read, url
            assert writes(captured) == [], url

    def test_no_page_offers_them_to_save(self, label, viewer, organization):
        mine = ROW_OF[label](organization)
        expected = 403 if MODEL_ADMINS[label].editors_only else 200

        for url in (address(label, "changelist"), address(label, "change", mine.pk)):
            response = viewer.get(url)
            page = response.content.decode()

            # A row that is the editors' alone is, for a viewer, not there.
            assert response.status_code == expected or (expected, response.status_code) == (
                403,
                302,
            )
            for control in ('name="_save"', "deletelink", "addlink", "Score sheet</a>", "/revoke/"):
                assert control not in page, (url, control)
        assert viewer.get(address(label, "add")).status_code == 403


@ALL
def test_what_is_on_the_record_is_changed_by_nobody(label, login, organization):
    if MODEL_ADMINS[label].can_change or label == "surveys.wave":
        pytest.skip("it can be changed")
    client = login(UserFactory(is_staff=True, is_superuser=True))
    mine = ROW_OF[label](organization)

    changed = client.post(address(label, "change", mine.pk), {"_save": "1"})
    deleted = client.post(address(label, "delete", mine.pk), {"post": "yes"})

    assert (changed.status_code, deleted.status_code) == (403, 403)


@pytest.mark.parametrize("label", sorted(MODEL_ADMINS))
def test_anonymous_is_sent_to_log_in(label, client, organization):
    row = ROW_OF.get(label, {"maturity.user": lambda _o: UserFactory()}.get(label, _rubric))(
        organization
    )

    for url, _has_row in addresses(label, row):
        for method in (client.get, client.post):
            response = method(url)
            assert response.status_code == 302, url
            assert response.url.startswith("/admin/login/?next="), url


@ALL
def test_a_list_is_flat_in_queries(label, lead, organization):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert lead.get(address(label, "changelist")).status_code == 200
        return len(captured)

    ROW_OF[label](organization)
    queries()  # content types and the like are remembered from here on
    few = queries()
    for _ in range(8):
        if label == "maturity.organization":
            MembershipFactory(user_id=lead.session["_auth_user_id"], role="ops_lead")
        else:
            ROW_OF[label](organization)

    assert queries() <= few + (1 if label == "maturity.organization" else 0)


# Besides what each list's own filters are asked.
HOSTILE = (
    "p=abc", "p=-1", "q=%00", "o=zz.9", "organization=abc", "e=1", "all=", "x=y",
    "unit=%00", "state=%00", "run=%00", "role=x", "status__exact=%00", "kind=%00",
    "valid_from__year=abc", "period_end__month=99", "_to_field=organization", "_popup=1",
)  # fmt: skip


@ALL
def test_no_query_breaks_a_list(label, lead, organization):
    ROW_OF[label](organization)
    filters = [
        f"{name}={value}"
        for each in lead.get(address(label, "changelist")).context["cl"].filter_specs
        for name in each.expected_parameters()
        for value in ("%00", "abc")
    ]

    for query in (*HOSTILE, *filters):
        response = lead.get(f"{address(label, 'changelist')}?{query}")
        assert response.status_code in {200, 302, 400}, query


@ALL
def test_no_id_breaks_a_page(label, lead, organization):
    for pk in ("abc", "0", "9" * 30, "%00", "..", "1_2"):
        for page in ("change", "history", "delete"):
            url = address(label, page, 1).replace("/1/", f"/{pk}/")
            assert lead.get(url).status_code in {302, 403, 404}, url


def writes(captured):
    return [query["sql"] for query in captured if WRITES.match(query["sql"])]


def _rubric(_organization):
    return RubricVersionFactory()


@pytest.mark.parametrize("label", SCOPED)
def test_every_page_is_on_the_table(label, organization):
    """A page that cannot be addressed here would be tested by none of the above."""
    row = ROW_OF[label](organization)
    names = {pattern.name for pattern in MODEL_ADMINS[label].get_urls() if pattern.name}
    tried = {resolve(url).url_name for url, _has_row in addresses(label, row)}

    assert names - tried == set()


@pytest.mark.parametrize("label", SCOPED)
@pytest.mark.parametrize("role", ["viewer", "ops_lead", "owner", "operator"])
def test_reading_a_page_writes_nothing_and_never_fails(label, role, login, organization):
    mine = ROW_OF[label](organization)
    user = UserFactory(is_superuser=role == "operator", is_staff=role == "operator")
    if role != "operator":
        MembershipFactory(organization=organization, user=user, role=role)
    client = login(user)

    for url, _has_row in addresses(label, mine):
        with CaptureQueriesContext(connection) as captured:
            response = client.get(url)
        # 409: a page that says why its step cannot be taken now.
        assert response.status_code in {200, 302, 403, 404, 405, 409}, url
        assert writes(captured) == [], url


@pytest.mark.parametrize("label", sorted(MODEL_ADMINS))
def test_a_viewer_is_offered_no_action(label, vera):
    request = RequestFactory().get("/admin/")
    request.user = vera

    assert MODEL_ADMINS[label].get_actions(request) == {}


def test_an_account_is_named_where_it_may_not_be_read_and_never_linked(login, ana, organization):
    ana.name = "Ana <b>& Co"
    ana.save()
    rows = {
        "finding": FindingFactory(organization=organization, owner=ana),
        "initiative": InitiativeFactory(organization=organization, owner=ana),
        "endpoint": EndpointFactory(organization=organization, created_by=ana),
    }

    for label, row in rows.items():
        url = reverse(f"admin:maturity_{label}_change", args=[row.pk])
        page = login(ana).get(url).content.decode()
        assert "Ana &lt;b&gt;&amp; Co" in page, label
        assert reverse("admin:maturity_user_change", args=[ana.pk]) not in page, label
