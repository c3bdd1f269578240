"""Who may see what: users, organisations and memberships."""

import zoneinfo
from datetime import date
from typing import Any, ClassVar, Self

import pghistory
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from maturity.models.captures import captured, republishes
from maturity.models.history import tracked
from maturity.models.languages import is_spoken
from maturity.models.lines import LineField
from maturity.models.rubric_uses import uses_of_organizations


def validate_timezone(name: str) -> None:
    """Refuse a name that the time-zone database does not know."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("%(name)s is not a time zone, write it like Europe/Berlin."), params={"name": name}
        )


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account that logs in by e-mail address. Without a password it cannot."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find an account whatever the case its owner types the address in."""
        return self.get(email__iexact=username)


@tracked(
    # That a password was set is told, with whom and when; the password never is.
    pghistory.UpdateEvent("password", condition=pghistory.AnyChange("password")),
    only=("id", "email", "name", "is_active", "is_staff", "is_superuser"),
    personal=("email", "name"),
)
class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who logs in: an ops lead, an owner, a viewer or the operator."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(
        _("operator"), default=False, help_text=_("May log in to the admin without being a member.")
    )
    # Empty: nobody chose, so pages follow the browser and mails are in English.
    language = models.CharField(_("language"), max_length=12, blank=True, validators=[is_spoken])
    created_at = models.DateTimeField(_("created at"), default=now, editable=False)
    # Set by services.erasures: nothing but the id is left, and nobody can log in with it.
    erased_at = models.DateTimeField(_("erased at"), null=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique_whatever_case",
                violation_error_message=_("There is already an account with this address."),
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None)
                | Q(name="", is_active=False, email__endswith="@erased.invalid"),
                name="user_erased_has_no_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, user: Any) -> Self:
        """The organisations this user may read: his memberships, or all for an operator."""
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        return self.filter(memberships__user=user)

    def editable_by(self, user: Any) -> Self:
        """The organisations this user may write to: owners and ops leads, never viewers."""
        if not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        return self.filter(memberships__user=user, memberships__role__in=Membership.EDITING_ROLES)


@tracked()
class Organization(models.Model):
    """A tenant: one product organisation whose operations are tracked."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    name = LineField(_("name"), max_length=200)
    timezone = models.CharField(
        _("time zone"), max_length=60, default="UTC", validators=[validate_timezone]
    )
    rubric_key = models.SlugField(
        _("rubric"),
        max_length=60,
        blank=True,
        db_index=False,
        help_text=_("What new assessments are judged against, in its newest published version."),
    )
    created_at = models.DateTimeField(_("created at"), default=now, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["slug"]
        triggers = [
            republishes("slug", organization="id"),
            *captured("organizations", organization="id"),
            *uses_of_organizations(),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.timezone)


class OrganizationScopedQuerySet(models.QuerySet[Any]):
    """Base for every tenant-owned table. Views start here, not at .all()."""

    def for_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class RecordClock(models.Model):
    """The last moment an organisation's record was written; its row is the writers' lock.

    Apart from Organization, so that writing the record does not change the organisation.
    """

    organization = models.OneToOneField(
        Organization, models.CASCADE, primary_key=True, related_name="record_clock"
    )
    recorded_at = models.DateTimeField(null=True, editable=False)
    # What the last evaluation knew and which period it judged; behind the above: one is due.
    evaluated_to = models.DateTimeField(null=True, editable=False)
    evaluated_period = models.DateField(null=True, editable=False)
    # The organisation's day for which the confidence of its scores was written down last.
    aged_to = models.DateField(null=True, editable=False)

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.recorded_at}"

    def evaluation_is_due(self, period_end: date) -> bool:
        """Whether something was recorded, or a period ended, since the last evaluation."""
        return self.evaluated_to != self.recorded_at or self.evaluated_period != period_end


@tracked()
class Membership(models.Model):
    """What one user may do in one organisation."""

    class Role(models.TextChoices):
        OWNER = "owner", pgettext_lazy("role", "Owner")
        OPS_LEAD = "ops_lead", _("Ops lead")
        VIEWER = "viewer", _("Viewer")

    EDITING_ROLES = (Role.OWNER, Role.OPS_LEAD)

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        User, models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["organization", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "user"],
                name="membership_once_per_user",
                violation_error_message=_("This user is already a member."),
            ),
            models.CheckConstraint(
                condition=Q(role__in=["owner", "ops_lead", "viewer"]), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.organization_id}"
