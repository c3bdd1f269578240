"""Whom a series means: in that part of the tree, there for that long, and willing."""

from datetime import date

from dateutil.relativedelta import relativedelta
from django.db.models import Min, QuerySet
from django.db.models.functions import Lower

from maturity.models import Organization, Person, Placement, Unit
from maturity.selectors import unit_tree
from surveys.models import OptOut, Series, Wave


def may_be_asked(wave: Wave, *, on: date) -> QuerySet[Person]:
    """The people of the roster whom a wave's series does not rule out, without those opted out.

    Their role on that day is the wave's own rule. No two people of a roster share an address.
    """
    words = OptOut.objects.for_organization(wave.organization).covering(wave.series_id)
    people = meant_by(wave.series, wave.organization, on=on)
    willing: QuerySet[Person] = people.exclude(pk__in=words.values("person"))
    return willing


def meant_by(series: Series | None, organization: Organization, *, on: date) -> QuerySet[Person]:
    """Whom a series' unit and tenure leave in on a day; everybody without a series."""
    people: QuerySet[Person] = Person.objects.for_organization(organization).filter(erased_at=None)
    if series is None:
        return people
    if series.unit is not None:
        units = _subtree(series.unit, organization, on=on)
        people = people.filter(placements__valid__contains=on, placements__unit__in=units)
    if series.tenure_months is not None:
        newest = on - relativedelta(months=series.tenure_months)
        people = people.filter(pk__in=started_between(organization, newest, on))
    return people


def started_between(organization: Organization, first: date, last: date) -> QuerySet[Placement]:
    """The ids of the people whose first place began after one day and by another."""
    starts = Placement.objects.for_organization(organization).order_by().values("person")
    starts = starts.annotate(started_on=Min(Lower("valid")))
    ids: QuerySet[Placement] = starts.filter(started_on__gt=first, started_on__lte=last).values(
        "person"
    )
    return ids


def _subtree(unit: Unit, organization: Organization, *, on: date) -> list[int]:
    """A unit and everything below it on a day."""
    children: dict[int | None, list[int]] = {}
    for node in unit_tree(organization, as_of=on):
        children.setdefault(node.parent_id, []).append(node.unit_id)
    found, front = [unit.pk], [unit.pk]
    while front:
        front = [child for parent in front for child in children.get(parent, [])]
        found += front
    return found
