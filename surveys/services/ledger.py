"""The publication ledger: who stands behind what was published, under the survey's own secret."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence

from surveys.models import LedgerEntry, LedgerSecret, OutsideWave, Release, Wave
from surveys.privacy import Ledger, People

SECRET_BYTES, NAME_BYTES = 32, 16
# The kinds of figures, and where the gate keeps the sets behind them.
FIGURES: dict[str, str] = {
    LedgerEntry.Figure.VALUE.value: "values",
    LedgerEntry.Figure.DETAIL.value: "details",
    LedgerEntry.Figure.CONCERNED.value: "concerned",
}
# The ledger's names for all responses that arrived, and for those that count.
RESPONSES, TURNOUT = "*responses", "*turnout"


def secret_of(survey: Wave | OutsideWave) -> bytes:
    """The ledger's secret of a survey, made on first use."""
    whose = {"wave": survey} if isinstance(survey, Wave) else {"outside": survey}
    row, _made = LedgerSecret.objects.get_or_create(
        **whose,
        defaults={
            "organization_id": survey.organization_id,
            "secret": secrets.token_bytes(SECRET_BYTES),
        },
    )
    return bytes(row.secret)


class Register:
    """Numbers for the people of one survey: those of now, and those of earlier versions."""

    def __init__(self, secret: bytes, members: Iterable[bytes]) -> None:
        names = (hmac.new(secret, member, hashlib.sha256).digest() for member in members)
        self._numbers = {name[:NAME_BYTES]: number for number, name in enumerate(names)}

    def people(self, members: bytes) -> People:
        """Who an entry's members are; who is not among those of now gets a number of their own."""
        people = 0
        for at in range(0, len(members), NAME_BYTES):
            name = members[at : at + NAME_BYTES]
            people |= 1 << self._numbers.setdefault(name, len(self._numbers))
        return people

    def members(self, people: People) -> bytes:
        """Their names, sorted, so that nothing about an order is kept."""
        return b"".join(
            sorted(name for name, number in self._numbers.items() if people >> number & 1)
        )


class Book:
    """The ledgers of one survey by item: what its releases published, and the next one will."""

    def __init__(self, releases: Sequence[Release], register_of: Callable[[str], Register]) -> None:
        self._register_of = register_of
        self._ledgers: dict[str, Ledger] = {}
        self._published: dict[tuple[str, str], int] = {}
        for entry in LedgerEntry.objects.filter(release__in=releases).order_by("pk"):
            sets = self._sets(entry.item_key, entry.figure)
            sets.append(register_of(entry.item_key).people(bytes(entry.members)))
            self._published[entry.item_key, entry.figure] = len(sets)

    def ledger(self, key: str) -> Ledger:
        return self._ledgers.setdefault(key, Ledger())

    def write(self, release: Release) -> None:
        """Keep what this release published beyond what was read."""
        LedgerEntry.objects.bulk_create(
            [
                LedgerEntry(
                    organization=release.organization,
                    release=release,
                    item_key=key,
                    figure=figure,
                    members=self._register_of(key).members(people),
                )
                for key in self._ledgers
                for figure in FIGURES
                for people in self._new(key, figure)
            ],
            batch_size=1_000,
        )

    def _sets(self, key: str, figure: str) -> list[People]:
        sets: list[People] = getattr(self.ledger(key), FIGURES[figure])
        return sets

    def _new(self, key: str, figure: str) -> Iterator[People]:
        sets = self._sets(key, figure)
        known = self._published.get((key, figure), 0)
        return iter(dict.fromkeys(people for people in sets[known:] if people not in sets[:known]))
