"""The roster: one place at a time, dated, inside one organisation."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from maturity.models import Person, Placement
from maturity.services.people import place_person
from tests.factories import PersonFactory, PlacementFactory, UnitFactory

START = date(2026, 1, 1)
JULY = date(2026, 7, 1)


def test_a_new_person_gets_a_place(organization):
    unit = UnitFactory(organization=organization)

    person = place_person(organization, "kim@acme.example", role="pm", unit=unit, valid_from=START)

    placement = person.placements.get()
    assert (placement.role, placement.unit) == ("pm", unit)
    assert placement.valid == DateRange(START, None)


def test_a_move_ends_the_open_placement(organization):
    place_person(organization, "kim@acme.example", role="pm", valid_from=START)

    place_person(organization, "KIM@acme.example", role="product_ops", valid_from=JULY)

    places = Placement.objects.order_by("valid").values_list("role", "valid")
    assert list(places) == [("pm", DateRange(START, JULY)), ("product_ops", DateRange(JULY, None))]
    assert Person.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "not an address"}, "email"),
        ({"role": "wizard"}, "role"),
        ({"language": "x" * 13}, "language"),
    ],
)
def test_bad_input_names_the_field_and_stores_nothing(organization, fields, field):
    arguments = {"email": "kim@acme.example", "role": "pm", "valid_from": START} | fields

    with pytest.raises(ValidationError) as refused:
        place_person(organization, arguments.pop("email"), **arguments)

    assert list(refused.value.message_dict) == [field]
    assert not Person.objects.exists()


def test_a_unit_of_another_organisation_is_refused(organization):
    with pytest.raises(ValidationError) as refused:
        place_person(
            organization, "kim@acme.example", role="pm", unit=UnitFactory(), valid_from=START
        )

    assert list(refused.value.message_dict) == ["unit"]


def test_the_database_refuses_two_places_at_once(organization):
    placement = PlacementFactory(organization=organization)

    with pytest.raises(IntegrityError, match="one_at_a_time"), transaction.atomic():
        PlacementFactory(person=placement.person, valid=DateRange(JULY, None))


def test_the_database_refuses_one_address_twice_whatever_its_case(organization):
    PersonFactory(organization=organization, email="kim@acme.example")

    with pytest.raises(IntegrityError, match="person_email_unique"), transaction.atomic():
        PersonFactory(organization=organization, email="KIM@acme.example")
