"""Create organisations and let people in."""

from django.db import transaction

from maturity.models import Membership, Organization, RecordClock, User


@transaction.atomic
def create_organization(
    slug: str, *, name: str, timezone: str = "UTC", owner: User | None = None
) -> Organization:
    """Create a tenant with its record clock. Raises ValidationError naming the field."""
    organization = Organization(slug=slug, name=name, timezone=timezone)
    organization.full_clean()
    organization.save()
    RecordClock.objects.create(organization=organization)
    if owner is not None:
        grant_membership(organization, owner, role=Membership.Role.OWNER)
    return organization


def grant_membership(
    organization: Organization, user: User, *, role: Membership.Role
) -> Membership:
    """Let a user in with a role, or change the role of a member."""
    membership, _ = Membership.objects.update_or_create(
        organization=organization, user=user, defaults={"role": role}
    )
    return membership
