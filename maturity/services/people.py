"""The roster: who is there, in which role and unit, since when."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from maturity.models import Organization, Person, Placement, Unit


@transaction.atomic
def place_person(
    organization: Organization,
    email: str,
    *,
    role: str,
    valid_from: date,
    unit: Unit | None = None,
    name: str = "",
    language: str = "en",
) -> Person:
    """Put a person on the roster, or move one: an open placement ends where the new one begins.

    Raises ValidationError naming the field.
    """
    if unit is not None and unit.organization_id != organization.pk:
        raise ValidationError({"unit": _("This unit belongs to another organisation.")})
    person = Person.objects.filter(organization=organization, email__iexact=email).first()
    if person is None:
        person = Person(organization=organization, email=email, name=name, language=language)
        person.full_clean()
        person.save()
    current = Placement.objects.filter(person=person, valid__contains=valid_from).first()
    if current is not None and current.valid.lower != valid_from:
        current.valid = DateRange(current.valid.lower, valid_from)
        current.save(update_fields=["valid"])
    placement = Placement(
        organization=organization,
        person=person,
        unit=unit,
        role=role,
        valid=DateRange(valid_from, None),
    )
    placement.full_clean()
    placement.save()
    return person


def refuse_known(organization: Organization, email: str) -> None:
    """Raise ValidationError where an address is on the roster already."""
    if Person.objects.filter(organization=organization, email__iexact=email).exists():
        raise ValidationError({"email": _("This address is already on the roster.")})


@transaction.atomic
def change_person(
    person: Person,
    *,
    email: str | None = None,
    name: str | None = None,
    timezone: str | None = None,
    language: str | None = None,
) -> Person:
    """Write somebody's address, name, time zone or language otherwise; None: as it is.

    Raises ValidationError naming the field.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    if email is not None and email.lower() != person.email.lower():
        refuse_known(person.organization, email)
    given = {"email": email, "name": name, "timezone": timezone, "language": language}
    for field, value in given.items():
        if value is not None:
            setattr(person, field, value)
    person.full_clean()
    person.save()
    return person


@transaction.atomic
def leave_roster(person: Person, *, on: date) -> Person:
    """End somebody's placement on a day, and call off what was to begin later.

    Raises ValidationError where nothing of theirs lasts until then.
    """
    person = Person.objects.select_for_update().get(pk=person.pk)
    Placement.objects.filter(person=person, valid__startswith__gte=on).delete()
    current = Placement.objects.filter(person=person, valid__contains=on).first()
    if current is None:
        raise ValidationError({"on": _("This person is placed nowhere on that day.")})
    current.valid = DateRange(current.valid.lower, on)
    current.save(update_fields=["valid"])
    return person
