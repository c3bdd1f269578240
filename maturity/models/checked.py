"""Ask the database about all checks of a row at once: Django takes three statements for each."""

from collections.abc import Collection, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import FieldError
from django.db import models, router
from django.db.models import BooleanField, CheckConstraint, Q
from django.db.models.constraints import BaseConstraint
from django.db.models.functions import Coalesce


class Checked(models.Model):
    """What full_clean() refuses, and what it says then, is Django's; it is only found sooner."""

    class Meta:
        abstract = True

    _checks_hold = False

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        self._checks_hold = self._keeps_all_checks(exclude)
        try:
            super().validate_constraints(exclude)
        finally:
            self._checks_hold = False

    def get_constraints(self) -> list[tuple[type[models.Model], Sequence[BaseConstraint]]]:
        """Without the checks that are known to hold."""
        return [
            (model, [c for c in each if not (self._checks_hold and isinstance(c, CheckConstraint))])
            for model, each in super().get_constraints()
        ]

    def _keeps_all_checks(self, exclude: Collection[str] | None) -> bool:
        """False also where it cannot be told at once, as with a field that is left out."""
        this: Any = self
        row = this._get_field_expression_map(meta=this._meta, exclude=exclude)
        broken = reduce(
            or_,
            (
                ~Q(Coalesce(Q(each.condition), True, output_field=BooleanField()))
                for each in this._meta.constraints
                if isinstance(each, CheckConstraint)
            ),
        )
        try:
            # True also when the database cannot answer: then each is asked by itself.
            return not broken.check(row, using=router.db_for_write(type(self), instance=self))
        except FieldError:
            return False
