"""What others may read of surveys: released cells, and how an open wave gets on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from types import MappingProxyType

from django.db.models import DateField, DateTimeField, F, Func, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from maturity.models import Organization
from surveys.models import Release, ReleasedCell, ReleasedComment, Wave, WaveItem
from surveys.models.releases import FIGURES


@dataclass(frozen=True)
class ReleasedItem:
    """One item's released cell. Shares are fractions after reversal, intervals 95 %.

    `everyone`: all eligible people answered, so there is no interval. A hidden cell has no
    figure; a one-sided one has `at_least` or `at_most` alone, in percent. `distribution`
    counts answers as given.
    """

    key: str
    text: str
    scale: str
    reverse: bool
    state: str
    everyone: bool = False
    n: int | None = None
    not_applicable: int | None = None
    favourable: int | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    exact_low: float | None = None
    exact_high: float | None = None
    worst: float | None = None
    best: float | None = None
    mean: float | None = None
    mean_low: float | None = None
    mean_high: float | None = None
    median: float | None = None
    enps: float | None = None
    enps_low: float | None = None
    enps_high: float | None = None
    distribution: tuple[int, ...] | None = None
    at_least: int | None = None
    at_most: int | None = None


ITEM_FIGURES = frozenset(field.name for field in fields(ReleasedItem))


@dataclass(frozen=True)
class ReleasedIndex:
    """Mean of an area's item means, 1 to 5; None where too few of its items are shown."""

    area: str
    mean: float | None


@dataclass(frozen=True)
class ReleasedTexts:
    """Comments on one question, shuffled; empty where too few people commented."""

    key: str
    text: str
    state: str
    comments: tuple[str, ...]


@dataclass(frozen=True)
class Turnout:
    """How many people of a group were asked and answered; both None where that is hidden."""

    n: int | None = None
    eligible: int | None = None


@dataclass(frozen=True)
class ReleasedWave:
    """The newest release of a closed wave, organisation level.

    `turnout` is by group key; a group that is hidden is not in it.

    `language` is that of its questions' texts, the bank's own.
    `responded`, `response_rate` (a fraction) and `band` are None when fewer than k people
    responded; every item is hidden then.
    """

    key: str
    title: str
    bank_id: int
    language: str
    instrument: str
    closed_at: datetime
    released_at: datetime
    k: int
    k_comment: int
    eligible: int
    responded: int | None
    response_rate: float | None
    band: str | None
    straightlining: float | None
    items: tuple[ReleasedItem, ...]
    indexes: tuple[ReleasedIndex, ...]
    texts: tuple[ReleasedTexts, ...]
    turnout: Mapping[str, Turnout]

    @property
    def band_label(self) -> str:
        return str(Release.Band(self.band).label) if self.band else ""


@dataclass(frozen=True)
class WaveInField:
    """An open wave, with the one figure that is visible before it closes."""

    key: str
    title: str
    closes_at: datetime
    eligible: int
    responses: int


_CLOSED_ON = Cast(
    Func(
        F("organization__timezone"),
        F("wave__closed_at"),
        function="timezone",
        output_field=DateTimeField(),
    ),
    DateField(),
)


def wave_releases(
    *, known_at: datetime | None = None, as_of: date | OuterRef | None = None
) -> QuerySet[Release]:
    """What was published of waves of our own by `known_at` (None: by now), the newest first.

    With `as_of` only of those that had closed by the end of that day where the organisation is.
    The first of an organisation is the one whose response rate it is told by.
    """
    rows: QuerySet[Release] = Release.objects.filter(wave__isnull=False)
    if known_at is not None:
        rows = rows.filter(released_at__lte=known_at)
    if as_of is not None:
        rows = rows.alias(closed_on=_CLOSED_ON).filter(closed_on__lte=as_of)
    return rows.order_by("-released_at", "-pk")


@dataclass(frozen=True)
class Publication:
    """A release of a wave of our own with its cells; how many groups' is the reader's to say."""

    wave: Wave
    release: Release
    cells: tuple[ReleasedCell, ...]

    def of_group(self, key: str) -> tuple[ReleasedCell, ...]:
        return tuple(cell for cell in self.cells if cell.group_key == key)


def latest_released_wave(
    organization: Organization, *, known_at: datetime | None = None, as_of: date | None = None
) -> ReleasedWave | None:
    """The newest wave released by `known_at` (None: by now); at most four queries.

    With `as_of` the newest of those that had closed by the end of that day.
    """
    releases = wave_releases(known_at=known_at, as_of=as_of).filter(organization=organization)
    release = releases.select_related("wave__bank").first()
    if release is None or release.wave is None:
        return None
    shown = Q(group_key=ReleasedCell.ORGANIZATION) | Q(kind=ReleasedCell.Kind.TURNOUT)
    cells = _cells(release).filter(shown)
    return told_of(Publication(release.wave, release, tuple(cells)), _asked(release.wave))


def publication_of(wave: Wave) -> Publication | None:
    """The newest version of what a wave published, all groups included; two queries."""
    release = Release.objects.filter(wave=wave).order_by("-version").first()
    return None if release is None else Publication(wave, release, tuple(_cells(release)))


def released_wave(wave: Wave) -> ReleasedWave | None:
    """What one wave published, its newest version; at most four queries."""
    published = publication_of(wave)
    return None if published is None else told_of(published, _asked(wave))


def wave_in_field(organization: Organization) -> WaveInField | None:
    """The organisation's open wave, if there is one; one query."""
    # A cohort fills up one by one: its count would say who has answered.
    waves = Wave.objects.for_organization(organization).open().filter(cohort="")
    told = waves.with_response_count().values_list(
        "key", "title", "closes_at", "eligible", "response_count"
    )
    wave = told.first()
    return None if wave is None else WaveInField(*wave)


def told_of(published: Publication, asked: Sequence[WaveItem]) -> ReleasedWave:
    """What a publication says of everybody together; one query, for the texts."""
    wave, release = published.wave, published.release
    eligible = release.eligible or 0
    own = published.of_group(ReleasedCell.ORGANIZATION)
    cells = {(cell.kind, cell.key): cell for cell in own}
    kinds = ReleasedCell.Kind
    return ReleasedWave(
        key=wave.key,
        title=wave.title,
        bank_id=wave.bank_id,
        language=wave.bank.language,
        instrument=wave.instrument,
        closed_at=wave.closed_at or release.released_at,
        released_at=release.released_at,
        k=wave.k,
        k_comment=wave.k_comment,
        eligible=eligible,
        responded=release.responded,
        response_rate=release.response_rate,
        band=release.band,
        straightlining=release.straightlining,
        items=tuple(
            _item(item, cell, eligible=eligible)
            for item in asked
            if (cell := cells.get((kinds.ITEM, item.question.key)))
        ),
        indexes=tuple(
            ReleasedIndex(key, cell.mean)
            for (kind, key), cell in cells.items()
            if kind == kinds.INDEX
        ),
        texts=_texts(release, asked, cells),
        turnout=MappingProxyType(
            {
                cell.group_key: Turnout(cell.n, cell.eligible)
                for cell in published.cells
                if cell.kind == kinds.TURNOUT and cell.state == ReleasedCell.State.SHOWN
            }
        ),
    )


def _cells(release: Release) -> QuerySet[ReleasedCell]:
    rows: QuerySet[ReleasedCell] = ReleasedCell.objects.filter(release=release)
    return rows.order_by("group_key", "kind", "key")


def _asked(wave: Wave) -> list[WaveItem]:
    return list(WaveItem.objects.filter(wave=wave).select_related("question").order_by("position"))


def _item(asked: WaveItem, cell: ReleasedCell, *, eligible: int) -> ReleasedItem:
    figures = {name: getattr(cell, name) for name in FIGURES if name in ITEM_FIGURES}
    if cell.distribution is not None:
        figures["distribution"] = tuple(cell.distribution)
    return ReleasedItem(
        key=cell.key,
        text=asked.question.text,
        scale=asked.question.scale,
        reverse=asked.question.reverse,
        state=cell.state,
        # A wave that shares its questions out asks each of other people.
        everyone=cell.n is not None and cell.n == (cell.eligible or eligible),
        share=cell.share,
        at_least=cell.at_least,
        at_most=cell.at_most,
        **figures,
    )


def _texts(
    release: Release, asked: Sequence[WaveItem], cells: dict[tuple[str, str], ReleasedCell]
) -> tuple[ReleasedTexts, ...]:
    comments: dict[str, list[str]] = {}
    rows = ReleasedComment.objects.filter(release=release).order_by("item_key", "pk")
    for key, text in rows.values_list("item_key", "text"):
        comments.setdefault(key, []).append(text)
    found = (
        (item.question, cells.get((ReleasedCell.Kind.COMMENTS, item.question.key)))
        for item in asked
    )
    return tuple(
        ReleasedTexts(question.key, question.text, cell.state, tuple(comments.get(cell.key, ())))
        for question, cell in found
        if cell is not None
    )
