"""Areas summed up the tree: the whole is the same whatever tree shows it."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maturity.errors import DomainError
from maturity.models import Capability, Exemption, ExemptionDecision, Unit
from maturity.rubrics.aggregation import AreaLevel
from maturity.selectors import timeline_of
from maturity.services.assessments import NewScore, Sheet, record_sheet
from maturity.services.rubrics import publish_pack
from maturity.services.units import close_unit, merge_units, move_unit, place_unit, split_unit
from reports.selectors.record import record_of
from reports.selectors.rollup import roll_up
from tests.factories import OrganizationFactory
from tests.packs import guild_pack
from tests.reports.scenes import block, url

START, D = date(2026, 1, 1), date(2026, 3, 1)
LATE = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def guild(organization):
    organization.rubric_key = "guild"
    organization.save()
    return publish_pack(guild_pack())


def score(organization, guild, unit, *levels, day=START):
    """Judge specs, reviews (writing), hiring, mentoring, rituals (people); 0 is not assessed."""
    capabilities = Capability.objects.filter(rubric=guild).order_by("position")
    scores = [
        NewScore(part, "assessed", level) if level else NewScore(part, "not_assessed")
        for part, level in zip(capabilities, levels, strict=True)
    ]
    record_sheet(organization, Sheet(guild, day, scores, unit=unit), by=None)


def summed(organization, tree="then", as_of=D, known_at=LATE):
    timeline = timeline_of(organization, as_of=as_of, known_at=known_at)
    record = record_of(organization, timeline, known_at=known_at, published_by=known_at)
    return roll_up(organization, record.current, timeline, known_at=known_at, tree=tree)


def by_key(rollup):
    return {node.key: (node.scored, node.applicable) for node in (rollup.whole, *rollup.units)}


def unit(organization, key, parent=None, start=START):
    return place_unit(organization, key, name=key, parent=parent, valid_from=start)


def test_each_unit_shows_what_is_scored_below_it(organization, guild):
    core = unit(organization, "core")
    search, pay = unit(organization, "search", core), unit(organization, "pay", core)
    score(organization, guild, search, 2, 2, 1, 0, 0)
    score(organization, guild, pay, 1, 2, 0, 0, 0)

    result = summed(organization)

    assert by_key(result) == {"": (5, 10), "core": (5, 10), "search": (3, 5), "pay": (2, 5)}
    core_row = next(node for node in result.units if node.key == "core")
    # Writing: levels 2, 2, 1, 2: three of four reach 2, and the lowest is 1.
    assert core_row.areas == (
        AreaLevel("level", 2, 4, 4, 0),
        AreaLevel("incomplete", None, 1, 6, 0),
    )
    assert [node.depth for node in result.units] == [1, 2, 2]
    assert not hasattr(core_row, "level")


def test_a_unit_that_nobody_scored_lowers_coverage_unless_others_below_stand_for_it(
    organization, guild
):
    core = unit(organization, "core")
    unit(organization, "search", core)
    score(organization, guild, None, 1, 1, 1, 1, 1)

    assert by_key(summed(organization)) == {"": (5, 10), "core": (0, 5), "search": (0, 5)}


def test_without_units_the_whole_is_the_organisation(organization, guild):
    score(organization, guild, None, 1, 1, 1, 1, 0)

    result = summed(organization)

    assert (result.whole.scored, result.whole.applicable, result.has_units) == (4, 5, False)


def test_approved_exemptions_leave_the_denominator(organization, guild, ana, vera):
    search = unit(organization, "search")
    score(organization, guild, search, 1, 1, 1, 0, 0)
    specs = Capability.objects.get(rubric=guild, key="rituals")
    exemption = Exemption.objects.create(
        organization=organization, capability=specs, unit=search, reason="None here.",
        valid_from=START, ends_on=date(2027, 1, 1), requested_by=ana,
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    before = by_key(summed(organization))["search"]
    ExemptionDecision.objects.create(
        organization=organization, exemption=exemption, verdict="approved", decided_by=vera,
        recorded_at=datetime(2026, 1, 2, tzinfo=UTC),
    )  # fmt: skip

    assert (before, by_key(summed(organization))["search"]) == ((3, 5), (3, 4))


def test_two_views_of_a_day_before_a_merge(organization, guild):
    core, sales = unit(organization, "core"), unit(organization, "sales")
    score(organization, guild, core, 1, 1, 1, 1, 1)
    score(organization, guild, sales, 2, 2, 0, 0, 0)
    merge_units([core], into=sales, on=date(2026, 6, 1), reason="x", by=None)

    then, now = summed(organization, "then"), summed(organization, "now")

    assert by_key(then) == {"": (7, 10), "core": (5, 5), "sales": (2, 5)}
    assert by_key(now) == {"": (7, 10), "sales": (7, 10)}
    assert then.whole == now.whole


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["move", "merge", "split", "close", "new"]),
        st.integers(0, 9), st.integers(0, 9), st.integers(2, 12),
    ),
    max_size=8,
)  # fmt: skip


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=CHANGES,
    levels=st.lists(st.integers(0, 2), min_size=4, max_size=4),
    day=st.integers(1, 12),
)
def test_the_whole_is_equal_in_both_views_after_any_changes(db, changes, levels, day):
    organization = OrganizationFactory(rubric_key="guild")
    guild = publish_pack(guild_pack())
    top = unit(organization, "u0")
    for number, level in enumerate(levels, start=1):
        made = unit(organization, f"u{number}", top if number % 2 else None)
        score(organization, guild, made, level, level, 1, 0, level)
    for number, (kind, one, other, month) in enumerate(changes):
        _change(organization, kind, one, other, date(2026, month, 1), number)
    as_of = date(2026, day, 1)

    then, now = summed(organization, "then", as_of), summed(organization, "now", as_of)

    assert then.whole == now.whole
    assert then.whole.applicable > 0


def _change(organization, kind, one, other, on, number):
    rows = list(Unit.objects.filter(organization=organization).order_by("pk"))
    first, second = rows[one % len(rows)], rows[other % len(rows)]
    why = {"on": on, "reason": "x", "by": None}
    changes = {
        "move": lambda: move_unit(first, parent=second, **why),
        "merge": lambda: merge_units([first], into=second, **why),
        "split": lambda: split_unit(
            first, parts=[(f"a{number}", "A"), (f"b{number}", "B")], heir=f"a{number}", **why
        ),
        "close": lambda: close_unit(first, **why),
        "new": lambda: unit(organization, f"n{number}", second, on),
    }
    try:
        changes[kind]()
    except (DomainError, ValidationError):
        return


class TestPage:
    def test_both_trees_stand_in_the_address(self, organization, guild, ana, login):
        core, sales = unit(organization, "core"), unit(organization, "sales")
        score(organization, guild, core, 1, 1, 1, 1, 1)
        merge_units([core], into=sales, on=date(2026, 6, 1), reason="x", by=None)
        client = login(ana)

        then = client.get(url(organization), {"as_of": "2026-03-01"}).content.decode()
        now = client.get(url(organization), {"as_of": "2026-03-01", "tree": "now"}).content.decode()

        assert ('data-unit="core"' in then, 'data-unit="core"' in now) == (True, False)
        assert "on the tree of that day" in then
        assert "5/10" in now

    def test_first_row_cannot_be_taken_for_the_profile(self, organization, guild, ana, login):
        core = unit(organization, "core")
        score(organization, guild, None, 3, 3, 3, 3, 3)
        score(organization, guild, core, 1, 1, 1, 1, 1)

        client = login(ana)
        html, of_core = (
            client.get(url(organization), {"as_of": "2026-03-01", **asked}).content.decode()
            for asked in ({}, {"unit": "core"})
        )

        row = block(html, 'data-unit=""')
        assert '<th scope="row" class="pl-unit pl-unit-0">Organisation and all units</th>' in row
        assert organization.name not in row
        note = block(html, "data-whole")
        assert "all units and those of the organisation-wide assessment" in note
        assert "The profile above shows the organisation-wide assessment alone" in note
        assert "The profile above" not in block(of_core, "data-whole")

    @pytest.mark.parametrize(
        "query",
        [{"as_of": "soon"}, {"as_of": "2026-02-30"}, {"known_at": "2026-01-01"}, {"tree": "x"},
         {"known_at": "2026-01-01T00:00"}],
    )  # fmt: skip
    def test_what_is_no_moment_is_400(self, organization, ana, login, query):
        assert login(ana).get(url(organization), query).status_code == 400

    def test_known_at_shows_the_tree_as_it_was_known(self, organization, guild, ana, login):
        unit(organization, "core")
        known = datetime(2020, 1, 1, tzinfo=UTC).isoformat()

        page = login(ana).get(url(organization), {"known_at": known, "as_of": "2026-03-01"})

        assert 'data-unit="core"' not in page.content.decode()


def test_queries_do_not_grow_with_the_tree(organization, guild, django_assert_num_queries):
    def grow(first, last):
        for number in range(first, last):
            score(organization, guild, unit(organization, f"u{number}"), 1, 1, 1, 1, 1)

    summed(organization)  # remembers the rubric
    for first, last in ((0, 2), (2, 20)):
        grow(first, last)
        # 3 the timeline (no score of the whole to be stale), 2 the record, 4 the trees
        with django_assert_num_queries(9):
            summed(organization, tree="now")
