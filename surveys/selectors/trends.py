"""How items moved over the waves: one line per item, broken where nothing can be compared."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization
from surveys.models import (
    OutsideItem,
    OutsideWave,
    Release,
    ReleasedCell,
    ReleasedChange,
    Wave,
    WaveGroup,
    WaveItem,
)

SCALE, WORDING = _("Another scale from here on"), _("Another wording from here on")
LANGUAGES = _("Other languages from here on")
# A line is as long as a year of monthly waves; the wave that a step is from lies within it.
MOST_POINTS = 12


@dataclass(frozen=True)
class TrendPoint:
    """One wave's released cell; no figure where it is hidden.

    `break_reason`: why this point cannot be compared with the one before. `verdict` is about
    the step from that one: better, worse, unclear, or "" where there was no comparison.
    `different_people`: more than a fifth of those asked are others.
    """

    wave: str
    wave_key: str
    n: int | None
    share: float | None
    mean: float | None
    break_reason: Promise | None = None
    verdict: str = ""
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    different_people: bool | None = None

    @property
    def verdict_label(self) -> str:
        return str(ReleasedChange.Verdict(self.verdict).label) if self.verdict else ""


@dataclass(frozen=True)
class ItemTrend:
    """One item's points in the order of the waves."""

    key: str
    points: tuple[TrendPoint, ...]


@dataclass(frozen=True)
class _Asked:
    """How a wave asked an item: two of these must agree to be compared."""

    scale: object
    wording: str = ""
    languages: frozenset[str] = frozenset()

    def break_from(self, other: "_Asked") -> Promise | None:
        if self.scale != other.scale:
            return SCALE
        if self.wording != other.wording:
            return WORDING
        return None if self.languages == other.languages else LANGUAGES


def wave_trends(wave: Wave, *, group: str = ReleasedCell.ORGANIZATION) -> tuple[ItemTrend, ...]:
    """Every item's line up to a wave, through comparable ones before it; at most five queries."""
    releases = _newest(_own_releases(wave))
    return _trends(releases, _own_items(releases), group)


def outside_trends(
    organization: Organization, *, group: str = ReleasedCell.ORGANIZATION
) -> tuple[ItemTrend, ...]:
    """Every item's line through the newest outside waves; at most four queries."""
    releases = _newest(_outside_releases(organization))
    return _trends(releases, _outside_items(releases), group)


def _trends(
    releases: Sequence[Release], asked: Mapping[tuple[int, str], _Asked], group: str
) -> tuple[ItemTrend, ...]:
    cells = {
        (cell.release_id, cell.key): cell
        for cell in ReleasedCell.objects.filter(
            release__in=releases, group_key=group, kind=ReleasedCell.Kind.ITEM
        ).order_by()
    }
    changes = {
        (change.release_id, change.key): change
        for change in ReleasedChange.objects.filter(
            release__in=releases, group_key=group, kind=ReleasedCell.Kind.ITEM
        ).order_by()
    }
    keys = sorted({key for _release, key in asked})
    return tuple(
        ItemTrend(key, tuple(_points(key, releases, asked, cells, changes))) for key in keys
    )


def _points(
    key: str,
    releases: Iterable[Release],
    asked: Mapping[tuple[int, str], _Asked],
    cells: dict[tuple[int, str], ReleasedCell],
    changes: dict[tuple[int, str], ReleasedChange],
) -> Iterator[TrendPoint]:
    before: _Asked | None = None
    for release in releases:
        now, cell = asked.get((release.pk, key)), cells.get((release.pk, key))
        if now is None or cell is None:
            continue
        change = changes.get((release.pk, key))
        yield TrendPoint(
            wave=release.wave.title if release.wave else str(release.outside),
            wave_key=release.wave.key if release.wave else str(release.outside),
            n=cell.n,
            share=cell.share,
            mean=cell.mean,
            break_reason=None if before is None else now.break_from(before),
            verdict=change.verdict if change else "",
            difference=change.difference if change else None,
            low=change.low if change else None,
            high=change.high if change else None,
            different_people=change.different_people if change else None,
        )
        before = now


def _own_releases(wave: Wave) -> Iterable[Release]:
    waves = Wave.objects.for_organization(wave.organization).comparable_with(wave)
    closed = waves.filter(status=Wave.Status.CLOSED)
    if wave.closed_at is not None:
        closed = closed.filter(closed_at__lte=wave.closed_at)
    newest = closed.order_by("-closed_at", "-pk").values("pk")[:MOST_POINTS]
    releases = Release.objects.filter(wave__in=newest).select_related("wave")
    return releases.order_by("wave__closed_at", "wave", "version")


def _outside_releases(organization: Organization) -> Iterable[Release]:
    waves = OutsideWave.objects.for_organization(organization)
    newest = waves.order_by("-key").values("pk")[:MOST_POINTS]
    releases = Release.objects.filter(outside__in=newest).select_related("outside")
    return releases.order_by("outside__key", "version")


def _newest(releases: Iterable[Release]) -> list[Release]:
    """The newest version of each wave, in the order of the waves."""
    return list({(r.wave_id, r.outside_id): r for r in releases}.values())


def _own_items(releases: Iterable[Release]) -> dict[tuple[int, str], _Asked]:
    waves = {release.wave_id: release.pk for release in releases}
    languages: dict[int, set[str]] = {}
    for wave, key in (
        WaveGroup.objects.filter(wave__in=waves, kind=WaveGroup.Kind.LANGUAGE)
        .order_by()
        .values_list("wave_id", "key")
    ):
        languages.setdefault(wave, set()).add(key)
    rows = WaveItem.objects.filter(wave__in=waves).order_by()
    told = rows.values_list(
        "wave_id", "question__key", "question__scale", "question__reverse", "question__text"
    )
    return {
        (waves[wave], key): _Asked((scale, reverse), text, frozenset(languages.get(wave, ())))
        for wave, key, scale, reverse, text in told
    }


def _outside_items(releases: Iterable[Release]) -> dict[tuple[int, str], _Asked]:
    waves = {release.outside_id: release.pk for release in releases}
    rows = OutsideItem.objects.filter(wave__in=waves)
    return {
        (waves[item.wave_id], item.key): _Asked((item.minimum, item.maximum, item.reverse))
        for item in rows
    }
