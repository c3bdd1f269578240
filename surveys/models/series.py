"""A survey that comes back: what is asked, whom, how often. Its waves are made from it ahead."""

from collections.abc import Mapping
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet, Unit
from maturity.models.checked import Checked
from maturity.models.history import tracked
from maturity.models.lines import LineField
from surveys.models.locks import ends_once, stricter_only
from surveys.planning import REMINDER_OFFSETS, BadRule, Recurrence, RuleFault

_FAULTS: Mapping[RuleFault, Promise] = {
    "no_part": _("“%(part)s” is no part of a rule, write it like FREQ=MONTHLY."),
    "no_such_part": _("%(name)s: a rule says the days only, by %(known)s."),
    "twice": _("%(name)s stands twice."),
    "frequency": _("FREQ is one of %(known)s."),
    "number": _("%(name)s is a number from 1 to %(most)d."),
    "until": _("UNTIL is a day, write it like 20271231."),
    "several": _("Write one rule."),
    "never": _("No day meets this rule."),
    "unread": _("The rule cannot be read: %(error)s."),
}


def validate_rule(text: str) -> None:
    """Refuse what is no RFC 5545 rule, or one that cannot say a day."""
    try:
        Recurrence.parse(text)
    except BadRule as error:
        said = str(_FAULTS[error.fault]) % error.figures
        raise ValidationError(said, code=error.fault) from error


def default_roles() -> list[str]:
    return ["pm"]


def default_offsets() -> list[int]:
    return list(REMINDER_OFFSETS)


class SeriesQuerySet(OrganizationScopedQuerySet):
    def running(self) -> Self:
        return self.filter(paused=False, ended_at=None)


@tracked()
class Series(Checked):
    """One recurring survey of one organisation; each occurrence of its rule becomes a wave.

    The onboarding instrument has no rule: its waves are half-year cohorts, asked so many days
    after each person's start.
    """

    class Instrument(models.TextChoices):
        PULSE = "pulse", _("Pulse")
        FULL = "full", _("Full survey")
        ONBOARDING = "onboarding", _("Onboarding")
        CUSTOM = "custom", _("Own selection")

    class Mode(models.TextChoices):
        ANONYMOUS = "anonymous", _("anonymous")
        CONFIDENTIAL = "confidential", _("confidential: waves are linked, people are not named")

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="series", verbose_name=_("organisation")
    )
    key = models.SlugField(_("key"), max_length=50, editable=False)
    title = LineField(_("title"), max_length=100)
    instrument = models.CharField(
        _("instrument"), max_length=10, choices=Instrument, default=Instrument.PULSE
    )
    item_keys = ArrayField(
        models.CharField(max_length=40), verbose_name=_("questions"), default=list, blank=True
    )
    rule = models.CharField(_("recurrence"), max_length=200, blank=True, validators=[validate_rule])
    starts_on = models.DateField(_("first day"))
    local_hour = models.PositiveSmallIntegerField(
        _("hour of the mails"),
        default=10,
        validators=[MinValueValidator(9), MaxValueValidator(16)],
        help_text=_("On each person's own clock."),
    )
    roles = ArrayField(
        models.CharField(max_length=12), verbose_name=_("roles"), default=default_roles
    )
    unit = models.ForeignKey(
        Unit, models.RESTRICT, null=True, blank=True, related_name="+", verbose_name=_("unit")
    )
    tenure_months = models.PositiveSmallIntegerField(
        _("at most so many months there"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
    )
    languages = ArrayField(
        models.CharField(max_length=12), verbose_name=_("languages"), default=list, blank=True
    )
    mode = models.CharField(_("privacy"), max_length=12, choices=Mode, default=Mode.ANONYMOUS)
    reminder_offsets = ArrayField(
        models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(40)]),
        verbose_name=_("reminders"),
        default=default_offsets,
        blank=True,
        help_text=_("Working days after the opening, at most three."),
    )
    budget_minutes = models.DecimalField(
        _("minutes per person and quarter"),
        max_digits=5,
        decimal_places=1,
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Nobody is asked for more in one quarter. Empty: no limit."),
    )
    every_second = models.BooleanField(_("every second occurrence only"), default=False)
    note = models.CharField(_("what was changed by rule"), max_length=300, blank=True)
    paused = models.BooleanField(_("paused"), default=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, editable=False)

    objects = SeriesQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey series")
        verbose_name_plural = _("survey series")
        ordering = ["organization", "title", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="series_key_unique"),
            models.CheckConstraint(
                condition=Q(instrument__in=["pulse", "full", "onboarding", "custom"]),
                name="series_instrument_known",
            ),
            models.CheckConstraint(
                condition=Q(mode__in=["anonymous", "confidential"]), name="series_mode_known"
            ),
            models.CheckConstraint(
                condition=Q(instrument="onboarding", rule="")
                | ~Q(instrument="onboarding") & ~Q(rule=""),
                name="series_recurs_unless_onboarding",
                violation_error_message=_(
                    "Say when it comes back; only the onboarding survey follows people's starts."
                ),
            ),
            models.CheckConstraint(
                condition=Q(instrument="custom") & ~Q(item_keys=[])
                | ~Q(instrument="custom") & Q(item_keys=[]),
                name="series_chooses_iff_custom",
                violation_error_message=_("Choose questions for an own selection, and only there."),
            ),
            models.CheckConstraint(condition=~Q(roles=[]), name="series_asks_somebody"),
            models.CheckConstraint(
                condition=Q(roles__contained_by=["pm", "partner", "product_ops"]),
                name="series_roles_known",
            ),
            models.CheckConstraint(
                condition=Q(reminder_offsets__len__lte=3), name="series_reminds_thrice_at_most"
            ),
            models.CheckConstraint(
                condition=Q(local_hour__gte=9, local_hour__lt=17),
                name="series_hour_outside_quiet_time",
            ),
        ]
        triggers = [stricter_only("series_mode_only_stricter"), ends_once("series_ends_once")]

    def __str__(self) -> str:
        return self.title
