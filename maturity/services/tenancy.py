"""Create organisations and let people in."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from maturity.errors import LastOwner
from maturity.models import Membership, Organization, RecordClock, RubricVersion, User


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
    membership, _is_new = Membership.objects.update_or_create(
        organization=organization, user=user, defaults={"role": role}
    )
    return membership


def choose_language(user: User, language: str) -> None:
    """Speak to an account in this language from now on, in pages and mails."""
    user.language = language
    user.full_clean(exclude=["password"], validate_unique=False, validate_constraints=False)
    user.save(update_fields=["language"])


@transaction.atomic
def let_in(organization: Organization, email: str, *, role: str) -> tuple[Membership, bool]:
    """Let somebody in by address; the second value says that an account was made for it.

    Such an account cannot log in until it has a password. Raises ValidationError naming the
    field.
    """
    _lock_members(organization)
    user = User.objects.filter(email__iexact=email).first()
    if user is not None and user.memberships.filter(organization=organization).exists():
        raise ValidationError({"email": _("This user is already a member.")})
    made = user or User.objects.create_user(email)
    return grant_membership(organization, made, role=Membership.Role(role)), user is None


@transaction.atomic
def change_role(membership: Membership, *, role: str) -> Membership:
    """Give a member another role. Raises LastOwner where nobody would own the organisation."""
    _lock_members(membership.organization)
    membership = Membership.objects.select_related("user", "organization").get(pk=membership.pk)
    if role != Membership.Role.OWNER:
        _keep_an_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove_member(membership: Membership) -> None:
    """Shut a member out. Raises LastOwner where nobody would own the organisation."""
    _lock_members(membership.organization)
    _keep_an_owner(Membership.objects.select_related("organization").get(pk=membership.pk))
    Membership.objects.filter(pk=membership.pk).delete()


def _lock_members(organization: Organization) -> None:
    """Changes of who belongs here queue up: two cannot both shut out the last but one owner."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _keep_an_owner(membership: Membership) -> None:
    if membership.role != Membership.Role.OWNER:
        return
    owners = membership.organization.memberships.filter(role=Membership.Role.OWNER)
    if not owners.exclude(pk=membership.pk).exists():
        raise LastOwner(_("An organisation keeps at least one owner."))


@transaction.atomic
def change_organization(
    organization: Organization,
    *,
    name: str | None = None,
    timezone: str | None = None,
    rubric_key: str | None = None,
) -> Organization:
    """Change what an organisation is called, its clock or its rubric; None: as it is.

    Raises ValidationError naming the field.
    """
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    published = RubricVersion.objects.filter(key=rubric_key, published_at__isnull=False)
    if rubric_key and not published.exists():
        raise ValidationError({"rubric_key": _("No rubric with this key was published.")})
    for field, value in {"name": name, "timezone": timezone, "rubric_key": rubric_key}.items():
        if value is not None:
            setattr(organization, field, value)
    organization.full_clean()
    organization.save()
    return organization
