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
