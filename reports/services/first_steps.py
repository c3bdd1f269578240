"""Put the first steps of an organisation away, and bring them back."""

from maturity.models import Organization, User
from reports.models import HiddenGuide


def hide_first_steps(organization: Organization, *, by: User | None = None) -> None:
    """From now on nobody of the organisation sees them. Twice is as once."""
    HiddenGuide.objects.get_or_create(organization=organization, defaults={"by": by})


def show_first_steps(organization: Organization) -> None:
    HiddenGuide.objects.for_organization(organization).delete()
