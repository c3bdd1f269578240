"""One line of text that is shown: names and titles."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from maturity.sources.kinds import CONTROL

if TYPE_CHECKING:
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField


def is_one_line(text: str) -> None:
    """Refuse what a page cannot show, and what would make it show something else."""
    if CONTROL.search(text):
        raise ValidationError(
            _("This holds a control character or a line break: write it in plain characters.")
        )


class LineField(CharField):
    """A CharField of one line, which imports take by the same rule (sources.kinds.TEXT)."""

    default_validators = [is_one_line]

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """A CharField to the database, so that no migration tells them apart."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs
