"""Who works there and where: the dated unit tree and the people roster."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from maturity.models.captures import captured, concerns, republishes
from maturity.models.checked import Checked
from maturity.models.history import tracked
from maturity.models.immutability import append_only_until_replaced
from maturity.models.lines import LineField
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet, validate_timezone


@tracked()
class Unit(models.Model):
    """A business unit, product line or team. Its name and place are dated, in UnitVersion."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="units")
    key = models.SlugField(_("key"), max_length=60)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["organization", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "key"],
                name="unit_key_unique",
                violation_error_message=_("There is already a unit with this key."),
            )
        ]
        triggers = [republishes("key", organization="organization_id"), *captured("units")]

    def __str__(self) -> str:
        return self.key


@tracked()
class UnitVersion(models.Model):
    """What a unit was called and where it stood: `valid` in the world, `recorded` by us.

    Both ranges are half-open. A change never edits a version: it ends the version's recorded
    range and writes new versions, so the tree as known at any earlier moment stays readable.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="versions", verbose_name=_("unit"))
    parent = models.ForeignKey(
        Unit,
        models.CASCADE,
        related_name="child_versions",
        null=True,
        blank=True,
        verbose_name=_("parent"),
    )
    name = LineField(_("name"), max_length=200)
    valid = DateRangeField(_("valid"))
    recorded = DateTimeRangeField(_("recorded"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit version")
        verbose_name_plural = _("unit versions")
        ordering = ["unit", "recorded", "valid"]
        constraints = [
            ExclusionConstraint(
                name="unit_version_one_truth_per_date_and_moment",
                expressions=[
                    ("unit", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                    ("recorded", RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("The unit already has a place at these dates."),
            ),
            models.CheckConstraint(
                condition=~Q(parent=F("unit")), name="unit_version_not_its_own_parent"
            ),
            models.CheckConstraint(
                condition=Q(valid__isempty=False), name="unit_version_valid_not_empty"
            ),
        ]
        indexes = [
            # The tree of one organisation: selectors.unit_tree().
            models.Index(fields=["organization", "unit"], name="unit_version_tree"),
        ]
        triggers = [
            *append_only_until_replaced(
                "unit_version_kept",
                mutable="recorded",
                once="upper_inf(OLD.recorded) AND lower(OLD.recorded) = lower(NEW.recorded)",
            ),
            *concerns("units", column="unit_id"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.valid}"


@tracked(personal=("email", "name"))
class Person(models.Model):
    """Somebody who may be asked in a survey. Not a login."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="people")
    email = models.EmailField(_("e-mail address"))
    name = LineField(_("name"), max_length=200, blank=True)
    timezone = models.CharField(
        _("time zone"),
        max_length=60,
        blank=True,
        validators=[validate_timezone],
        help_text=_("Empty: the organisation's."),
    )
    language = models.CharField(_("language"), max_length=12, default="en")
    # Set by services.erasures: nothing but the id is left, and nobody is to be written to.
    erased_at = models.DateTimeField(_("erased at"), null=True, editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["organization", "email"]
        constraints = [
            models.UniqueConstraint(
                F("organization"),
                Lower("email"),
                name="person_email_unique",
                violation_error_message=_("This address is already on the roster."),
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(name="", email__endswith="@erased.invalid"),
                name="person_erased_has_no_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email


@tracked()
class Placement(Checked):
    """What a person does, and in which unit, over a span of dates (half-open)."""

    class Role(models.TextChoices):
        PM = "pm", _("Product manager")
        PARTNER = "partner", _("Design, engineering or data lead")
        PRODUCT_OPS = "product_ops", _("Product operations")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="placements")
    person = models.ForeignKey(
        Person, models.CASCADE, related_name="placements", verbose_name=_("person")
    )
    unit = models.ForeignKey(
        Unit,
        models.PROTECT,
        related_name="placements",
        null=True,
        blank=True,
        verbose_name=_("unit"),
    )
    role = models.CharField(_("role"), max_length=12, choices=Role)
    valid = DateRangeField(_("from, until"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        ordering = ["person", "valid"]
        constraints = [
            ExclusionConstraint(
                name="placement_one_at_a_time",
                expressions=[
                    ("person", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("The person already has a place at these dates."),
            ),
            models.CheckConstraint(
                condition=Q(role__in=["pm", "partner", "product_ops"]), name="placement_role_known"
            ),
            models.CheckConstraint(
                condition=Q(valid__isempty=False), name="placement_valid_not_empty"
            ),
        ]
        indexes = [
            # Who is in the audience on a date: surveys.services opens a wave.
            models.Index(fields=["organization", "role"], name="placement_audience"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.valid}"
