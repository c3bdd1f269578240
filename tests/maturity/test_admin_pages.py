"""What ops leads and owners do in the admin beside scoring: people, units, keys, members."""

import re
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.contrib import admin
from django.urls import reverse

from maturity.models import ApiKey, Membership, Organization, Person, Unit, User
from maturity.services.keys import create_key, find_key
from maturity.services.people import place_person
from maturity.services.units import place_unit
from tests.factories import (
    AssessmentFactory,
    EvaluationFactory,
    FindingFactory,
    MembershipFactory,
    OrganizationFactory,
    UnitVersionFactory,
    UserFactory,
    VerdictRecordFactory,
)

SINCE = date(2025, 1, 1)
NEW_PERSON = {"email": "pia@acme.example", "name": "Pia", "role": "pm", "valid_from": "2026-01-01"}


@pytest.fixture
def lead(login, ana):
    return login(ana)


@pytest.fixture
def owner(organization):
    user = UserFactory(email="olga@acme.example")
    MembershipFactory(organization=organization, user=user, role=Membership.Role.OWNER)
    return user


@pytest.fixture
def operator(login, db):
    return login(UserFactory(is_staff=True, is_superuser=True))


def address(label, page, *args):
    return reverse(f"admin:{label}_{page}", args=args)


class TestLogIn:
    def log_in(self, client, email):
        return client.post("/admin/login/", {"username": email, "password": "correct horse"})

    def test_a_member_logs_in_by_mail_address_in_any_case(self, client, organization):
        user = User.objects.create_user("ida@acme.example", "correct horse")
        MembershipFactory(organization=organization, user=user, role=Membership.Role.VIEWER)

        response = self.log_in(client, "Ida@Acme.example")

        assert response.status_code == 302
        assert "Acme" in client.get("/admin/").content.decode()

    def test_who_belongs_nowhere_is_told_what_to_do(self, client, db):
        User.objects.create_user("lost@example.com", "correct horse")

        response = self.log_in(client, "lost@example.com")

        assert "belongs to no organisation yet" in response.content.decode()
        assert client.get("/admin/").status_code == 302

    def test_a_wrong_password_says_nothing_about_the_account(self, client, organization, ana):
        known = client.post("/admin/login/", {"username": ana.email, "password": "x"})
        unknown = client.post("/admin/login/", {"username": "who@acme.example", "password": "x"})

        message = "The e-mail address and the password do not belong together."
        assert message in known.content.decode()
        assert message in unknown.content.decode()

    @pytest.mark.parametrize("name", ["a\x00b", "x" * 5000, ""])
    def test_hostile_names_are_refused(self, client, db, name):
        assert self.log_in(client, name).status_code == 200

    def test_a_deactivated_member_is_out(self, lead, ana):
        ana.is_active = False
        ana.save()

        assert lead.get("/admin/").status_code == 302


class TestTheWorkplace:
    def test_the_sidebar_leads_to_everything_one_may_see(self, lead, operator, organization):
        for client, seen_by_all in ((lead, False), (operator, True)):
            page = client.get("/admin/").content.decode()
            for model in admin.site._registry:
                url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
                assert (url in page) == (seen_by_all or model is not User), url

    def test_it_offers_the_sheet_to_those_who_may_score(self, lead, login, vera, organization):
        AssessmentFactory(organization=organization, valid_from=date(2026, 2, 1))
        sheet = address("maturity_organization", "score_sheet", organization.pk)

        assert sheet in lead.get("/admin/").content.decode()
        assert "Last assessment true from 1 February 2026." in lead.get("/admin/").content.decode()
        assert sheet not in login(vera).get("/admin/").content.decode()

    def test_it_is_flat_in_queries(self, lead, ana, organization, django_assert_num_queries):
        for _ in range(6):
            row = MembershipFactory(user=ana)
            AssessmentFactory.create_batch(2, organization=row.organization)

        # 1 session, 2 user, 3 memberships, 4 organisations with their counts
        with django_assert_num_queries(4):
            lead.get("/admin/")

    def test_the_pages_evaluate_expressions_but_no_inline_script(self, lead):
        page = lead.get("/admin/")
        policy = dict(part.split(" ", 1) for part in page["Content-Security-Policy"].split("; "))

        assert policy["script-src"] == "'self' 'unsafe-eval'"
        assert policy["default-src"] == "'self'"
        assert "style-src" not in policy
        assert "<style" not in page.content.decode()
        assert re.findall(r"<script(?![^>]*\bsrc=)", page.content.decode()) == []
        assert "unsafe" not in lead.get("/login")["Content-Security-Policy"]

    def test_a_nul_in_the_query_is_a_bad_request(self, lead):
        assert lead.get("/admin/maturity/assessment/?status__exact=%00").status_code == 400

    def test_an_empty_list_says_what_to_do(self, lead, organization):
        empty = lead.get(address("maturity_finding", "changelist")).content.decode()
        filtered = lead.get(address("maturity_person", "changelist"), {"q": "x"}).content.decode()

        assert "The verdicts say what was checked and what is unknown." in empty
        assert "Nothing matches the search and the filters." in filtered

    def test_a_finding_is_read_in_words(self, lead, organization):
        finding = FindingFactory(
            organization=organization, verdict__key="separate_career_path", severity="high"
        )

        page = lead.get(address("maturity_finding", "change", finding.pk)).content.decode()

        assert "Separate career path" in page
        assert "Half of requests wait more than 3 working days." in page
        assert "(&#x27;" not in page

    def test_only_the_newest_evaluation_is_listed_as_verdicts(self, lead, organization):
        for day, key in ((date(2026, 1, 1), "too_early"), (date(2026, 2, 1), "unused_tools")):
            evaluation = EvaluationFactory(organization=organization, period_end=day)
            VerdictRecordFactory(evaluation=evaluation, key=key)

        page = lead.get(address("maturity_verdictrecord", "changelist")).content.decode()

        assert "Unused tools" in page
        assert "Too early" not in page


class TestOrganisations:
    def test_only_an_operator_creates_one(self, operator, lead, ana):
        form = {"name": "Nova", "slug": "nova", "timezone": "Asia/Tokyo", "owner": ana.pk}

        refused = lead.post(address("maturity_organization", "add"), form)
        made = operator.post(address("maturity_organization", "add"), form)

        nova = Organization.objects.get(slug="nova")
        assert (refused.status_code, made.status_code) == (403, 302)
        assert (nova.name, nova.timezone) == ("Nova", "Asia/Tokyo")
        assert nova.memberships.get().user == ana
        assert nova.memberships.get().role == "owner"

    def test_a_slug_that_is_taken_keeps_what_was_typed(self, operator, organization):
        form = {"name": "Nova", "slug": "acme", "timezone": "UTC"}

        page = operator.post(address("maturity_organization", "add"), form).content.decode()

        assert "already exists" in page
        assert 'value="Nova"' in page

    def test_the_name_and_the_zone_change_and_the_slug_stays(self, lead, organization):
        url = address("maturity_organization", "change", organization.pk)

        lead.post(url, {"name": "Acme Inc.", "timezone": "Asia/Tokyo", "slug": "taken"})
        lead.post(url, {"name": "Acme Inc.", "timezone": "Mars/Olympus"})

        organization.refresh_from_db()
        assert (organization.name, organization.slug) == ("Acme Inc.", "acme")
        assert organization.timezone == "Asia/Tokyo"


class TestMembers:
    def post(self, client, organization, rows, *, initial=0):
        form = {
            "name": organization.name,
            "timezone": organization.timezone,
            "memberships-TOTAL_FORMS": len(rows),
            "memberships-INITIAL_FORMS": initial,
        }
        for number, row in enumerate(rows):
            form |= {f"memberships-{number}-{name}": value for name, value in row.items()}
        url = address("maturity_organization", "change", organization.pk)
        return client.post(url, form, follow=True).content.decode()

    def kept(self, organization):
        return [
            {"id": row.pk, "role": row.role, "email": row.user.email}
            for row in organization.memberships.order_by("pk")
        ]

    def test_an_owner_lets_people_in(self, login, owner, organization, carl):
        rows = self.kept(organization)
        rows += [
            {"email": "CARL@other.example", "role": "viewer"},
            {"email": "new@acme.example", "role": "ops_lead"},
        ]

        page = self.post(login(owner), organization, rows, initial=1)

        roles = dict(organization.memberships.values_list("user__email", "role"))
        assert roles[carl.email] == "viewer"
        assert roles["new@acme.example"] == "ops_lead"
        assert not User.objects.get(email="new@acme.example").has_usable_password()
        assert "New accounts without a password" in page
        assert carl.email not in page.split("New accounts without a password")[1][:80]

    def test_ops_leads_neither_see_nor_change_members(self, lead, owner, organization):
        page = self.post(lead, organization, [{"email": "new@acme.example", "role": "owner"}])

        assert owner.email not in page
        assert not User.objects.filter(email="new@acme.example").exists()

    def test_an_organisation_keeps_an_owner(self, login, owner, organization):
        rows = self.kept(organization)

        demoted = self.post(login(owner), organization, [{**rows[0], "role": "viewer"}], initial=1)
        removed = self.post(login(owner), organization, [{**rows[0], "DELETE": "on"}], initial=1)

        for page in (demoted, removed):
            assert "An organisation keeps at least one owner." in page
        assert organization.memberships.get().role == "owner"

    def test_nobody_is_a_member_twice(self, login, owner, organization):
        rows = [*self.kept(organization), {"email": owner.email.upper(), "role": "viewer"}]

        page = self.post(login(owner), organization, rows, initial=1)

        assert "An address stands here twice." in page
        assert organization.memberships.get().role == "owner"


class TestKeys:
    form = {"name": "Power BI", "scopes": ["feed:read"]}

    def make(self, client, *organizations, **changed):
        rows = {"organizations": [organization.pk for organization in organizations]}
        return client.post(address("maturity_apikey", "add"), {**self.form, **rows, **changed})

    def test_the_secret_is_shown_once(self, lead, organization, ana):
        response = self.make(lead, organization)

        key = ApiKey.objects.get()
        secret = re.search(r"plumb_[\w-]+", response.content.decode())[0]
        assert find_key(secret, at=datetime.now(UTC)) == key
        assert (key.scopes, key.created_by, key.expires_at) == (["feed:read"], ana, None)
        assert list(key.organizations.all()) == [organization]
        assert "no-store" in response["Cache-Control"]
        for page in ("changelist", "change", "history"):
            args = [] if page == "changelist" else [key.pk]
            shown = lead.get(address("maturity_apikey", page, *args)).content.decode()
            assert secret not in shown
            assert key.digest not in shown

    def test_a_key_opens_only_what_its_maker_may_edit(self, lead, organization, carl):
        theirs = carl.memberships.get().organization

        page = self.make(lead, organization, theirs).content.decode()

        assert "is not one of the available choices" in page
        assert not ApiKey.objects.exists()

    @time_machine.travel("2026-03-01 12:00Z", tick=False)
    def test_it_works_to_the_end_of_its_last_day(self, lead, organization):
        over = self.make(lead, organization, last_day="2026-02-28")
        self.make(lead, organization, last_day="2026-03-01")

        assert "This day is over." in over.content.decode()
        assert ApiKey.objects.get().expires_at == datetime(2026, 3, 2, tzinfo=UTC)

    def test_revoking_ends_it(self, lead, organization):
        key, secret = create_key([organization], scopes=["feed:read"], name="Old")

        got = lead.get(address("maturity_apikey", "revoke", key.pk))
        lead.post(address("maturity_apikey", "revoke", key.pk))

        assert got.status_code == 405
        assert find_key(secret, at=datetime.now(UTC)) is None

    def test_a_shared_key_is_counted_not_named_and_not_ours_to_revoke(self, lead, organization):
        other = OrganizationFactory(name="Zenith")
        key, _secret = create_key([organization, other], scopes=["feed:read"], name="Shared")

        page = lead.get(address("maturity_apikey", "change", key.pk)).content.decode()
        response = lead.post(address("maturity_apikey", "revoke", key.pk))

        assert "Acme, 1 more" in page
        assert "Zenith" not in page
        assert "Revoke this key" not in page
        assert response.status_code == 403
        key.refresh_from_db()
        assert key.revoked_at is None


class TestUnits:
    def form(self, organization, **changed):
        row = {"key": "pay", "name": "Payments", "parent": "", "valid_from": "2026-01-01"}
        return {"organization": organization.pk, **row, **changed}

    def test_a_unit_is_added_and_moved_on_the_record(self, lead, organization):
        top = place_unit(organization, "top", name="Top", parent=None, valid_from=SINCE)

        lead.post(address("maturity_unit", "add"), self.form(organization))
        unit = Unit.objects.get(key="pay")
        moved = lead.post(
            address("maturity_unit", "place", unit.pk),
            {"name": "Payments & ledger", "parent": top.pk, "valid_from": "2026-02-01"},
        )

        versions = unit.versions.filter(recorded__upper_inf=True).order_by("valid")
        assert moved.status_code == 302
        assert [(v.name, v.parent, v.valid.lower) for v in versions] == [
            ("Payments", None, date(2026, 1, 1)),
            ("Payments & ledger", top, date(2026, 2, 1)),
        ]
        assert unit.versions.count() == 3
        assert (
            "Payments &amp; ledger"
            in lead.get(address("maturity_unit", "changelist")).content.decode()
        )

    def test_a_cycle_is_refused_and_what_was_typed_stays(self, lead, organization):
        top = place_unit(organization, "top", name="Top", parent=None, valid_from=SINCE)
        low = place_unit(organization, "low", name="Low", parent=top, valid_from=SINCE)

        page = lead.post(
            address("maturity_unit", "place", top.pk),
            {"name": "Turned", "parent": low.pk, "valid_from": "2026-01-01"},
        ).content.decode()

        assert "would stand below itself" in page
        assert 'value="Turned"' in page
        assert top.versions.count() == 1

    def test_a_key_that_is_taken_moves_nothing(self, lead, organization):
        place_unit(organization, "pay", name="Pay", parent=None, valid_from=SINCE)

        page = lead.post(address("maturity_unit", "add"), self.form(organization)).content.decode()

        assert "There is already a unit with this key." in page
        assert Unit.objects.get(key="pay").versions.get().name == "Pay"

    def test_a_parent_of_others_is_no_choice(self, lead, organization):
        foreign = UnitVersionFactory().unit

        form = self.form(organization, parent=foreign.pk)
        page = lead.post(address("maturity_unit", "add"), form).content.decode()

        assert "Select a valid choice" in page
        assert not Unit.objects.filter(key="pay").exists()


class TestPeople:
    def spans(self, client, person, *rows):
        form = {
            "email": person.email,
            "language": "en",
            "placements-TOTAL_FORMS": len(rows),
            "placements-INITIAL_FORMS": person.placements.count(),
        }
        for number, (pk, unit, start, end) in enumerate(rows):
            prefix = f"placements-{number}-"
            form |= {
                f"{prefix}id": pk or "",
                f"{prefix}role": "pm",
                f"{prefix}unit": unit,
                f"{prefix}valid_0": start,
                f"{prefix}valid_1": end,
            }
        url = address("maturity_person", "change", person.pk)
        return client.post(url, form).content.decode()

    def test_a_person_is_added_with_a_place(self, lead, organization):
        team = place_unit(organization, "team", name="Team", parent=None, valid_from=SINCE)
        form = {**NEW_PERSON, "organization": organization.pk, "unit": team.pk}

        lead.post(address("maturity_person", "add"), form)
        twice = lead.post(address("maturity_person", "add"), form).content.decode()

        person = Person.objects.get()
        placement = person.placements.get()
        assert (person.email, person.organization) == ("pia@acme.example", organization)
        assert (placement.role, placement.unit) == ("pm", team)
        assert placement.valid.lower == date(2026, 1, 1)
        assert "This address is already on the roster." in twice

    def test_a_unit_of_others_is_no_choice(self, lead, organization):
        foreign = UnitVersionFactory().unit
        form = {**NEW_PERSON, "organization": organization.pk, "unit": foreign.pk}
        person = place_person(organization, "ben@acme.example", role="pm", valid_from=SINCE)
        row = person.placements.get()

        added = lead.post(address("maturity_person", "add"), form).content.decode()
        moved = self.spans(lead, person, (row.pk, foreign.pk, "2025-01-01", ""))

        assert "Select a valid choice" in added
        assert "Select a valid choice" in moved
        assert Person.objects.get().placements.get().unit is None

    def test_one_place_ends_while_the_next_begins(self, lead, organization):
        person = place_person(organization, "ben@acme.example", role="pm", valid_from=SINCE)
        row = person.placements.get()

        overlap = self.spans(
            lead, person, (row.pk, "", "2025-01-01", ""), (None, "", "2026-01-01", "")
        )
        self.spans(
            lead, person, (row.pk, "", "2025-01-01", "2026-01-01"), (None, "", "2026-01-01", "")
        )

        spans = [placement.valid for placement in person.placements.order_by("valid")]
        assert "Two placements overlap" in overlap
        assert [(span.lower, span.upper) for span in spans] == [
            (SINCE, date(2026, 1, 1)),
            (date(2026, 1, 1), None),
        ]
        assert person.placements.filter(organization=organization).count() == 2

    def test_an_address_that_is_taken_is_refused(self, lead, organization):
        place_person(organization, "ann@acme.example", role="pm", valid_from=SINCE)
        person = place_person(organization, "ben@acme.example", role="pm", valid_from=SINCE)
        person.email = "ANN@acme.example"

        page = self.spans(lead, person, (person.placements.get().pk, "", "2025-01-01", ""))

        person.refresh_from_db()
        assert "This address is already on the roster." in page
        assert person.email == "ben@acme.example"
