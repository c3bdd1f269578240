"""Thresholds and retention of an organisation: set by its owners, copied by what opens later."""

from django.db import transaction

from maturity.models import Organization
from surveys.models import PrivacySetting, Wave


def privacy_of(organization: Organization) -> PrivacySetting:
    """What is in force; the defaults, unsaved, where nothing was set. One query."""
    found = PrivacySetting.objects.for_organization(organization).first()
    return found or PrivacySetting(organization=organization)


def privacy_values(organization: Organization) -> dict[str, int]:
    """What a new wave takes over."""
    setting = privacy_of(organization)
    return {
        "k": setting.k,
        "k_comment": setting.k_comment,
        "retention_days": setting.retention_days,
    }


@transaction.atomic
def set_privacy(
    organization: Organization, *, k: int, k_comment: int, retention_days: int
) -> PrivacySetting:
    """Set the thresholds of everything that has not opened yet.

    What was opened keeps what its consent page said. Raises ValidationError naming the field.
    """
    # Two owners who save at once queue up here.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    setting = privacy_of(organization)
    setting.k, setting.k_comment, setting.retention_days = k, k_comment, retention_days
    setting.full_clean()
    setting.save()
    drafts = Wave.objects.for_organization(organization).filter(status=Wave.Status.DRAFT)
    drafts.update(**privacy_values(organization))
    return setting
