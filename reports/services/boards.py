"""Board reports: frozen when they are asked for, rendered by whichever worker claims them."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import puremagic
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from maturity.models import Organization, User
from maturity.sources.kinds import FIRST_YEAR, LAST_YEAR
from reports.exporters.board import Unprintable, board_csv, board_pdf, board_xlsx
from reports.models import BoardReport, Brand
from reports.selectors.board import board_snapshot
from reports.selectors.dashboard import dashboard_of

# Rendering takes well under a second; a worker that dies is replaced after this.
LEASE = timedelta(minutes=2)
MAX_LOGO_BYTES = 200_000
_LOGOS = {"image/png", "image/jpeg"}
# What a logo is tried on before it is kept.
_TRIAL = {
    "language": "en",
    "organization": "x",
    "title": "x",
    "subtitle": "",
    "stand": "",
    "known_at": "2026-01-01T00:00:00+00:00",
    "made": {"year": 2026, "month": 1, "day": 1},
    "summary": [],
    "words": dict.fromkeys(("profile", "area", "level", "before", "target", "coverage"), "x"),
    "areas": [],
    "profile_note": "",
    "sections": [],
}


@transaction.atomic
def request_board_report(
    organization: Organization,
    *,
    by: User | None,
    as_of: date | None = None,
    known_at: datetime | None = None,
    language: str = "en",
) -> BoardReport:
    """Freeze what the board will read. Without a moment it is now, without a day today.

    It names the moment that was asked for, or else the record's own last one.
    Raises ValidationError naming the field for a day or a moment that lies ahead, or outside the
    years that the record knows.
    """
    refuse_far_off(as_of=as_of, known_at=known_at)
    now = timezone.now()
    day = as_of or (known_at or now).astimezone(organization.zone).date()
    if known_at is not None and known_at > now:
        raise ValidationError({"known_at": _("This moment lies in the future.")})
    if day > now.astimezone(organization.zone).date():
        raise ValidationError({"as_of": _("This date lies in the future.")})
    with translation.override(language), timezone.override(organization.zone):
        dashboard = dashboard_of(organization, as_of=day, known_at=known_at or now)
        if known_at is not None:
            dashboard = replace(dashboard, known_at=known_at)
        snapshot = board_snapshot(organization, dashboard)
    brand = Brand.objects.filter(organization=organization).first() or Brand()
    report: BoardReport = BoardReport.objects.create(
        organization=organization,
        as_of=day,
        known_at=dashboard.known_at,
        snapshot=snapshot,
        colour=brand.colour,
        logo=brand.logo,
        by=by,
    )
    return report


def reports_due(*, at: datetime) -> list[int]:
    """Ids of what waits for a worker, the oldest first."""
    return list(BoardReport.objects.due(at=at).values_list("pk", flat=True)[:100])


def render_board_report(report_id: int) -> bool:
    """Render one report. False where another worker has it, it is done, or it is gone."""
    now = timezone.now()
    if not BoardReport.objects.claim(report_id, at=now, until=now + LEASE):
        return False
    report = BoardReport.objects.get(pk=report_id)
    try:
        pdf = pdf_of(report)
    except Unprintable as error:
        report.state, report.failure = BoardReport.State.FAILED, str(error)
    else:
        report.state, report.pdf = BoardReport.State.READY, pdf
        report.digest = hashlib.sha256(pdf).hexdigest()
    report.claimed_until = None
    report.save(update_fields=["state", "failure", "pdf", "digest", "claimed_until"])
    return True


def pdf_of(report: BoardReport) -> bytes:
    """The file, from the frozen snapshot alone: the same bytes whenever it is made."""
    logo = None if report.logo is None else bytes(report.logo)
    mark = f"Plumbline · {report.as_of}"
    return board_pdf(report.snapshot, colour=report.colour, logo=logo, mark=mark)


def file_of(report: BoardReport, suffix: str) -> bytes | Iterator[bytes] | None:
    """The report as a `pdf`, `csv` or `xlsx`; None where there is none, or none yet."""
    if suffix == "pdf":
        return None if report.pdf is None else bytes(report.pdf)
    if suffix == "csv":
        return board_csv(report.snapshot)
    return board_xlsx(report.snapshot) if suffix == "xlsx" else None


def set_brand(organization: Organization, *, colour: str, logo: bytes | None) -> Brand:
    """Choose how the reports that are asked for from now on look; no logo takes it away.

    Raises ValidationError naming the field.
    """
    if logo is not None:
        _refuse_bad_logo(logo)
    brand = Brand.objects.filter(organization=organization).first() or Brand(
        organization=organization
    )
    brand.colour, brand.logo = colour, logo
    brand.full_clean()
    brand.save()
    return brand


def refuse_far_off(**asked: date | None) -> None:
    """Raise ValidationError for a day or a moment outside the years that the record knows.

    To be asked first: at the calendar's ends no zone and no quarter can be reckoned.
    """
    for name, day in asked.items():
        if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
            years = {"first": FIRST_YEAR, "last": LAST_YEAR}
            message = _("Give a day in the years %(first)s to %(last)s.") % years
            raise ValidationError({name: message})


def _refuse_bad_logo(logo: bytes) -> None:
    if len(logo) > MAX_LOGO_BYTES:
        raise ValidationError({"logo": _("The logo is larger than 200 kB.")})
    try:
        kinds = {match.mime_type for match in puremagic.magic_string(logo)}
    except (puremagic.PureError, ValueError):
        kinds = set()
    if not kinds & _LOGOS:
        raise ValidationError({"logo": _("A logo is a PNG or a JPEG.")})
    try:
        board_pdf(_TRIAL, colour="#000000", logo=logo, mark="")
    except Unprintable as error:
        raise ValidationError({"logo": _("This picture cannot be read.")}) from error
