"""The unit tree on both time axes."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from maturity.errors import CyclicTree, DomainError
from maturity.models import UnitVersion
from maturity.selectors import unit_tree
from maturity.services.units import place_unit
from tests.factories import OrganizationFactory, UnitFactory, UnitVersionFactory

START = date(2026, 1, 1)
JULY = date(2026, 7, 1)


def _tree(organization, as_of, known_at=None) -> dict[str, str | None]:
    nodes = unit_tree(organization, as_of=as_of, known_at=known_at)
    keys = {node.unit_id: node.key for node in nodes}
    return {node.key: keys.get(node.parent_id) for node in nodes}


def test_a_move_is_seen_from_its_date_on(organization):
    sales = place_unit(organization, "sales", name="Sales", parent=None, valid_from=START)
    core = place_unit(organization, "core", name="Core", parent=None, valid_from=START)
    place_unit(organization, "search", name="Search", parent=core, valid_from=START)

    place_unit(organization, "search", name="Search", parent=sales, valid_from=JULY)

    assert _tree(organization, date(2026, 6, 30))["search"] == "core"
    assert _tree(organization, JULY)["search"] == "sales"


def test_a_correction_leaves_what_was_known_before(organization):
    core = place_unit(organization, "core", name="Core", parent=None, valid_from=START)
    place_unit(organization, "search", name="Search", parent=core, valid_from=START)
    before = organization.record_clock.__class__.objects.get(organization=organization).recorded_at

    place_unit(organization, "search", name="Find", parent=None, valid_from=START)

    assert _tree(organization, JULY) == {"core": None, "search": None}
    assert _tree(organization, JULY, known_at=before) == {"core": None, "search": "core"}


def test_a_limited_span_leaves_both_sides_in_place(organization):
    core = place_unit(organization, "core", name="Core", parent=None, valid_from=START)
    place_unit(organization, "search", name="Search", parent=None, valid_from=START)

    place_unit(
        organization,
        "search",
        name="Search",
        parent=core,
        valid_from=date(2026, 3, 1),
        valid_until=JULY,
    )

    seen = [_tree(organization, day)["search"] for day in (START, date(2026, 6, 30), JULY)]
    assert seen == [None, "core", None]


def test_a_unit_never_stands_below_itself_at_any_date(organization):
    core = place_unit(organization, "core", name="Core", parent=None, valid_from=START)
    search = place_unit(organization, "search", name="Search", parent=None, valid_from=START)
    # From July on core stands below search, so search may not move below core for good.
    place_unit(organization, "core", name="Core", parent=search, valid_from=JULY)

    with pytest.raises(CyclicTree, match="2026-07-01"):
        place_unit(organization, "search", name="Search", parent=core, valid_from=date(2026, 2, 1))

    assert _tree(organization, JULY) == {"search": None, "core": "search"}


def test_a_cycle_that_lies_outside_the_span_is_no_cycle(organization):
    core = place_unit(organization, "core", name="Core", parent=None, valid_from=START)
    search = place_unit(organization, "search", name="Search", parent=None, valid_from=START)
    place_unit(organization, "core", name="Core", parent=search, valid_from=JULY)

    place_unit(
        organization,
        "search",
        name="Search",
        parent=core,
        valid_from=date(2026, 2, 1),
        valid_until=JULY,
    )

    assert _tree(organization, date(2026, 6, 30)) == {"search": "core", "core": None}


def test_a_parent_must_exist_over_the_whole_span(organization):
    late = place_unit(organization, "late", name="Late", parent=None, valid_from=JULY)

    with pytest.raises(DomainError, match="late does not exist on 2026-01-01"):
        place_unit(organization, "search", name="Search", parent=late, valid_from=START)

    assert not UnitVersion.objects.filter(unit__key="search").exists()


def test_a_parent_of_another_organisation_is_refused(organization):
    foreign = UnitFactory()

    with pytest.raises(ValidationError) as refused:
        place_unit(organization, "search", name="S", parent=foreign, valid_from=START)

    assert list(refused.value.message_dict) == ["parent"]


def test_the_database_refuses_two_truths_for_one_date(organization):
    version = UnitVersionFactory(organization=organization)

    with pytest.raises(IntegrityError, match="one_truth"), transaction.atomic():
        UnitVersion.objects.create(
            organization=organization,
            unit=version.unit,
            name="Other",
            valid=DateRange(JULY, None),
            recorded=version.recorded,
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE maturity_unitversion SET name = 'x'",
        "UPDATE maturity_unitversion SET valid = '[2026-01-01,)'",
        "DELETE FROM maturity_unitversion",
    ],
)
def test_the_database_refuses_to_edit_a_version(organization, statement):
    UnitVersionFactory(organization=organization)

    with (
        pytest.raises(IntegrityError, match="never changes"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_tree_takes_one_query(organization, django_assert_num_queries):
    for number in range(5):
        place_unit(organization, f"unit-{number}", name="U", parent=None, valid_from=START)
    OrganizationFactory()

    with django_assert_num_queries(1):
        nodes = unit_tree(organization, as_of=JULY)

    assert len(nodes) == 5
