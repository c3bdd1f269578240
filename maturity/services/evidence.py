"""Evidence: links, and uploads that are checked by what they hold, not by what they are called."""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import puremagic
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from maturity.errors import UnsafeUpload
from maturity.models import Evidence, EvidenceFile, Organization, User
from maturity.services.record import record_lock

_OFFICE = "application/vnd.openxmlformats-officedocument."
# What is kept, by the ending of its name, and as what a browser is told when it fetches it.
KEPT = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "docx": f"{_OFFICE}wordprocessingml.document",
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "pptx": f"{_OFFICE}presentationml.presentation",
    "csv": "text/csv",
    "txt": "text/plain",
    "md": "text/plain",
}
# An office document is an archive with one of these folders; any archive looks like all three.
_FOLDERS = {"docx": "word/", "xlsx": "xl/", "pptx": "ppt/"}
_ACTIVE = {"text/html", "image/svg+xml", "application/xml", "text/xml"}


class Upload(Protocol):
    """A file as a form hands it over."""

    @property
    def name(self) -> str | None: ...
    @property
    def size(self) -> int | None: ...
    def read(self) -> bytes: ...


@dataclass(frozen=True)
class NewEvidence:
    """A link or an upload, as it was seen on one day."""

    kind: str
    observed_on: date
    title: str = ""
    owner: str = ""
    review_by: date | None = None
    link: str = ""
    upload: Upload | None = None


@transaction.atomic
def add_evidence(organization: Organization, new: NewEvidence, *, by: User | None) -> Evidence:
    """Record a piece of evidence that scores can then share.

    Raises UnsafeUpload for a file that is not kept, ValidationError naming the field.
    """
    stamp = record_lock(organization)
    if new.observed_on > stamp.astimezone(organization.zone).date():
        raise ValidationError({"observed_on": _("This date lies in the future.")})
    if bool(new.link) == (new.upload is not None):
        raise ValidationError({"link": _("Give a link or upload a file.")})
    if new.review_by is not None and new.review_by <= new.observed_on:
        raise ValidationError({"review_by": _("The review must lie after the observation.")})
    evidence = Evidence(
        organization=organization,
        kind=new.kind,
        title=new.title,
        owner=new.owner,
        observed_on=new.observed_on,
        review_by=new.review_by,
        link=new.link,
        recorded_at=stamp,
        recorded_by=by,
    )
    evidence.clean_fields(exclude=["organization", "file", "recorded_by"])
    if new.upload is not None:
        evidence.file = _keep(organization, new.upload)
    evidence.save()
    return evidence


def _keep(organization: Organization, upload: Upload) -> EvidenceFile:
    limit = settings.EVIDENCE_MAX_BYTES
    if upload.size is not None and upload.size > limit:
        raise UnsafeUpload(_too_large(limit))
    content = upload.read()
    if len(content) > limit:
        raise UnsafeUpload(_too_large(limit))
    if not content:
        raise UnsafeUpload(_("The file is empty."))
    name = get_valid_filename(upload.name or "evidence")[-200:]
    media_type = _media_type(content, name)
    return EvidenceFile.objects.create(
        organization=organization,
        name=name,
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
    )


def _too_large(limit: int) -> str:
    return _("The file is larger than %(limit)d MB.") % {"limit": limit // 1_048_576}


def _media_type(content: bytes, name: str) -> str:
    """What the bytes are. Raises UnsafeUpload for a kind that is not kept, or a false name."""
    _stem, dot, ending = name.lower().rpartition(".")
    media_type = KEPT.get(ending) if dot else None
    if media_type is None:
        raise UnsafeUpload(
            _("Such a file is not kept as evidence; there are: %(endings)s.")
            % {"endings": ", ".join(sorted(KEPT))}
        )
    found = _found(content)
    if media_type.startswith("text/"):
        genuine = _is_text(content) and not found & _ACTIVE
    else:
        genuine = media_type in found and _has_folder(content, _FOLDERS.get(ending))
    if not genuine:
        raise UnsafeUpload(
            _("The file is not what its name says: .%(ending)s.") % {"ending": ending}
        )
    return media_type


def _found(content: bytes) -> set[str]:
    """Every kind that the bytes could be, by how they begin."""
    try:
        return {match.mime_type for match in puremagic.magic_string(content)}
    except puremagic.PureError:
        return set()


def _has_folder(content: bytes, folder: str | None) -> bool:
    if folder is None:
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return False
    macros = any(name.endswith("vbaProject.bin") for name in names)
    return not macros and any(name.startswith(folder) for name in names)


def _is_text(content: bytes) -> bool:
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False
