"""Change history: the database writes it, whoever changes a row and however."""

from datetime import UTC, date, datetime

import pghistory
import pytest
from django.contrib.admin.models import LogEntry
from django.db import DatabaseError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from config.celery import app
from maturity.models import (
    Endpoint,
    Initiative,
    Membership,
    NotificationChoice,
    Organization,
    Person,
    Placement,
    User,
)
from maturity.models.history import event_models, events_of
from maturity.selectors.history import PAGE, object_history, organization_history
from maturity.services.keys import create_key, revoke_key
from maturity.services.people import place_person
from maturity.services.units import place_unit
from tests.factories import (
    EndpointFactory,
    InitiativeFactory,
    MembershipFactory,
    PersonFactory,
    UserFactory,
)
from tests.surveys.conftest import *  # noqa: F403 - the opened wave
from tests.surveys.conftest import tokens

AT = datetime(2026, 3, 1, tzinfo=UTC)


def told(organization, **kwargs):
    """The history as (kind, label, {column: (before, after)}), newest first."""
    page = organization_history(organization, **kwargs)
    return [
        (c.kind, c.label, {f.name: (f.before, f.after) for f in c.fields}) for c in page.changes
    ]


class TestWhatIsWritten:
    def test_an_edit_in_the_admin_says_who_where_why_and_from_what_to_what(
        self, login, ana, organization
    ):
        person = PersonFactory(organization=organization, email="kim@acme.example", name="Kim")
        url = reverse("admin:maturity_person_change", args=[person.pk])
        form = {
            "email": "kim@acme.example",
            "name": "Kim Lee",
            "timezone": "",
            "language": "en",
            "placements-TOTAL_FORMS": "0",
            "placements-INITIAL_FORMS": "0",
            "_reason": "Married.\0",
        }

        response = login(ana).post(url, form)

        assert response.status_code == 302
        change = organization_history(organization).changes[0]
        assert (change.kind, change.subject, change.label) == ("person", "Kim Lee", "update")
        assert [(f.name, f.before, f.after) for f in change.fields] == [("name", "Kim", "Kim Lee")]
        assert (change.who, change.where, change.why) == ("Ana", url, "Married.")

    def test_a_bulk_update_and_raw_sql_are_in_it_too(self, organization):
        people = PersonFactory.create_batch(2, organization=organization, name="A")

        Person.objects.update(name="B")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE maturity_person SET name = 'C' WHERE id = %s", [people[0].pk])

        assert told(organization)[:3] == [
            ("person", "update", {"name": ("B", "C")}),
            ("person", "update", {"name": ("A", "B")}),
            ("person", "update", {"name": ("A", "B")}),
        ]

    def test_a_save_that_changes_nothing_leaves_no_line(self, organization):
        person = PersonFactory(organization=organization)
        before = told(organization)

        person.save()

        assert told(organization) == before

    def test_what_is_deleted_stays_readable(self, organization):
        person = PersonFactory(organization=organization, name="Kim", email="kim@acme.example")
        person.delete()

        kind, label, fields = told(organization)[0]

        assert (kind, label, fields["name"]) == ("person", "delete", ("Kim", ""))

    def test_references_are_names_and_choices_are_words(self, organization):
        unit = place_unit(
            organization, "core", name="Core team", parent=None, valid_from=date(2026, 1, 1)
        )
        place_person(
            organization, "kim@acme.example", role="pm", valid_from=date(2026, 1, 1), unit=unit
        )

        change = organization_history(organization).changes[0]

        assert (change.kind, change.subject) == ("placement", "kim@acme.example")
        assert {f.name: f.after for f in change.fields} == {
            "person": "kim@acme.example",
            "unit": "Core team",
            "role": "Product manager",
            "from, until": "2026-01-01 – ",
        }

    def test_a_service_gives_its_reason(self, organization):
        with pghistory.context(reason="Import of roster.csv"):
            PersonFactory(organization=organization)

        assert organization_history(organization).changes[0].why == "Import of roster.csv"

    def test_a_task_is_named(self, organization):
        @app.task(name="tests.rename")
        def rename():
            Organization.objects.filter(pk=organization.pk).update(name="Renamed")

        rename()

        assert organization_history(organization).changes[0].where == "tests.rename"

    def test_an_api_key_is_named_and_a_command_with_its_account(self, organization):
        with pghistory.context(api_key="0123abcd", path="/api/v1/x"):
            PersonFactory(organization=organization)
        with pghistory.context(command="import_data", account="deploy"):
            PersonFactory(organization=organization)

        by_command, by_key = organization_history(organization).changes[:2]

        assert by_key.who == "API key 0123abcd…"
        assert (by_command.who, by_command.where) == ("deploy", "import_data")

    def test_initiatives_channels_and_choices_leave_a_line(self, organization, ana):
        initiative = InitiativeFactory(organization=organization, owner=ana)
        endpoint = EndpointFactory(organization=organization)
        NotificationChoice.objects.create(organization=organization, user=ana, events=[])
        Initiative.objects.filter(pk=initiative.pk).update(title="Otherwise", comparison={"a": 1})
        Endpoint.objects.filter(pk=endpoint.pk).update(name="Ours", sealed_address=b"x")

        assert told(organization)[:3] == [
            ("channel", "update", {"name": (endpoint.name, "Ours")}),
            ("initiative", "update", {"title": ("Approve by checklist", "Otherwise")}),
            ("notification choice", "insert",
             {"user": ("", "Ana"), "rhythm": ("", "Each by itself, at once"),
              "time zone": ("", "UTC")}),
        ]  # fmt: skip
        assert organization_history(organization).changes[1].subject == "Otherwise"


class TestWhatIsNeverWritten:
    def test_what_a_channel_hides_leaves_no_line(self, organization):
        endpoint = EndpointFactory(organization=organization)
        before = told(organization)

        Endpoint.objects.filter(pk=endpoint.pk).update(sealed_address=b"other", failures=3)

        assert told(organization) == before
        columns = {field.name for field in events_of(Endpoint).model._meta.fields}
        assert not {"sealed_address", "failures"} & columns

    def test_no_table_of_the_answer_path_is_tracked(self):
        tracked = {model.pgh_tracked_model._meta.label for model in event_models()}

        surveys = {label for label in tracked if label.startswith("surveys.")}
        assert surveys == {"surveys.PrivacySetting", "surveys.Series", "surveys.Wave"}

    def test_no_event_table_holds_a_secret(self):
        columns = {
            f"{model.__name__}.{field.name}"
            for model in event_models()
            for field in model._meta.fields
        }
        secret = ("password", "digest", "secret", "last_login", "last_used")

        assert [column for column in columns if any(word in column for word in secret)] == []

    def test_a_password_is_told_without_it_and_a_log_in_not_at_all(self, organization):
        user = UserFactory()
        user.set_password("plumb-and-level-7")
        user.save()
        User.objects.filter(pk=user.pk).update(last_login=AT)

        page = object_history(user, within=Organization.objects.all())

        assert next((c.label, len(c.fields)) for c in page.changes) == ("password", 0)
        assert len(page.changes) == 2

    def test_using_a_key_leaves_no_line(self, organization):
        key, _secret = create_key([organization], scopes=["feed:read"], name="BI")
        before = len(told(organization))
        type(key).objects.filter(pk=key.pk).update(last_used_at=AT)

        assert len(told(organization)) == before
        revoke_key(key, at=AT)
        assert told(organization)[0][2].keys() == {"revoked at"}

    def test_an_answer_carries_no_context_into_the_database(self, opened, ana):
        client = Client()
        client.force_login(ana)
        link = f"/s/{tokens(opened())[0]}"

        with CaptureQueriesContext(connection) as captured:
            client.post(link, {"LEV1": "4"})

        assert [q["sql"] for q in captured if "pghistory" in q["sql"]] == []

    def test_every_page_where_people_log_in_is_on_the_list(self, settings):
        """An address outside the list is a survey's, or changes no tracked row."""
        roots = {str(pattern.pattern).split("/")[0] for pattern in get_resolver().url_patterns}
        own = {str(p.pattern) for r in get_resolver().url_patterns if not str(r.pattern)
               for p in getattr(r, "url_patterns", [])}  # fmt: skip
        # Reached by a link, without a login.
        linked = ("s/", "o/", "notifications/unsubscribe/", "embed/")
        # They only read.
        reading = ("connect", "operation")
        # It keeps an account's language, which no history tells.
        untold = ("language",)
        listed = tuple(path.lstrip("/") for path in settings.HISTORY_PATHS)

        assert roots == {"livez", "readyz", "login", "logout", "admin", "api", "odata", ""}
        assert {
            path
            for path in own
            if path and not path.startswith((*listed, *linked, *reading, *untold))
        } == set()


class TestItCannotBeEdited:
    @pytest.mark.parametrize("statement", ["UPDATE {} SET pgh_label = 'x'", "DELETE FROM {}"])
    def test_the_database_refuses(self, organization, statement):
        PersonFactory(organization=organization)

        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            connection.cursor().execute(statement.format("maturity_personevent"))

    def test_django_s_own_log_is_not_kept_beside_it(self, login, organization):
        owner = UserFactory(is_staff=True, is_superuser=True)
        url = reverse("admin:maturity_organization_add")

        login(owner).post(url, {"name": "New", "slug": "new", "timezone": "UTC"})

        assert Organization.objects.filter(slug="new").exists()
        assert not LogEntry.objects.exists()


class TestPages:
    @pytest.fixture
    def url(self, organization):
        return reverse("admin:maturity_organization_history", args=[organization.pk])

    def test_the_organisations_page_tells_everything_to_its_owner(self, login, organization, url):
        owner = MembershipFactory(organization=organization, role=Membership.Role.OWNER).user
        PersonFactory(organization=organization, name="Kim")
        create_key([organization], scopes=["feed:read"], name="BI")

        page = login(owner).get(url).content.decode()

        assert "Person: Kim" in page
        assert "Membership:" in page
        assert "API key: BI" in page

    def test_a_lead_reads_no_memberships_and_a_viewer_no_keys(
        self, login, organization, ana, vera, url
    ):
        PersonFactory(organization=organization, name="Kim")
        create_key([organization], scopes=["feed:read"], name="BI")
        EndpointFactory(organization=organization, name="Ours")
        NotificationChoice.objects.create(organization=organization, user=vera, events=[])

        leads, viewers = (login(user).get(url).content.decode() for user in (ana, vera))

        assert ("Membership:" in leads, "API key: BI" in leads) == (False, True)
        assert ("Membership:" in viewers, "API key: BI" in viewers) == (False, False)
        assert ("Ours" in leads, "Ours" in viewers) == (True, False)
        assert "Notification choice" not in leads + viewers
        assert "Person: Kim" in viewers

    def test_a_key_s_page_names_no_foreign_organisation(self, login, organization, ana, carl):
        other = carl.memberships.get().organization
        key, _secret = create_key([organization, other], scopes=["feed:read"], name="Both")

        page = login(ana).get(reverse("admin:maturity_apikey_history", args=[key.pk]))

        assert "Acme" in page.content.decode()
        assert "Other" not in page.content.decode()

    def test_a_row_s_page_tells_of_what_belongs_to_it(self, login, organization, ana):
        person = place_person(
            organization, "kim@acme.example", role="pm", valid_from=date(2026, 1, 1)
        )
        other = PersonFactory(organization=organization, name="Somebody else")

        page = login(ana).get(reverse("admin:maturity_person_history", args=[person.pk]))

        assert "Placement: kim@acme.example" in page.content.decode()
        assert str(other) not in page.content.decode()

    def test_it_goes_on_where_it_stopped_and_loses_nothing(self, organization):
        for number in range(PAGE + 20):
            PersonFactory(organization=organization, name=f"P{number}")

        first = organization_history(organization)
        second = organization_history(organization, before=first.older_than)

        people = [c.subject for page in (first, second) for c in page.changes if c.kind == "person"]
        assert people == [f"P{number}" for number in reversed(range(PAGE + 20))]
        assert second.older_than is None

    def test_the_page_costs_the_same_at_ten_times_the_data(self, login, organization, ana, url):
        def queries():
            with CaptureQueriesContext(connection) as captured:
                assert login(ana).get(url).status_code == 200
            return len(captured)

        unit = place_unit(
            organization, "core", name="Core", parent=None, valid_from=date(2026, 1, 1)
        )
        with pghistory.context(user=ana.pk):
            place_person(
                organization, "a@acme.example", role="pm", valid_from=date(2026, 1, 1), unit=unit
            )
        queries()
        few = queries()
        people = PersonFactory.create_batch(30, organization=organization)
        Placement.objects.bulk_create(
            Placement(organization=organization, person=p, unit=unit, role="pm",
                      valid=DateRange(date(2026, 1, 1), None))
            for p in people
        )  # fmt: skip

        assert queries() == few

    @pytest.mark.parametrize("before", ["", "x", "2026-01-01", "2026-13-01T00:00:00Z", "%00"])
    def test_no_moment_breaks_it(self, login, ana, url, before):
        assert login(ana).get(f"{url}?before={before}").status_code in {200, 400}


def test_a_command_runs_within_a_context(organization, monkeypatch):
    import manage  # noqa: PLC0415 - not a package; its directory is the root

    seen = []
    monkeypatch.setattr(
        manage, "execute_from_command_line", lambda _a: seen.append(told_now(organization))
    )
    manage.main(["import_data"])

    assert seen[0]["command"] == "import_data"
    assert seen[0]["account"]


def told_now(organization):
    PersonFactory(organization=organization)
    event = next(m for m in event_models() if m.__name__ == "PersonEvent")
    return event.objects.latest("pgh_id").pgh_context
