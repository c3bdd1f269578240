"""What gets past the record's triggers: two logged erasures, and nothing else."""

from datetime import date

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from maturity.errors import AlreadyErased
from maturity.models import (
    ApiKey,
    Assessment,
    Erasure,
    IdempotentAnswer,
    Organization,
    Person,
    Placement,
    Score,
    SyncChange,
    User,
)
from maturity.models.history import events_of
from maturity.rubrics import SHIPPED, load_pack
from maturity.services.assessments import NewScore, record_assessment
from maturity.services.changes import stamp_changes
from maturity.services.erasures import delete_organization, erase_account, erase_person
from maturity.services.keys import create_key
from maturity.services.people import place_person
from maturity.services.rubrics import publish_pack
from maturity.services.units import place_unit
from tests.factories import AssessmentFactory, EvidenceFactory, FindingFactory, OrganizationFactory

WHY = "They asked for it."


def _record(organization, rubric, by=None) -> Assessment:
    return record_assessment(
        organization,
        rubric=rubric,
        valid_from=date(2026, 1, 1),
        scores=[NewScore(c, "assessed", 2) for c in rubric.capabilities.all()],
        by=by,
    )


def _refused(statement: str) -> None:
    with (
        pytest.raises(IntegrityError, match="never changes"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def _rows_of(organization_id: int) -> dict[str, int]:
    """How many rows each table holds of an organisation, where it holds any."""
    counts = {}
    for model in apps.get_models(include_auto_created=True):
        names = {field.attname for field in model._meta.concrete_fields}
        if "organization_id" in names:
            count = model._base_manager.filter(organization_id=organization_id).count()
            counts |= {model._meta.db_table: count} if count else {}
    return counts


class TestDeleteOrganization:
    def test_nothing_but_its_line_in_the_log_is_left(self, organization, rubric, ana):
        unit = place_unit(
            organization, "core", name="Core", parent=None, valid_from=date(2026, 1, 1)
        )
        place_person(
            organization, "pm@acme.example", role="pm", valid_from=date(2026, 1, 1), unit=unit
        )
        _record(organization, rubric, by=ana)
        FindingFactory(organization=organization)
        create_key([organization], scopes=["feed:read"])
        key = organization.pk

        erasure = delete_organization(organization, reason=WHY, by=ana)

        assert not Organization.objects.filter(pk=key).exists()
        assert _rows_of(key) == {"maturity_erasure": 1}
        assert (erasure.kind, erasure.subject_id, erasure.slug) == ("organization", key, "acme")
        assert (erasure.reason, erasure.erased_by) == (WHY, ana)

    def test_others_keep_everything(self, organization, rubric, carl):
        other = Organization.objects.get(slug="other")
        _record(other, rubric, by=carl)
        _record(organization, rubric)
        before = _rows_of(other.pk)

        delete_organization(organization, reason=WHY)

        assert _rows_of(other.pk) == before
        assert Score.objects.count() == 18

    def test_its_tombstones_go_with_it(self, organization, rubric):
        _record(organization, rubric)
        stamp_changes()

        delete_organization(organization, reason=WHY)

        assert not SyncChange.objects.exists()

    def test_a_key_that_opens_nothing_any_more_is_revoked(self, organization):
        other = OrganizationFactory()
        only, _secret = create_key([organization], scopes=["feed:read"])
        both, _secret = create_key([organization, other], scopes=["feed:read"])

        delete_organization(organization, reason=WHY)

        revoked = ApiKey.objects.exclude(revoked_at=None)
        assert list(revoked) == [only]
        assert list(both.organizations.all()) == [other]

    def test_without_a_reason_nothing_happens(self, organization):
        with pytest.raises(ValidationError) as refused:
            delete_organization(organization, reason=" ")

        assert list(refused.value.message_dict) == ["reason"]
        assert Organization.objects.filter(pk=organization.pk).exists()

    def test_writers_wait(self, organization, assert_locks):
        with assert_locks("maturity_organization"):
            delete_organization(organization, reason=WHY)


class TestErasePerson:
    @pytest.fixture
    def person(self, organization) -> Person:
        return place_person(
            organization,
            "kim@acme.example",
            name="Kim",
            role="pm",
            valid_from=date(2026, 1, 1),
        )

    def test_a_stable_id_is_left(self, organization, person):
        erasure = erase_person(person, reason=WHY)

        person.refresh_from_db()
        assert (person.name, person.email) == ("", f"erased-{person.pk}@erased.invalid")
        assert person.erased_at is not None
        assert (erasure.kind, erasure.subject_id) == ("person", person.pk)
        assert erasure.organization == organization

    def test_he_is_nowhere_from_today(self, organization, person):
        today = date.today()  # noqa: DTZ011 - the organisation's day is at most one apart

        erase_person(person, reason=WHY)

        assert Placement.objects.get(person=person).valid.upper is not None
        assert abs((Placement.objects.get(person=person).valid.upper - today).days) <= 1

    def test_the_change_history_forgets_the_name(self, person):
        Person.objects.filter(pk=person.pk).update(name="Kim Lee")

        erase_person(person, reason=WHY)

        told = events_of(Person).filter(pgh_obj=person.pk)
        assert set(told.values_list("name", "email")) == {
            ("", f"erased-{person.pk}@erased.invalid")
        }
        assert told.count() == 3

    def test_free_text_that_names_him_is_blanked_in_his_organisation_alone(
        self, organization, rubric, person
    ):
        named = AssessmentFactory(organization=organization, rubric=rubric, assessor="kim")
        owned = EvidenceFactory(organization=organization, owner="Kim@acme.example")
        other = EvidenceFactory(owner="Kim")

        erase_person(person, reason=WHY)

        for row in (named, owned, other):
            row.refresh_from_db()
        assert (named.assessor, owned.owner) == (f"erased-{person.pk}",) * 2
        assert other.owner == "Kim"

    def test_an_answer_that_is_kept_to_be_repeated_forgets_him(self, organization, person):
        kept = {"organization": organization, "status": 201, "answered_at": timezone.now()}
        for key, answer in (
            ("1", {"people": [{"name": "Pat", "email": "Kim@acme.example"}]}),
            ("2", {"name": "Kim"}),
            ("3", {"name": "Kimberly"}),
        ):
            IdempotentAnswer.objects.create(key=key, answer=answer, **kept)

        erase_person(person, reason=WHY)

        answers = dict(IdempotentAnswer.objects.values_list("key", "answer"))
        assert answers == {"1": {}, "2": {}, "3": {"name": "Kimberly"}}

    def test_twice_is_refused(self, person):
        erase_person(person, reason=WHY)

        with pytest.raises(AlreadyErased):
            erase_person(person, reason=WHY)

        assert Erasure.objects.count() == 1

    def test_the_person_is_locked(self, person, assert_locks):
        with assert_locks("maturity_person"):
            erase_person(person, reason=WHY)


class TestEraseAccount:
    def test_the_change_history_forgets_the_name(self, organization, ana):
        erase_account(ana, reason=WHY)

        told = events_of(User).filter(pgh_obj=ana.pk)
        assert set(told.values_list("name", "email")) == {("", f"erased-{ana.pk}@erased.invalid")}

    def test_it_keeps_its_id_on_the_record_and_cannot_log_in(self, organization, rubric, ana):
        _record(organization, rubric, by=ana)

        erasures = erase_account(ana, reason=WHY)

        ana.refresh_from_db()
        assert (ana.name, ana.email) == ("", f"erased-{ana.pk}@erased.invalid")
        assert not ana.is_active
        assert not ana.has_usable_password()
        assert not ana.memberships.exists()
        assert Score.objects.filter(recorded_by=ana).count() == 18
        assert [(row.kind, row.organization) for row in erasures] == [("account", organization)]

    def test_without_a_membership_it_is_logged_too(self, db):
        user = User.objects.create_user("lone@acme.example", "a-long-password-8")

        erasures = erase_account(user, reason=WHY)

        assert [row.organization_id for row in erasures] == [None]


class TestTheTriggers:
    def test_the_log_itself_never_changes(self, organization):
        delete_organization(organization, reason=WHY)

        _refused("DELETE FROM maturity_erasure")
        _refused("UPDATE maturity_erasure SET reason = 'x'")

    def test_removing_one_organisation_lets_no_other_row_pass(self, organization, rubric):
        _record(OrganizationFactory(), rubric)
        delete_organization(organization, reason=WHY)

        _refused("DELETE FROM maturity_score")

    def test_erasing_a_person_lets_no_judgement_pass(self, organization, rubric):
        _record(organization, rubric)
        erase_person(
            place_person(organization, "k@acme.example", role="pm", valid_from=date(2026, 1, 1)),
            reason=WHY,
        )

        _refused("DELETE FROM maturity_score")
        _refused("UPDATE maturity_score SET note = 'x'")
        _refused("UPDATE maturity_score SET level = 1, effective_level = 1")


@pytest.mark.django_db(transaction=True)
def test_a_line_of_an_earlier_transaction_opens_nothing():
    """What a forger writes into the stamps is overwritten."""
    organization = OrganizationFactory()
    _record(organization, publish_pack(load_pack(SHIPPED[0])))

    line = Erasure.objects.create(
        kind="organization",
        subject_id=organization.pk,
        organization=organization,
        reason=WHY,
        erased_at="2020-01-01T00:00Z",
        transaction_id=1,
    )

    _refused("DELETE FROM maturity_score")
    line.refresh_from_db()
    assert line.transaction_id > 1
    assert line.erased_at.year > 2020


def test_every_table_that_points_into_a_tenant_says_whose_it_is():
    """Or delete_organization() would not find its rows."""
    own = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.split(".")[0] in {"maturity", "surveys", "reports"}
    ]
    tenants = {
        model for model in own if "organization" in {f.name for f in model._meta.concrete_fields}
    }
    lost = [
        f"{model._meta.db_table}.{field.name}"
        for model in set(own) - tenants
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model in tenants
    ]

    assert lost == []


class TestCommands:
    def test_removes_after_the_slug_was_typed_again(self, organization, capsys, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda _question: "acme")

        call_command("delete_organization", "acme", reason=WHY)

        assert not Organization.objects.exists()
        assert capsys.readouterr().out.startswith("Removed acme; line ")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["acme", "--reason=x", "--confirm=other"], "Not confirmed"),
            (["nope", "--reason=x", "--confirm=nope"], "Unknown organisation nope"),
            (["acme", "--reason= ", "--confirm=acme"], "Say why"),
        ],
    )
    def test_refuses_to_remove_and_exits_2(self, organization, arguments, message):
        with pytest.raises(CommandError, match=message) as refused:
            call_command("delete_organization", *arguments)

        assert refused.value.returncode == 2
        assert Organization.objects.exists()
        assert not Erasure.objects.exists()

    def test_erases_everybody_under_an_address(self, organization, ana, capsys):
        place_person(organization, "ANA@acme.example", role="pm", valid_from=date(2026, 1, 1))

        call_command("erase_person", "ana@acme.example", "--confirm=ana@acme.example", reason=WHY)

        assert capsys.readouterr().out == "Erased; 2 lines in the log.\n"
        assert not User.objects.filter(email__iexact="ana@acme.example").exists()
        assert not Person.objects.filter(email__iexact="ana@acme.example").exists()

    def test_on_one_roster_the_account_stays(self, organization, ana):
        place_person(organization, "ana@acme.example", role="pm", valid_from=date(2026, 1, 1))

        call_command(
            "erase_person",
            "ana@acme.example",
            "--organization=acme",
            "--confirm=ana@acme.example",
            reason=WHY,
        )

        assert User.objects.filter(email="ana@acme.example").exists()
        assert not Person.objects.filter(email="ana@acme.example").exists()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["ana@acme.example", "--reason=x", "--confirm=other"], "Not confirmed"),
            (["no@acme.example", "--reason=x", "--confirm=no@acme.example"], "Nobody is known"),
            (["ana@acme.example", "--reason= ", "--confirm=ana@acme.example"], "Say why"),
        ],
    )
    def test_refuses_to_erase_and_exits_2(self, ana, arguments, message):
        with pytest.raises(CommandError, match=message) as refused:
            call_command("erase_person", *arguments)

        assert refused.value.returncode == 2
        assert User.objects.filter(email="ana@acme.example").exists()
