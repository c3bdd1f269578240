"""Publish question banks as rows that never change again."""

from django.db import transaction
from django.utils import timezone

from maturity.errors import VersionExists
from surveys.banks import Bank
from surveys.models import BankVersion, Question


@transaction.atomic
def publish_bank(bank: Bank) -> tuple[BankVersion, bool]:
    """Publish a bank, or find the version that already holds exactly this content.

    Returns the version and whether it is new. Raises VersionExists when it was published with
    other content.
    """
    existing = BankVersion.objects.filter(key=bank.key, version=bank.version).first()
    if existing is not None:
        if existing.digest != bank.digest:
            raise VersionExists(
                f"{bank.key} {bank.version} is published with other content; "
                "raise the version to publish this one."
            )
        return existing, False
    version = BankVersion(
        key=bank.key,
        version=bank.version,
        language=bank.language,
        digest=bank.digest,
        content=bank.model_dump(mode="json", exclude={"items", "digest"}),
    )
    version.full_clean()
    version.save()
    Question.objects.bulk_create(_questions(version, bank))
    version.published_at = timezone.now()
    version.save(update_fields=["published_at"])
    return version, True


def _questions(version: BankVersion, bank: Bank) -> list[Question]:
    return [
        Question(
            bank=version,
            key=item.key,
            position=position,
            text=item.text,
            scale=item.scale,
            reverse=item.reverse,
            direction=item.direction,
            audiences=list(item.audience),
            area=item.area or "",
            benefit=item.benefit or "",
            pitfall=item.pitfall or "",
            outcome=item.outcome or "",
            pulse=item.pulse,
            optional=item.optional,
        )
        for position, item in enumerate(bank.items, start=1)
    ]
