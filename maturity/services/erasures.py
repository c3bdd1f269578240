"""Erase a person, an account or a whole organisation: the only ways past the record's triggers.

Each writes its line to the log first; the triggers look for that line in the same transaction.
What belongs to an organisation, and which columns name people, is read from the models, so
that a table added later is covered on the day it is added.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.errors import AlreadyErased
from maturity.models import (
    ApiKey,
    Erasure,
    IdempotentAnswer,
    Organization,
    Person,
    Placement,
    RecordClock,
    Revision,
    SyncChange,
    SyncHorizon,
    User,
)
from maturity.models.history import event_models, events_of

# What stays of the feed until its tombstones are written, and the log itself.
_SWEPT_LAST = (SyncChange, SyncHorizon)


@transaction.atomic
def delete_organization(
    organization: Organization, *, reason: str, by: User | None = None
) -> Erasure:
    """Remove a tenant with everything that belongs to it; only the log's line stays.

    Writers who wait for the record's lock find their organisation gone. Keys that opened
    this organisation alone are revoked. Raises ValidationError naming the field.
    """
    RecordClock.objects.filter(organization=organization).select_for_update().first()
    Organization.objects.select_for_update().get(pk=organization.pk)
    erasure = _log(
        Erasure.Kind.ORGANIZATION, organization.pk, reason=reason, by=by, organization=organization
    )
    keys = list(ApiKey.objects.filter(organizations=organization).values_list("pk", flat=True))
    tables = list(_tables_of_tenants())
    for model in sorted(tables, key=lambda table: table in _SWEPT_LAST):
        _sweep(model, "organization_id", organization.pk)
    _sweep(Organization, "id", organization.pk)
    ApiKey.objects.filter(pk__in=keys, organizations=None, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    # Each sweep is a change, so what notes changes goes at the very end.
    last: list[type[models.Model]] = [*_SWEPT_LAST, *_histories_of_tenants(), Revision]
    for model in last:
        _sweep(model, "organization_id", organization.pk)
    with connection.cursor() as cursor:
        # A table that was forgotten is refused here, not at some later commit.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return erasure


@transaction.atomic
def erase_person(person: Person, *, reason: str, by: User | None = None) -> Erasure:
    """Blank somebody on the roster: name, address, history and wherever the record names him.

    His rows stay behind a stable id, his place ends today. Raises AlreadyErased;
    ValidationError naming the field.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    _refuse_twice(person.erased_at)
    erasure = _log(
        Erasure.Kind.PERSON, person.pk, reason=reason, by=by, organization=person.organization
    )
    stable = f"erased-{person.pk}"
    _blank_free_text(person.organization_id, {person.name, person.email}, stable)
    _end_placements(person)
    person.name, person.timezone, person.language = "", "", "en"
    person.email = f"{stable}@erased.invalid"
    person.erased_at = timezone.now()
    person.save()
    # Last, because every change above is in the history too.
    events_of(Person).filter(pgh_obj=person.pk).update(name="", email=person.email)
    return erasure


@transaction.atomic
def erase_account(user: User, *, reason: str, by: User | None = None) -> list[Erasure]:
    """Blank an account: it keeps its id on the record and can never log in again.

    One line in the log for each organisation that it is a member of or that names it.
    Raises AlreadyErased; ValidationError naming the field.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    _refuse_twice(user.erased_at)
    names = {user.name, user.email}
    memberships = user.memberships.values_list("organization_id", flat=True)
    erasures = [
        _log(Erasure.Kind.ACCOUNT, user.pk, reason=reason, by=by, organization=organization)
        for organization in Organization.objects.filter(
            pk__in={*memberships, *_organizations_that_name(names)}
        )
    ] or [_log(Erasure.Kind.ACCOUNT, user.pk, reason=reason, by=by, organization=None)]
    stable = f"erased-{user.pk}"
    for erasure in erasures:
        if erasure.organization_id is not None:
            _blank_free_text(erasure.organization_id, names, stable)
    user.memberships.all().delete()
    user.name, user.email, user.language = "", f"{stable}@erased.invalid", ""
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.erased_at = timezone.now()
    user.save()
    events_of(User).filter(pgh_obj=user.pk).update(name="", email=user.email)
    return erasures


@transaction.atomic
def erase_address(email: str, *, reason: str, by: User | None = None) -> list[Erasure]:
    """Erase everybody known under this address: on each roster, and the account."""
    people = Person.objects.filter(email__iexact=email).order_by("pk")
    erasures = [erase_person(person, reason=reason, by=by) for person in people]
    user = User.objects.filter(email__iexact=email).first()
    if user is not None:
        erasures += erase_account(user, reason=reason, by=by)
    return erasures


def _log(
    kind: Erasure.Kind,
    subject_id: int,
    *,
    reason: str,
    by: User | None,
    organization: Organization | None,
) -> Erasure:
    if not reason.strip():
        raise ValidationError({"reason": _("Say why; the log keeps it.")})
    erasure = Erasure(
        kind=kind,
        subject_id=subject_id,
        reason=reason.strip(),
        erased_by=by,
        organization=organization,
        slug="" if organization is None else organization.slug,
        # The trigger stamps both anew.
        erased_at=timezone.now(),
        transaction_id=0,
    )
    erasure.full_clean(exclude=["erased_by", "organization"])
    erasure.save()
    erasure.refresh_from_db(fields=["erased_at", "transaction_id"])
    return erasure


def _refuse_twice(erased_at: datetime | None) -> None:
    if erased_at is not None:
        raise AlreadyErased(_("This was erased before; nothing but its id is left."))


def _tables_of_tenants() -> Iterator[type[models.Model]]:
    """Every table whose rows belong to one organisation, link tables included; not the log."""
    for model in apps.get_models(include_auto_created=True):
        field = next((f for f in model._meta.concrete_fields if f.name == "organization"), None)
        if field is not None and field.related_model is Organization and model is not Erasure:
            yield model


def _histories_of_tenants() -> Iterator[type[models.Model]]:
    """The change history of what belongs to an organisation: the sweep itself writes there."""
    for model in event_models():
        if any(field.column == "organization_id" for field in model._meta.concrete_fields):
            yield model


def _sweep(model: type[models.Model], column: str, value: int) -> None:
    """Delete by one statement; what else points at the rows goes in the same transaction."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {quote(model._meta.db_table)} WHERE {quote(column)} = %s",  # noqa: S608
            [value],
        )


def _personal_columns() -> Iterator[tuple[type[models.Model], str]]:
    """Every column that holds somebody's name as free text: a model lists its own."""
    for model in apps.get_models():
        for column in getattr(model, "PERSONAL", ()):
            yield model, column


def _organizations_that_name(names: Iterable[str]) -> set[int]:
    found: set[int] = set()
    for model, column in _personal_columns():
        rows = model._base_manager.filter(_names(column, names))
        found.update(rows.values_list("organization_id", flat=True))
    return found


def _blank_free_text(organization_id: int, names: Iterable[str], stable: str) -> None:
    for model, column in _personal_columns():
        rows = model._base_manager.filter(_names(column, names), organization_id=organization_id)
        rows.update(**{column: stable})
    _forget_answers(organization_id, names)


def _forget_answers(organization_id: int, names: Iterable[str]) -> None:
    """Empty what is kept to be repeated where it says one of these; twice is still once."""
    said = models.Q(pk__in=[])
    for name in filter(None, names):
        said |= models.Q(text__icontains=json.dumps(name, ensure_ascii=False))
    text = Cast("answer", models.TextField())
    kept = IdempotentAnswer.objects.filter(organization=organization_id).annotate(text=text)
    kept.filter(said).update(answer={})


def _names(column: str, names: Iterable[str]) -> models.Q:
    """Rows whose column is one of these names, whatever the case; none where all are empty."""
    condition = models.Q(pk__in=[])
    for name in names:
        if name:
            condition |= models.Q(**{f"{column}__iexact": name})
    return condition


def _end_placements(person: Person) -> None:
    """From today he is nowhere: no survey asks him any more."""
    today = timezone.localdate(timezone=person.organization.zone)
    Placement.objects.filter(person=person, valid__startswith__gte=today).delete()
    for placement in Placement.objects.filter(person=person, valid__contains=today):
        placement.valid = DateRange(placement.valid.lower, today)
        placement.save(update_fields=["valid"])
