"""Rows for the table of operations: each made where it stands, by the services or factories."""

import itertools
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from maturity.insights import CURRENT_THRESHOLDS
from maturity.models import DeliveryAttempt, ImportJob, Organization, RubricVersion
from maturity.services.assessments import NewScore, Sheet, record_sheet
from maturity.services.drafts import start_draft
from maturity.services.import_jobs import queue_import
from maturity.services.keys import create_key
from maturity.services.rubrics import publish_pack
from maturity.services.targets import NewTarget, set_target
from maturity.services.units import close_unit
from reports.models import BoardReport
from reports.services.boards import set_brand
from reports.services.embeds import create_embed
from reports.services.schedules import create_schedule
from surveys.models import Release
from surveys.services.banks import publish_bank
from surveys.services.extensions import extension_span
from surveys.services.follow_ups import save_follow_up
from surveys.services.privacy_settings import set_privacy
from surveys.services.translations import publish_translation
from surveys.services.waves import close_wave, create_wave, open_wave
from tests.factories import (
    DeliveryFactory,
    EndpointFactory,
    EvaluationFactory,
    EvidenceFactory,
    EvidenceFileFactory,
    ExemptionDecisionFactory,
    ExemptionFactory,
    MembershipFactory,
    PersonFactory,
    PlacementFactory,
    ThresholdsTrialFactory,
    ThresholdsVersionFactory,
    UnitFactory,
    UnitVersionFactory,
    UserFactory,
    VerdictRecordFactory,
)
from tests.packs import shipped_bank, shipped_pack, shipped_translations
from tests.surveys.factories import (
    InvitationFactory,
    MessageFactory,
    OutsideWaveFactory,
    SeriesFactory,
    WaveFactory,
)

_NUMBERS = itertools.count(900_000)
_SHARES = itertools.cycle(range(500, 520))
_ZONES = itertools.cycle(["Asia/Tokyo", "Asia/Kolkata", "Africa/Lagos", "America/Lima"])
OWN_NUMBER = "unused_tools.amber_exit"
_DAYS = itertools.cycle(range(30, 3_650))


def board_report(organization: Organization) -> Any:
    """A report whose file is its id."""
    number = _number()
    return BoardReport.objects.create(
        pk=number,
        organization=organization,
        as_of=date(2026, 6, 30),
        known_at=datetime(2026, 7, 1, tzinfo=UTC),
        snapshot={},
        colour="#000000",
        state="ready",
        pdf=str(number).encode(),
        digest="0" * 64,
    )


def coloured(organization: Organization) -> SimpleNamespace:
    """A colour that no other organisation has."""
    brand = set_brand(organization, colour=f"#{next(_NUMBERS):06x}", logo=None)
    return SimpleNamespace(organization=organization, pk=brand.colour)


def embed(organization: Organization) -> Any:
    return create_embed(organization, shows="areas", name="Wiki", by=None)


def report_schedule(organization: Organization) -> Any:
    member = MembershipFactory(organization=organization).user
    rule = {"rule": "FREQ=MONTHLY;BYDAY=1TU", "starts_on": date(2026, 1, 1)}
    return create_schedule(organization, recipients=[member], by=None, name="Board", **rule)


def planned_report(organization: Organization) -> Any:
    return report_schedule(organization).occurrences.get()


def somebody_to_mail(organization: Organization) -> SimpleNamespace:
    """An organisation whose member a schedule can mail to."""
    user = MembershipFactory(organization=organization).user
    return SimpleNamespace(organization=organization, pk=user.pk, email=user.email)


def named_unit(organization: Organization) -> Any:
    """A unit whose key is its id."""
    number = _number()
    unit = UnitFactory(pk=number, organization=organization, key=str(number))
    return UnitVersionFactory(unit=unit).unit


def invitation(organization: Organization) -> Any:
    wave = WaveFactory(organization=organization)
    return InvitationFactory(wave=wave, organization=organization)


def mail(organization: Organization) -> Any:
    """A mail to everybody, beside a reminder that is told to nobody."""
    wave = WaveFactory(organization=organization, opened=True)
    MessageFactory(wave=wave, kind="reminder")
    return MessageFactory(wave=wave)


def outside_released(organization: Organization) -> Any:
    """An outside wave whose key is its id."""
    number = _number()
    row = OutsideWaveFactory(pk=number, key=str(number), organization=organization)
    Release.objects.create(
        organization=organization, outside=row, released_at=row.imported_at, eligible=None
    )
    return row


def translation_here(organization: Organization) -> SimpleNamespace:
    publish_bank(shipped_bank())
    made, _is_new = publish_translation(shipped_translations()[0])
    return SimpleNamespace(organization=organization, pk=made.pk, digest=made.digest)


def linked(organization: Organization) -> Any:
    return open_now(organization).invitations.first()


def here(organization: Organization) -> SimpleNamespace:
    """Where something is to be made: nothing is there yet."""
    return SimpleNamespace(organization=organization, pk=organization.pk)


def judged_here(organization: Organization) -> SimpleNamespace:
    """An organisation that has a rubric to judge by."""
    shipped_rubric()
    return here(organization)


def shipped_rubric() -> RubricVersion:
    return publish_pack(shipped_pack())


def partial_assessment(organization: Organization, **more: Any) -> Any:
    """One level of the shipped rubric on the record."""
    rubric = shipped_rubric()
    score = NewScore(rubric.capabilities.get(key="event_taxonomy"), "assessed", 2)
    sheet = Sheet(rubric, date(2026, 1, 1), [score], partial=True)
    return record_sheet(organization, sheet, by=None)


def recorded_score(organization: Organization) -> Any:
    return partial_assessment(organization).scores.get()


def draft(organization: Organization) -> Any:
    return start_draft(
        organization,
        rubric=shipped_rubric(),
        by=UserFactory(),
        valid_from=date(2026, 1, 1),
        carry_forward=False,
    )


def filled_draft(organization: Organization) -> Any:
    row = draft(organization)
    keys = row.rubric.capabilities.values_list("key", flat=True)
    row.values = {key: {"state": "assessed", "level": 2} for key in keys}
    row.save()
    return row


def target(organization: Organization) -> Any:
    capability = shipped_rubric().capabilities.get(key="event_taxonomy")
    new = NewTarget(capability, 3, date(2199, 1, 1), "Wanted", valid_from=date(2026, 1, 1))
    return set_target(organization, new, by=None)


def _number() -> int:
    """An id that is known before its row is made."""
    return next(_NUMBERS)


def score_in_standing(body: dict) -> list[int]:
    return [row["score_id"] for row in body["results"] if row["score_id"]]


def scores_in_areas(body: dict) -> list[int]:
    return [pk for row in body["results"] for pk in row["score_ids"]]


def rubric_here(organization: Organization) -> SimpleNamespace:
    return SimpleNamespace(organization=organization, pk=shipped_rubric().pk)


def stored_file(organization: Organization) -> Any:
    """A file that holds the id of its evidence."""
    number = _number()
    file = EvidenceFileFactory(organization=organization, content=str(number).encode())
    return EvidenceFactory(pk=number, organization=organization, link="", file=file)


def exemption(organization: Organization) -> Any:
    return ExemptionFactory(
        organization=organization, capability=shipped_rubric().capabilities.first()
    )


def decision(organization: Organization) -> Any:
    return ExemptionDecisionFactory(exemption=exemption(organization))


def unit(organization: Organization) -> Any:
    return UnitVersionFactory(unit__organization=organization).unit


def unit_change(organization: Organization) -> Any:
    return close_unit(unit(organization), on=date(2026, 1, 1), reason="Over", by=None)


def person(organization: Organization) -> Any:
    return PlacementFactory(person__organization=organization).person


def second_owner(organization: Organization) -> Any:
    MembershipFactory(organization=organization, role="owner")
    return MembershipFactory(organization=organization, role="viewer")


def key(organization: Organization) -> Any:
    made, _secret = create_key([organization], scopes=["feed:read"])
    made.organization = organization
    return made


def delivery_to_endpoint(organization: Organization) -> Any:
    channel = EndpointFactory(organization=organization)
    return DeliveryFactory(organization=organization, user=None, endpoint=channel)


def sent_delivery(organization: Organization) -> Any:
    return DeliveryFactory(organization=organization, state="failed")


def attempt(organization: Organization) -> Any:
    delivery = DeliveryFactory(organization=organization)
    return DeliveryAttempt.objects.create(
        organization=organization, delivery=delivery, at=delivery.due_at
    )


def verdict(organization: Organization) -> Any:
    return VerdictRecordFactory(evaluation=EvaluationFactory(organization=organization))


def upload(organization: Organization, **values: Any) -> Any:
    job = queue_import(organization, "holidays", name="a.csv", content=b"day\n", by=None)
    ImportJob.objects.filter(pk=job.pk).update(
        state="checked", report={"errors": [{"line": job.pk, "column": "", "reason": "Why"}]}
    )
    job.refresh_from_db()
    return job


def finished_trial(organization: Organization) -> Any:
    return ThresholdsTrialFactory(
        organization=organization,
        base=CURRENT_THRESHOLDS.version,
        changes={OWN_NUMBER: {"value": 0.55, "source": "Ours"}},
        state="done",
        result={"months": []},
    )


def own_number(organization: Organization) -> SimpleNamespace:
    """A number that no other organisation judges by."""
    value = next(_SHARES) / 1_000
    changes = {OWN_NUMBER: {"value": value, "source": "Ours"}}
    ThresholdsVersionFactory(
        organization=organization, base=CURRENT_THRESHOLDS.version, changes=changes
    )
    return SimpleNamespace(organization=organization, pk=value)


def zoned(organization: Organization) -> SimpleNamespace:
    """An organisation whose clock no other one has: who never chose is told by it."""
    organization.timezone = next(_ZONES)
    organization.save()
    return SimpleNamespace(organization=organization, pk=organization.timezone)


def renamed(organization: Organization) -> Any:
    """An organisation whose name is its id."""
    organization.name = str(organization.pk)
    organization.save()
    return here(organization)


def new_names(body: dict) -> list[int]:
    return [
        int(field["after"])
        for change in body["results"]
        if (change["kind"], change["label"]) == ("organisation", "update")
        for field in change["fields"]
    ]


def uuids(body: dict) -> list[UUID]:
    return [UUID(row["id"]) for row in body["results"]]


def wave(organization: Organization) -> Any:
    return WaveFactory(organization=organization)


def bank_here(organization: Organization) -> SimpleNamespace:
    publish_bank(shipped_bank())
    return here(organization)


def days_kept(organization: Organization) -> SimpleNamespace:
    """Promises that no other organisation makes."""
    days = next(_DAYS)
    set_privacy(organization, k=5, k_comment=10, retention_days=days)
    return SimpleNamespace(organization=organization, pk=days)


def draft_wave(organization: Organization) -> Any:
    bank_here(organization)
    return create_wave(organization, title="Pulse")


def wave_to_open(organization: Organization) -> Any:
    row = draft_wave(organization)
    for person in PersonFactory.create_batch(5, organization=organization):
        PlacementFactory(person=person)
    return row


def open_now(organization: Organization) -> Any:
    return open_wave(wave_to_open(organization))


def closed_now(organization: Organization) -> Any:
    row = open_now(organization)
    close_wave(row)
    return row


def released(organization: Organization) -> Any:
    """A closed wave whose key is its id."""
    number = _number()
    row = WaveFactory(pk=number, key=str(number), organization=organization, closed=True)
    Release.objects.create(
        organization=organization, wave=row, released_at=row.closed_at, eligible=12
    )
    return row


def followed_up(organization: Organization) -> Any:
    row = WaveFactory(organization=organization, closed=True)
    save_follow_up(row, heard="Slow", doing="Faster", by=None)
    return row


def extendable(organization: Organization) -> Any:
    row = open_now(organization)
    row.new_last_day = extension_span(row)[0].isoformat()
    return row


def running_series(organization: Organization) -> Any:
    bank_here(organization)
    return SeriesFactory(organization=organization)
