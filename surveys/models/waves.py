"""One round of asking: what was asked, whom, until when. All of it freezes at opening."""

from datetime import datetime, timedelta
from typing import Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, ExpressionWrapper, F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet, User
from maturity.models.captures import captured
from maturity.models.checked import Checked
from maturity.models.history import tracked
from maturity.models.lines import LineField
from surveys.banks import PM
from surveys.models.banks import BankVersion
from surveys.models.locks import LOCKED_AT_OPENING, stricter_only
from surveys.models.series import Series


def _pms() -> list[str]:
    return [PM]


# What the feed tells of a wave; nothing of it moves while people answer.
PUBLISHED = (
    "key",
    "title",
    "instrument",
    "series_id",
    "cohort",
    "mode",
    "status",
    "opens_at",
    "closes_at",
    "closed_at",
    "k",
)


class WaveQuerySet(OrganizationScopedQuerySet):
    def open(self) -> Self:
        return self.filter(status=Wave.Status.OPEN)

    def planned(self) -> Self:
        """Drafts that open by themselves when their time has come."""
        return self.filter(status=Wave.Status.DRAFT, due_at__isnull=False)

    def due_to_open(self, *, at: datetime) -> Self:
        """Planned waves whose time has come, unless their series is paused."""
        return self.planned().filter(due_at__lte=at, series__paused=False)

    def due_to_close(self, *, at: datetime) -> Self:
        """Open waves that take no answers any more at that moment, not even late ones."""
        return self.open().filter(accepts_until__lte=at)

    def with_traces(self) -> Self:
        """Closed waves whose deleted rows still lie in the database files."""
        return self.filter(status=Wave.Status.CLOSED, traces_removed_at=None)

    def answers_due_to_go(self, *, at: datetime) -> Self:
        """Closed waves whose raw answers have been kept for as long as people were told."""
        kept_until = ExpressionWrapper(
            F("closed_at") + F("retention_days") * timedelta(days=1),
            output_field=models.DateTimeField(),
        )
        closed = self.filter(status=Wave.Status.CLOSED, answers_deleted_at=None)
        return closed.alias(kept_until=kept_until).filter(kept_until__lte=at)

    def comparable_with(self, wave: "Wave") -> Self:
        """Waves about the same sort of people: all but cohorts, or a series' cohorts by their day.

        Newcomers beside everybody would look like a change.
        """
        if wave.cohort:
            return self.filter(series=wave.series_id, cohort_day=wave.cohort_day)
        return self.filter(cohort="")

    def with_response_count(self) -> Self:
        """Annotate `response_count`: responses that wait for closing, the one live figure."""
        return self.annotate(response_count=Count("intakeresponse_rows", distinct=True))


@tracked(
    only=(
        "id",
        "organization",
        "title",
        "instrument",
        "closes_on",
        "status",
        "opens_at",
        "closes_at",
        "reason",
        "override_reason",
        "k",
        "k_comment",
    )
)
class Wave(Checked):
    """A survey round of one organisation: drafted, then open, then closed and released."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed, results released")
        CANCELLED = "cancelled", _("Not held")

    Instrument = Series.Instrument

    class Mode(models.TextChoices):
        ANONYMOUS = "anonymous", _("Anonymous")
        CONFIDENTIAL = "confidential", _("Confidential: answers of a person are linked over waves")

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="waves", verbose_name=_("organisation")
    )
    bank = models.ForeignKey(
        BankVersion, models.PROTECT, related_name="waves", verbose_name=_("question bank")
    )
    key = models.SlugField(_("key"), max_length=60, editable=False)
    title = LineField(_("title"), max_length=120)
    instrument = models.CharField(
        _("instrument"), max_length=10, choices=Instrument, default=Instrument.PULSE
    )
    series = models.ForeignKey(
        Series,
        models.RESTRICT,
        null=True,
        editable=False,
        related_name="waves",
        verbose_name=_("series"),
        db_index=False,
    )
    # The half-year whose joiners an onboarding wave asks, such as 2026H1, and how many days
    # after their start.
    cohort = models.CharField(_("cohort"), max_length=6, blank=True, editable=False)
    cohort_day = models.PositiveSmallIntegerField(_("day"), null=True, editable=False)
    item_keys = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        editable=False,
        verbose_name=_("questions"),
    )
    # A planned wave opens by itself: on this day of the organisation, at this instant.
    opens_on = models.DateField(_("opens on"), null=True, blank=True, editable=False)
    due_at = models.DateTimeField(_("opens at"), null=True, editable=False)
    reason = models.CharField(_("why it was not held"), max_length=300, blank=True, editable=False)
    # Shown to everybody who is asked: why there is a new wave before the last one's follow-up.
    override_reason = models.CharField(
        _("why it opens without “you said, we did”"), max_length=300, blank=True, editable=False
    )
    override_by = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("opened anyway by"),
    )
    closes_on = models.DateField(
        _("last day"),
        null=True,
        blank=True,
        help_text=_("The survey closes at the end of this day. Empty: the tenth working day."),
    )
    audiences = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("who is asked"),
        default=_pms,
    )
    languages = ArrayField(
        models.CharField(max_length=12),
        verbose_name=_("languages"),
        default=list,
        blank=True,
        help_text=_("Languages offered beside that of the question bank."),
    )
    allow_draft_translations = models.BooleanField(
        _("offer draft translations"),
        default=False,
        help_text=_("A draft is a translation that two reviewers have not approved."),
    )
    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.DRAFT, editable=False
    )
    # Set once, at opening: the instants are never worked out again from a local time.
    opens_at = models.DateTimeField(_("opens at"), null=True, editable=False)
    closes_at = models.DateTimeField(_("closes at"), null=True, editable=False)
    accepts_until = models.DateTimeField(_("accepts late answers until"), null=True, editable=False)
    # The closing instant that was announced at first, once it was extended.
    extended_from = models.DateTimeField(_("extended from"), null=True, editable=False)
    eligible = models.PositiveIntegerField(_("people asked"), null=True, editable=False)
    k = models.PositiveSmallIntegerField(_("smallest group shown"), default=5, editable=False)
    k_comment = models.PositiveSmallIntegerField(
        _("fewest commenters shown"), default=10, editable=False
    )
    # May become anonymous at any time, never confidential again.
    mode = models.CharField(
        _("privacy"), max_length=12, choices=Mode, default=Mode.ANONYMOUS, editable=False
    )
    retention_days = models.PositiveSmallIntegerField(
        _("days answers are kept"), default=400, editable=False
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    answers_deleted_at = models.DateTimeField(_("answers deleted"), null=True, editable=False)
    traces_removed_at = models.DateTimeField(_("traces removed"), null=True, editable=False)

    objects = WaveQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey wave")
        verbose_name_plural = _("survey waves")
        ordering = ["-opens_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="wave_key_unique"),
            models.UniqueConstraint(
                fields=["organization", "series", "cohort_day"],
                condition=Q(status="open"),
                name="wave_one_open_per_series",
                nulls_distinct=False,
                violation_error_message=_("Another wave of this organisation is open."),
            ),
            models.UniqueConstraint(
                fields=["series", "opens_on", "cohort_day"],
                name="wave_planned_once",
                condition=Q(series__isnull=False, opens_on__isnull=False),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(due_at=None, opens_on=None)
                | Q(due_at__isnull=False, opens_on__isnull=False),
                name="wave_planned_has_day_and_instant",
            ),
            models.CheckConstraint(
                condition=Q(cohort="", cohort_day=None)
                | Q(~Q(cohort=""), cohort_day__isnull=False, instrument="onboarding"),
                name="wave_cohort_only_onboarding",
            ),
            models.CheckConstraint(
                condition=Q(status="cancelled") & ~Q(reason="")
                | ~Q(status="cancelled") & Q(reason=""),
                name="wave_reason_iff_cancelled",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=["draft", "cancelled"],
                    opens_at=None,
                    closes_at=None,
                    accepts_until=None,
                    extended_from=None,
                    eligible=None,
                )
                | Q(
                    status__in=["open", "closed"],
                    opens_at__isnull=False,
                    closes_at__gt=F("opens_at"),
                    accepts_until__gte=F("closes_at"),
                    eligible__isnull=False,
                ),
                name="wave_frozen_iff_opened",
            ),
            models.CheckConstraint(
                # A cohort fills up while its wave is open; k holds when it is released.
                condition=Q(eligible=None) | Q(eligible__gte=F("k")) | ~Q(cohort=""),
                name="wave_opened_for_k_people",
            ),
            models.CheckConstraint(
                condition=Q(extended_from=None) | Q(extended_from__lt=F("closes_at")),
                name="wave_extended_forward",
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False)
                | Q(closed_at=None, traces_removed_at=None, answers_deleted_at=None)
                & ~Q(status="closed"),
                name="wave_closed_iff_timestamped",
            ),
            models.CheckConstraint(
                condition=Q(k__gte=3, k_comment__gte=5), name="wave_thresholds_above_floor"
            ),
            models.CheckConstraint(
                condition=Q(instrument__in=["pulse", "full", "onboarding", "custom"]),
                name="wave_instrument_known",
            ),
            models.CheckConstraint(
                condition=Q(mode__in=["anonymous", "confidential"]), name="wave_mode_known"
            ),
            models.CheckConstraint(
                condition=Q(mode="anonymous") | Q(series__isnull=False),
                name="wave_confidential_only_in_series",
            ),
            models.CheckConstraint(
                condition=Q(retention_days__gte=1), name="wave_keeps_answers_for_a_time"
            ),
        ]
        indexes = [
            # Beat asks every half minute: WaveQuerySet.due_to_close().
            models.Index(
                fields=["accepts_until"], name="wave_due_to_close", condition=Q(status="open")
            ),
            # Beat asks every half minute: WaveQuerySet.due_to_open().
            models.Index(fields=["due_at"], name="wave_due_to_open", condition=Q(status="draft")),
        ]
        triggers = [
            # Whom a cohort asks meanwhile is no change that anybody reads.
            *captured("survey_waves", watched=PUBLISHED),
            stricter_only("wave_mode_only_stricter"),
            pgtrigger.Trigger(
                name="wave_locked_at_opening",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.status <> 'draft'"),
                func=LOCKED_AT_OPENING,
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def accepts_answers(self, *, at: datetime) -> bool:
        """Whether an answer that arrives at that moment still counts."""
        if self.opens_at is None or self.accepts_until is None:
            return False
        return self.status == self.Status.OPEN and self.opens_at <= at < self.accepts_until

    def planned_minutes(self) -> int | None:
        """How long answering takes, rounded up; None where the bank does not say."""
        instrument = self.bank.definition().instruments.get(self.instrument)
        return None if instrument is None else instrument.minutes


class WaveSecret(models.Model):
    """What makes a wave's links unguessable. Deleted at closing: then none can be made again."""

    wave = models.OneToOneField(Wave, models.CASCADE, primary_key=True, related_name="secret")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    secret = models.BinaryField(max_length=32, editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.wave_id}"
