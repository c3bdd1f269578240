"""Publish rubric packs as rows that never change again, and retire them."""

from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from maturity.errors import DomainError, InvalidPack, VersionExists
from maturity.models import Area, Capability, CapabilityLevel, Organization, RubricVersion
from maturity.rubrics import DEFAULT_PACK, Difference, Pack, differences, shipped_digests
from maturity.rubrics.packs import version_order


class UnknownRubric(DomainError):
    """No such version of a rubric was published."""

    code = "unknown_rubric"


@dataclass(frozen=True)
class Preview:
    """What publishing a pack would do.

    `compared_with` is the version in force now, None for the first of its key. `takes_over` is
    false where that one stays in force because its number is higher.
    """

    pack: Pack
    compared_with: RubricVersion | None
    differences: tuple[Difference, ...]
    is_published: bool
    takes_over: bool


def preview_pack(pack: Pack) -> Preview:
    """Compare a pack with the version in force. Raises what publishing it would raise."""
    existing = _published(pack)
    if existing is None:
        _require_own_key(pack)
        _require_known_crosswalk(pack)
    current = RubricVersion.objects.in_force().filter(key=pack.key).first()
    return Preview(
        pack=pack,
        compared_with=current,
        differences=differences(None if current is None else pack_of(current), pack),
        is_published=existing is not None,
        takes_over=existing is None
        and (current is None or version_order(pack.version) > version_order(current.version)),
    )


@transaction.atomic
def publish_pack(pack: Pack) -> RubricVersion:
    """Publish a pack, or return the version that already holds exactly this content.

    Raises VersionExists when the version was published with other content, InvalidPack when its
    key is that of a shipped pack and it is none, or when its crosswalk comes from a version or
    capability that does not exist.
    """
    with connection.cursor() as cursor:
        # Two at once would both find that the version is new.
        cursor.execute("LOCK TABLE maturity_rubricversion IN SHARE ROW EXCLUSIVE MODE")
    if existing := _published(pack):
        return existing
    _require_own_key(pack)
    _require_known_crosswalk(pack)
    rubric = RubricVersion(
        key=pack.key,
        version=pack.version,
        language=pack.language,
        digest=pack.digest,
        rules=pack.model_dump(mode="json", exclude={"areas", "digest"}),
    )
    rubric.full_clean()
    rubric.save()
    _write_parts(rubric, pack)
    rubric.published_at = timezone.now()
    rubric.save(update_fields=["published_at"])
    return rubric


@transaction.atomic
def retire_rubric(key: str, version: str) -> RubricVersion:
    """Take a version out of force: no new assessments; those on the record stay.

    It stays retired, so that what was in force at an earlier moment never changes: the same
    content comes back under a higher version. Idempotent. Raises UnknownRubric.
    """
    rubrics = RubricVersion.objects.select_for_update()
    rubric = rubrics.filter(key=key, version=version, published_at__isnull=False).first()
    if rubric is None:
        raise UnknownRubric(
            _("%(key)s %(version)s was never published.") % {"key": key, "version": version}
        )
    if rubric.retired_at is None:
        rubric.retired_at = timezone.now()
        rubric.save(update_fields=["retired_at"])
    return rubric


def organizations_without_rubric(rubric: RubricVersion) -> int:
    """How many organisations could score nothing any more if this version were retired."""
    in_force = RubricVersion.objects.in_force().filter(key=rubric.key).exclude(pk=rubric.pk)
    if in_force.exists():
        return 0
    keys = [rubric.key, *([""] if rubric.key == DEFAULT_PACK else [])]
    return Organization.objects.filter(rubric_key__in=keys).count()


def pack_of(rubric: RubricVersion) -> Pack:
    """A published version as the pack it came from."""
    areas = rubric.areas.prefetch_related("capabilities__levels")
    return Pack.model_validate(
        {
            **rubric.rules,
            "digest": rubric.digest,
            "areas": [
                {
                    "key": area.key,
                    "name": area.name,
                    "purpose": area.purpose,
                    "survey_items": area.survey_items,
                    "capabilities": [_content(part) for part in area.capabilities.all()],
                }
                for area in areas
            ],
        }
    )


def _content(capability: Capability) -> dict[str, object]:
    return {
        "key": capability.key,
        "name": capability.name,
        "description": capability.description,
        "owner_role": capability.owner_role,
        "evidence": capability.evidence,
        "levels": {
            row.level: {"looks_like": row.looks_like, "checks": row.checks}
            for row in capability.levels.all()
        },
    }


def _published(pack: Pack) -> RubricVersion | None:
    existing = RubricVersion.objects.filter(key=pack.key, version=pack.version).first()
    if existing is not None and existing.digest != pack.digest:
        raise VersionExists(
            _(
                "%(key)s %(version)s is published with other content; raise the version to"
                " publish this one."
            )
            % {"key": pack.key, "version": pack.version}
        )
    return existing


def _require_own_key(pack: Pack) -> None:
    """A later version of a shipped pack must never meet somebody else's of the same number."""
    shipped = shipped_digests().get(pack.key)
    if shipped is not None and pack.digest not in shipped:
        raise InvalidPack(
            _(
                "rubric.key: %(key)s belongs to a rubric that ships with the product; give yours"
                " a key of its own."
            )
            % {"key": pack.key}
        )


def _require_known_crosswalk(pack: Pack) -> None:
    if pack.crosswalk is None:
        return
    earlier = RubricVersion.objects.filter(
        key=pack.key, version=pack.crosswalk.from_version, published_at__isnull=False
    ).first()
    if earlier is None:
        raise InvalidPack(
            _("crosswalk.from: %(key)s %(version)s was never published.")
            % {"key": pack.key, "version": pack.crosswalk.from_version}
        )
    known = set(earlier.capabilities.values_list("key", flat=True))
    if unknown := sorted(set(pack.crosswalk.map) - known):
        raise InvalidPack(
            _("crosswalk.map: %(rubric)s has no %(names)s.")
            % {"rubric": earlier, "names": ", ".join(unknown)}
        )


def _write_parts(rubric: RubricVersion, pack: Pack) -> None:
    areas = Area.objects.bulk_create(
        Area(
            rubric=rubric,
            key=area.key,
            name=area.name,
            purpose=area.purpose,
            survey_items=list(area.survey_items),
            position=position,
        )
        for position, area in enumerate(pack.areas, start=1)
    )
    contents = [
        (area, content)
        for area, parts in zip(areas, pack.areas, strict=True)
        for content in parts.capabilities
    ]
    capabilities = Capability.objects.bulk_create(
        Capability(
            rubric=rubric,
            area=area,
            key=content.key,
            name=content.name,
            description=content.description,
            owner_role=content.owner_role,
            evidence=list(content.evidence),
            position=position,
        )
        for position, (area, content) in enumerate(contents, start=1)
    )
    CapabilityLevel.objects.bulk_create(
        CapabilityLevel(
            rubric=rubric,
            capability=capability,
            level=level,
            label=pack.scale.levels[level].label,
            looks_like=description.looks_like,
            checks=list(description.checks),
        )
        for capability, (_, content) in zip(capabilities, contents, strict=True)
        for level, description in sorted(content.levels.items())
    )
