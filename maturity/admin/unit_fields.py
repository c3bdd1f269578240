"""How forms of the admin name units."""

from typing import Any

from django import forms
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from maturity.models import Unit, UnitVersion


class UnitLabelField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Unit) -> str:
        return _label(obj)


class UnitLabelsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Unit) -> str:
        return _label(obj)


def _label(unit: Unit) -> str:
    name = getattr(unit, "name", None) or unit.key
    return f"{name} ({unit.organization})"


def with_current_name(units: QuerySet[Unit]) -> QuerySet[Any]:
    """Annotate `name`, `valid` and `parent_name`: what stands today, else the newest known."""
    stands = ExpressionWrapper(Q(valid__contains=timezone.localdate()), BooleanField())
    known = UnitVersion.objects.filter(recorded__upper_inf=True)
    versions = known.order_by(stands.desc(), "-valid")
    own = versions.filter(unit=OuterRef("pk"))
    above = versions.filter(unit=OuterRef("above"))
    return (
        units.annotate(name=Subquery(own.values("name")[:1]))
        .annotate(valid=Subquery(own.values("valid")[:1]))
        .annotate(above=Subquery(own.values("parent")[:1]))
        .annotate(parent_name=Subquery(above.values("name")[:1]))
        .select_related("organization")
    )
