"""import_data's survey_responses: store what is new, release what the gate lets through."""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.models import Organization
from maturity.services.importers import Brought
from maturity.services.stored import ACCEPTED, UNCHANGED, UPDATED, Stored
from maturity.sources import BadFileError, Content, Fault, open_reader
from surveys.models import OutsideGroup, OutsideItem, OutsideResponse, OutsideWave
from surveys.services.ledger import secret_of
from surveys.services.outside.releases import release_outside_wave
from surveys.services.outside.rounds import Round, rounds_of
from surveys.services.privacy_settings import privacy_of
from surveys.sources import answers as long_form
from surveys.sources import load_mapping, read_answers, read_eligible, read_wide
from surveys.sources.answers import EVERYBODY

MAX_WIDE_BYTES = 64_000_000
PEOPLE_AT_A_TIME = 1_000
OPTIONS = frozenset({"groups", "eligible", "mapping"})


@dataclass
class Outcome:
    """What became of the rows so far, and sentences for whoever brought the file."""

    each_row: bool
    counts: Counter[str] = field(default_factory=Counter)
    rows: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def count(self, status: str, lines: Iterable[int]) -> None:
        """Write down what became of these lines of the file."""
        found = [(line, status) for line in lines]
        self.counts[status] += len(found)
        if self.each_row:
            self.rows += found


def import_responses(
    organization: Organization,
    content: Content,
    *,
    options: Mapping[str, Any],
    on_fault: Callable[[Fault], None],
    on_read: Callable[[int], None] | None = None,
    each_row: bool = False,
) -> Brought:
    """Store the answers of a file and release each of its rounds once; all in one transaction.

    Options: `groups` (tree or tags), `eligible` and `mapping` (binary streams). Idempotent: an
    answer that stands is left alone. A round that changes is released again only under the
    rule for versions; its newest release stands otherwise, and a note says so. Raises
    BadFileError; the caller undoes what was written then.
    """
    eligible = read_eligible(options["eligible"]) if options.get("eligible") else {}
    found, sha256, ignored = _read(content, options, on_fault, on_read)
    now = timezone.now()
    outcome = Outcome(each_row)
    for _key, answers in sorted(found.items()):
        _import_round(organization, answers, eligible, outcome, at=now)
    stored = Stored(
        accepted=outcome.counts[ACCEPTED],
        updated=outcome.counts[UPDATED],
        unchanged=outcome.counts[UNCHANGED],
        stamp=now,
        notes=tuple(outcome.notes),
        rows=tuple(outcome.rows),
    )
    return Brought(stored, sha256, ignored)


def _read(
    content: Content,
    options: Mapping[str, Any],
    on_fault: Callable[[Fault], None],
    on_read: Callable[[int], None] | None,
) -> tuple[dict[str, Round], str, tuple[str, ...]]:
    is_tree = options.get("groups", OutsideWave.Shape.TREE) == OutsideWave.Shape.TREE
    if options.get("mapping"):
        mapping = load_mapping(options["mapping"])
        if isinstance(content, Sequence):
            raise BadFileError("a mapping is for files")
        data = content.read(MAX_WIDE_BYTES + 1)
        if len(data) > MAX_WIDE_BYTES:
            raise BadFileError(f"a wide file of more than {MAX_WIDE_BYTES} bytes")
        rows = read_wide(data, mapping, on_fault=on_fault)
        found = rounds_of(rows, is_tree=is_tree, on_fault=on_fault)
        return found, hashlib.sha256(data).hexdigest(), ()
    reader = open_reader(long_form.SOURCE, content, on_fault=on_fault, on_read=on_read)
    found = rounds_of(read_answers(reader), is_tree=is_tree, on_fault=on_fault)
    return found, reader.sha256, reader.ignored_columns


def _import_round(
    organization: Organization,
    found: Round,
    eligible: Mapping[tuple[str, str], int],
    outcome: Outcome,
    *,
    at: datetime,
) -> None:
    wave = _wave(organization, found, at=at)
    outcome.count(UNCHANGED, found.repeated)
    if wave.answers_deleted_at is not None:
        for lines in found.lines.values():
            outcome.count(UNCHANGED, lines.values())
        outcome.notes.append(
            _("%(wave)s: its answers were deleted after %(days)s days; what it released stands.")
            % {"wave": wave.key, "days": (wave.answers_kept_until - wave.imported_at).days}
        )
        return
    changed = _store_items(wave, found) | _store_groups(wave, found, eligible)
    changed |= _store_answers(wave, found, outcome)
    if changed and release_outside_wave(wave, released_at=at) is None:
        outcome.notes.append(
            _(
                "%(wave)s: stored, but not released again: fewer than %(k)s people differ from"
                " what is published."
            )
            % {"wave": wave.key, "k": wave.k}
        )


def _wave(organization: Organization, found: Round, *, at: datetime) -> OutsideWave:
    """The round's wave, locked; a round has one shape of groups for ever."""
    shape = OutsideWave.Shape.TREE if found.is_tree else OutsideWave.Shape.TAGS
    privacy = privacy_of(organization)
    wave: OutsideWave
    wave, _made = OutsideWave.objects.select_for_update().get_or_create(
        organization=organization,
        key=found.key,
        defaults={
            "shape": shape,
            "k": privacy.k,
            "imported_at": at,
            "answers_kept_until": at + timedelta(days=privacy.retention_days),
        },
    )
    if wave.shape != shape:
        raise BadFileError(f"the groups of {wave.key} were imported as {wave.shape} before")
    return wave


def _store_items(wave: OutsideWave, found: Round) -> bool:
    known = {item.key: (item.minimum, item.maximum, item.reverse) for item in wave.items.all()}
    for key, scale in found.scales.items():
        if known.get(key, scale) != scale:
            raise BadFileError(f"{key} of {wave.key} was imported on another scale before")
    fresh = [
        OutsideItem(
            organization_id=wave.organization_id,
            wave=wave,
            key=key,
            minimum=minimum,
            maximum=maximum,
            reverse=reverse,
        )
        for key, (minimum, maximum, reverse) in found.scales.items()
        if key not in known
    ]
    return bool(OutsideItem.objects.bulk_create(fresh))


def _store_groups(wave: OutsideWave, found: Round, eligible: Mapping[tuple[str, str], int]) -> bool:
    """Groups keep their place; how many people they had is taken the first time it is said."""
    known = {group.key: group for group in wave.groups.all()}
    places = {EVERYBODY: "", **found.parents}
    for key, parent in places.items():
        if key in known and known[key].parent_key != parent:
            raise BadFileError(f"{key} of {wave.key} was imported below another group before")
    fresh = [
        OutsideGroup(
            organization_id=wave.organization_id,
            wave=wave,
            key=key,
            parent_key=parent,
            eligible=eligible.get((found.key, key)),
        )
        for key, parent in places.items()
        if key not in known
    ]
    told = [group for key, group in known.items() if group.eligible is None]
    for group in told:
        group.eligible = eligible.get((found.key, group.key))
    told = [group for group in told if group.eligible is not None]
    OutsideGroup.objects.bulk_update(told, ["eligible"])
    return bool(OutsideGroup.objects.bulk_create(fresh) or told)


def _store_answers(wave: OutsideWave, found: Round, outcome: Outcome) -> bool:
    """Merge the answers into what is stored, some people at a time; True if anything differs."""
    secret = secret_of(wave)
    differs = False
    everybody = iter(found.answers)
    while people := list(islice(everybody, PEOPLE_AT_A_TIME)):
        names = {
            hmac.new(secret, person.encode(), hashlib.sha256).digest(): person for person in people
        }
        differs |= _store_people(wave, found, names, outcome)
    return differs


def _store_people(
    wave: OutsideWave, found: Round, names: Mapping[bytes, str], outcome: Outcome
) -> bool:
    rows = wave.responses.filter(respondent__in=list(names))
    stored = {bytes(row.respondent): row for row in rows}
    touched = []
    for name, person in names.items():
        row = stored.get(name) or OutsideResponse(
            organization_id=wave.organization_id, wave=wave, respondent=name
        )
        if _merge(row, found, person, outcome):
            touched.append(row)
    fresh = [row for row in touched if row.respondent not in stored]
    OutsideResponse.objects.bulk_create(fresh)
    known = [row for row in touched if bytes(row.respondent) in stored]
    OutsideResponse.objects.bulk_update(known, ["groups", "answers", "not_applicable"])
    return bool(touched)


def _merge(row: OutsideResponse, found: Round, person: str, outcome: Outcome) -> bool:
    """Take over what one person said; True if anything is new or differs."""
    groups, lines = found.groups[person], found.lines[person]
    regrouped = bool(row.answers or row.not_applicable) and row.groups != list(groups)
    row.groups, changed = list(groups), False
    for item, value in found.answers[person].items():
        is_known = item in row.answers or item in row.not_applicable
        same = row.answers.get(item) == value and is_known and not regrouped
        status = UNCHANGED if same else UPDATED if is_known else ACCEPTED
        outcome.count(status, [lines[item]])
        changed |= not same
        row.answers.pop(item, None)
        row.not_applicable = [key for key in row.not_applicable if key != item]
        if value is None:
            row.not_applicable.append(item)
        else:
            row.answers[item] = value
    return changed
