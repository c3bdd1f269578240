"""A revision is another one after every change of what a page shows, and of nothing else."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection, connections, transaction
from django.utils import timezone

from maturity.models import SHARED, Organization, Revision
from maturity.selectors import revised
from maturity.services.erasures import delete_organization
from maturity.services.revisions import MOST, merge_revisions
from tests.factories import OrganizationFactory, ScoreFactory

# No page shows these: programs, mails, drafts, files on their way ...
BEHIND_THE_SCENES = {
    *("syncchange", "synchorizon", "syncclock", "areause", "capabilityuse", "arealevelrecord"),
    *("replaycheckpoint", "idempotentanswer", "assessmentdraft", "importjob", "quarantinedrow"),
    *("apikey", "apikey_organizations", "endpoint", "endpointsecret", "erasure", "membership"),
    *("notification", "notificationchoice", "delivery", "deliveryattempt", "thresholdstrial"),
    *("brand", "boardreport", "embed", "reportschedule", "reportrecipient", "scheduledreport"),
    *("revision", "user_groups", "user_user_permissions"),
}
# ... and who was asked and who answered: a revision would note that it happened.
ABOUT_PEOPLE_ASKED = {
    *("wavesecret", "ledgersecret", "ledgerentry", "seriessecret", "retiredlink"),
    *("intakeresponse", "intakecomment", "response", "comment", "outsideresponse"),
    *("invitation", "message", "optout", "refusedaddress"),
}
EVENTS = {"INSERT", "UPDATE", "DELETE"}


def revision_of(organization: Organization) -> tuple[UUID, ...]:
    return tuple(revised(Organization.objects.filter(pk=organization.pk)).get().revision)


def _tables() -> set[str]:
    """Every table of the product but the change history, which is written beside what it is of."""
    return {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in {"maturity", "surveys", "reports"}
        and not any(field.name == "pgh_id" for field in model._meta.fields)
    }


def _events() -> dict[str, set[str]]:
    """Of each table the events that note a revision."""
    found: dict[str, set[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_object_table, event_manipulation FROM information_schema.triggers"
            " WHERE trigger_name LIKE %s",
            ["revised_by_%"],
        )
        for table, event in cursor.fetchall():
            found.setdefault(table, set()).add(event)
    return found


@pytest.mark.django_db
def test_every_table_notes_its_changes_or_is_named_here():
    """A new table: `SELECT revise_with('<table>')` in its migration, or a line above."""
    noted = _events()
    # Of an account the name alone counts, which a log-in does not change.
    assert noted.pop("maturity_user") == {"UPDATE", "DELETE"}

    assert {table: events for table, events in noted.items() if events != EVENTS} == {}
    left = _tables() - set(noted) - {"maturity_user"}
    assert {table.partition("_")[2] for table in left} == BEHIND_THE_SCENES | ABOUT_PEOPLE_ASKED


def test_a_change_gives_another_revision_and_a_reading_none(organization):
    before = revision_of(organization)
    assert before
    assert revision_of(organization) == before

    ScoreFactory(assessment__organization=organization)
    scored = revision_of(organization)
    Organization.objects.filter(pk=organization.pk).update(name="Acme & Sons")

    assert len({before, scored, revision_of(organization)}) == 3


def test_a_change_that_is_undone_leaves_the_revision_as_it_was(organization):
    before = revision_of(organization)

    with transaction.atomic():
        organization.units.create(key="payments")
        assert revision_of(organization) != before
        transaction.set_rollback(True)

    assert revision_of(organization) == before


def test_what_one_organisation_changes_is_nobody_else_s_revision(organization):
    other = OrganizationFactory()
    before, beside = revision_of(organization), revision_of(other)

    other.units.create(key="payments")

    assert revision_of(organization) == before
    assert revision_of(other) != beside


def test_what_nobody_owns_is_on_everybody_s_page(organization, rubric, ana):
    before = revision_of(organization)
    ana.last_login = timezone.now()
    ana.save(update_fields=["last_login"])
    assert revision_of(organization) == before

    ana.name = "Ana Belén"
    ana.save()
    renamed = revision_of(organization)
    rubric.retired_at = timezone.now()
    rubric.save(update_fields=["retired_at"])

    assert len({before, renamed, revision_of(organization)}) == 3
    assert Revision.objects.filter(organization_id=SHARED).exists()


@pytest.mark.django_db(transaction=True)
def test_the_one_who_began_first_and_ends_last_is_seen_too():
    """A number or a clock taken before the commit would have gone on to the later one already."""
    tenant = OrganizationFactory()
    written, seen = Event(), Event()

    def begin_first() -> None:
        with transaction.atomic():
            tenant.units.create(key="first")
            written.set()
            seen.wait(10)
        connections.close_all()

    with ThreadPoolExecutor() as pool:
        ended = pool.submit(begin_first)
        written.wait(10)
        tenant.units.create(key="second")
        before = revision_of(tenant)
        seen.set()
        ended.result()

    assert revision_of(tenant) != before


@pytest.mark.django_db(transaction=True)
def test_many_rows_become_one_and_what_was_kept_is_never_taken_for_new():
    tenant, gone = OrganizationFactory(), OrganizationFactory()
    told = [revision_of(tenant)]
    for number in range(MOST):
        tenant.units.create(key=f"unit-{number}")
        told.append(revision_of(tenant))
    delete_organization(gone, reason="They asked for it.")

    merge_revisions()

    assert Revision.objects.filter(organization_id=tenant.pk).count() == 1
    assert not Revision.objects.filter(organization_id=gone.pk).exists()
    assert revision_of(tenant) not in told
    tenant.units.create(key="one-more")
    merge_revisions()
    # A few are left as they are: whatever was kept meanwhile is still good.
    assert Revision.objects.filter(organization_id=tenant.pk).count() == 2
