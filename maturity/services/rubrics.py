"""Publish rubric packs as rows that never change again."""

from django.db import transaction
from django.utils import timezone

from maturity.errors import VersionExists
from maturity.models import Area, Capability, CapabilityLevel, RubricVersion
from maturity.rubrics import Pack


@transaction.atomic
def publish_pack(pack: Pack) -> RubricVersion:
    """Publish a pack, or return the version that already holds exactly this content.

    Raises VersionExists when the version was published with other content.
    """
    existing = RubricVersion.objects.filter(key=pack.key, version=pack.version).first()
    if existing is not None:
        if existing.digest != pack.digest:
            raise VersionExists(
                f"{pack.key} {pack.version} is published with other content; "
                "raise the version to publish this one."
            )
        return existing
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
