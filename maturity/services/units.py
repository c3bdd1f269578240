"""The unit tree on both time axes: what stood where, when we knew, and who took over."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from maturity.errors import CyclicTree, DomainError
from maturity.models import Organization, Placement, Unit, UnitChange, User
from maturity.services.unit_tree import Span, Tree, require_home


@transaction.atomic
def place_unit(
    organization: Organization,
    key: str,
    *,
    name: str,
    parent: Unit | None,
    valid_from: date,
    valid_until: date | None = None,
) -> Unit:
    """Say what a unit is called and where it stands over [valid_from, valid_until).

    What was recorded before stays readable as it was known then. Raises CyclicTree when the
    unit would stand below itself at any of these dates, DomainError when the parent does not
    exist over all of them, ValidationError naming the field.
    """
    tree = Tree(organization)
    if valid_until is not None and valid_until <= valid_from:
        raise ValidationError({"valid_until": _("The end must lie after the start.")})
    above = require_home(organization, parent, "parent")
    tree.place(key, Span(valid_from, valid_until or date.max), name=name, parent=above)
    tree.write()
    return tree.units[key]


@transaction.atomic
def move_unit(
    unit: Unit, *, parent: Unit | None, on: date, reason: str, by: User | None
) -> UnitChange:
    """Hang a unit below another one, or at the top, from a day on; its names stay.

    Raises CyclicTree, DomainError when either does not exist from then on, ValidationError.
    """
    tree = Tree(unit.organization)
    _require_reason(reason)
    _require_standing(tree, [unit], on)
    tree.hang(unit.key, require_home(unit.organization, parent, "parent"), on=on)
    tree.write()
    [change] = _note(tree, UnitChange.Kind.MOVED, unit, [None], on=on, reason=reason, by=by)
    return change


@transaction.atomic
def merge_units(
    sources: Sequence[Unit], *, into: Unit, on: date, reason: str, by: User | None
) -> list[UnitChange]:
    """Let one unit take over others from a day on: their units below, and their people.

    What was scored for them stays theirs; today's tree shows it with the unit that took over.
    Raises CyclicTree when that one stands below one of them, DomainError, ValidationError.
    """
    tree = Tree(into.organization)
    _require_reason(reason)
    _require_standing(tree, [*sources, into], on)
    if into in sources or not sources or len(set(sources)) != len(sources):
        raise ValidationError({"sources": _("Choose other units than the one that takes over.")})
    for unit in sources:
        if tree.stands_below(into.key, unit.key, on):
            raise CyclicTree(
                _("%(into)s stands below %(unit)s; move it first.")
                % {"into": into.key, "unit": unit.key}
            )
    for unit in sources:
        tree.hand_over(unit.key, into.key, on=on)
    tree.refuse_broken(on)
    tree.write()
    for unit in sources:
        _move_people(unit, to=into, on=on)
    return [
        change
        for unit in sources
        for change in _note(tree, UnitChange.Kind.MERGED, unit, [into], on=on, reason=reason, by=by)
    ]


@transaction.atomic
def split_unit(
    unit: Unit,
    *,
    parts: Sequence[tuple[str, str]],
    heir: str,
    on: date,
    reason: str,
    by: User | None,
) -> list[UnitChange]:
    """Replace a unit by new ones, (key, name) each, from a day on, where it stood.

    Its units below and its people go to the part with the key `heir`; move on from there whom
    you want elsewhere. What was scored for it stays its own; today's tree shows that with what
    stands above all parts. Raises DomainError, ValidationError naming the field.
    """
    tree = Tree(unit.organization)
    _require_reason(reason)
    _require_standing(tree, [unit], on)
    keys = [key for key, _name in parts]
    if len(keys) < 2 or len(set(keys)) != len(keys):
        raise ValidationError({"parts": _("Name two parts or more, each with a key of its own.")})
    if heir not in keys:
        raise ValidationError({"heir": _("This is none of the parts.")})
    if taken := sorted(set(keys) & set(tree.units)):
        raise ValidationError(
            {"parts": _("There is already a unit with the key %(key)s.") % {"key": taken[0]}}
        )
    for key, name in parts:
        tree.succeed(unit.key, key, name=name, on=on)
    tree.hand_over(unit.key, heir, on=on)
    tree.refuse_broken(on)
    tree.write()
    new = [tree.units[key] for key in keys]
    _move_people(unit, to=tree.units[heir], on=on)
    return _note(tree, UnitChange.Kind.SPLIT, unit, new, on=on, reason=reason, by=by)


@transaction.atomic
def close_unit(unit: Unit, *, on: date, reason: str, by: User | None) -> UnitChange:
    """Let a unit end on a day without a successor; today's tree shows it with what was above.

    Raises DomainError while units stand below it or people are placed in it.
    """
    tree = Tree(unit.organization)
    _require_reason(reason)
    _require_standing(tree, [unit], on)
    if _placed(unit, on).exists():
        raise DomainError(
            _("People are placed in %(unit)s on %(day)s or later; move them first.")
            % {"unit": unit.key, "day": on}
        )
    tree.end(unit.key, on=on)
    tree.refuse_broken(on)
    tree.write()
    [change] = _note(tree, UnitChange.Kind.CLOSED, unit, [None], on=on, reason=reason, by=by)
    return change


def _move_people(unit: Unit, *, to: Unit, on: date) -> None:
    """Who is placed in a unit from a day on is placed in another one instead."""
    for placement in _placed(unit, on).select_for_update():
        if placement.valid.lower is not None and placement.valid.lower >= on:
            placement.unit = to
            placement.save(update_fields=["unit"])
            continue
        until = placement.valid.upper
        placement.valid = DateRange(placement.valid.lower, on)
        placement.save(update_fields=["valid"])
        Placement.objects.create(
            organization=placement.organization,
            person=placement.person,
            unit=to,
            role=placement.role,
            valid=DateRange(on, until),
        )


def _placed(unit: Unit, on: date) -> QuerySet[Placement]:
    later = Q(valid__overlap=DateRange(on, None))
    return Placement.objects.filter(later, organization=unit.organization_id, unit=unit)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise ValidationError({"reason": _("Say why; the record keeps it.")})


def _require_standing(tree: Tree, units: Iterable[Unit], on: date) -> None:
    for unit in units:
        require_home(tree.organization, unit, "unit")
        if tree.at(unit.key, on) is None:
            raise DomainError(
                _("%(unit)s does not exist on %(day)s.") % {"unit": unit.key, "day": on}
            )


def _note(
    tree: Tree,
    kind: UnitChange.Kind,
    unit: Unit,
    successors: Sequence[Unit | None],
    *,
    on: date,
    reason: str,
    by: User | None,
) -> list[UnitChange]:
    changes = [
        UnitChange(
            organization=tree.organization,
            unit=unit,
            kind=kind,
            successor=successor,
            effective_on=on,
            reason=reason.strip(),
            recorded_at=tree.stamp,
            by=by,
        )
        for successor in successors
    ]
    for change in changes:
        change.clean_fields(exclude=["organization", "unit", "successor", "by"])
    return UnitChange.objects.bulk_create(changes)
