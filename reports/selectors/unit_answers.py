"""How many PMs of each unit answered the newest released wave: released cells, nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from maturity.models import Organization
from surveys.models import ReleasedCell
from surveys.selectors import wave_releases


@dataclass(frozen=True)
class UnitAnswers:
    """`n` of `eligible` people; both None where hidden, whatever the rule that hid it."""

    n: int | None = None
    eligible: int | None = None


HIDDEN = UnitAnswers()


def unit_answers(
    organization: Organization, *, known_at: datetime
) -> Mapping[str, UnitAnswers] | None:
    """By unit key; None where no wave was released by then. Two queries.

    A unit that was asked as part of a larger group has no entry: it is hidden too.
    """
    newest = wave_releases(known_at=known_at).filter(organization=organization).first()
    if newest is None:
        return None
    cells = ReleasedCell.objects.filter(release=newest, kind=ReleasedCell.Kind.TURNOUT)
    return {
        cell.group_key: UnitAnswers(cell.n, cell.eligible)
        if cell.state == ReleasedCell.State.SHOWN
        else HIDDEN
        for cell in cells
    }
