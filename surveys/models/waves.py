"""One round of asking: what was asked, whom, until when. All of it freezes at opening."""

from datetime import datetime
from math import ceil
from typing import Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet
from maturity.models.history import tracked
from maturity.models.immutability import append_only, unless_erased
from surveys.banks import PM
from surveys.models.banks import BankVersion, Question


def _pms() -> list[str]:
    return [PM]


class WaveQuerySet(OrganizationScopedQuerySet):
    def open(self) -> Self:
        return self.filter(status=Wave.Status.OPEN)

    def due_to_close(self, *, at: datetime) -> Self:
        """Open waves that take no answers any more at that moment, not even late ones."""
        return self.open().filter(accepts_until__lte=at)

    def with_traces(self) -> Self:
        """Closed waves whose deleted rows still lie in the database files."""
        return self.filter(status=Wave.Status.CLOSED, traces_removed_at=None)

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
        "k",
        "k_comment",
    )
)
class Wave(models.Model):
    """A survey round of one organisation: drafted, then open, then closed and released."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed, results released")

    class Instrument(models.TextChoices):
        PULSE = "pulse", _("Pulse")
        FULL = "full", _("Full survey")

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="waves", verbose_name=_("organisation")
    )
    bank = models.ForeignKey(
        BankVersion, models.PROTECT, related_name="waves", verbose_name=_("question bank")
    )
    key = models.SlugField(_("key"), max_length=60, editable=False)
    title = models.CharField(_("title"), max_length=120)
    instrument = models.CharField(
        _("instrument"), max_length=10, choices=Instrument, default=Instrument.PULSE
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
        _("status"), max_length=6, choices=Status, default=Status.DRAFT, editable=False
    )
    # Set once, at opening: the instants are never worked out again from a local time.
    opens_at = models.DateTimeField(_("opens at"), null=True, editable=False)
    closes_at = models.DateTimeField(_("closes at"), null=True, editable=False)
    accepts_until = models.DateTimeField(_("accepts late answers until"), null=True, editable=False)
    eligible = models.PositiveIntegerField(_("people asked"), null=True, editable=False)
    k = models.PositiveSmallIntegerField(_("smallest group shown"), default=5, editable=False)
    k_comment = models.PositiveSmallIntegerField(
        _("fewest commenters shown"), default=10, editable=False
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, editable=False)
    traces_removed_at = models.DateTimeField(null=True, editable=False)

    objects = WaveQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey wave")
        verbose_name_plural = _("survey waves")
        ordering = ["-opens_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="wave_key_unique"),
            models.UniqueConstraint(
                fields=["organization"],
                condition=Q(status="open"),
                name="wave_one_open_per_organization",
                violation_error_message=_("Another wave of this organisation is open."),
            ),
            models.CheckConstraint(
                condition=Q(
                    status="draft",
                    opens_at=None,
                    closes_at=None,
                    accepts_until=None,
                    eligible=None,
                )
                | Q(
                    status__in=["open", "closed"],
                    opens_at__isnull=False,
                    closes_at__gt=F("opens_at"),
                    accepts_until__gte=F("closes_at"),
                    eligible__gte=F("k"),
                ),
                name="wave_frozen_iff_opened",
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False)
                | Q(closed_at=None, traces_removed_at=None) & ~Q(status="closed"),
                name="wave_closed_iff_timestamped",
            ),
            models.CheckConstraint(
                condition=Q(k__gte=3, k_comment__gte=5), name="wave_thresholds_above_floor"
            ),
            models.CheckConstraint(
                condition=Q(instrument__in=["pulse", "full"]), name="wave_instrument_known"
            ),
        ]
        indexes = [
            # Beat asks every half minute: WaveQuerySet.due_to_close().
            models.Index(
                fields=["accepts_until"], name="wave_due_to_close", condition=Q(status="open")
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="wave_locked_at_opening",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition("OLD.status <> 'draft'"),
                func=f"""
                    IF TG_OP = 'UPDATE'
                        AND (OLD.status = NEW.status
                            OR OLD.status = 'open' AND NEW.status = 'closed')
                        AND (OLD.closed_at IS NULL OR OLD.closed_at = NEW.closed_at)
                        AND to_jsonb(NEW) - ARRAY['status', 'closed_at', 'traces_removed_at']
                            = to_jsonb(OLD) - ARRAY['status', 'closed_at', 'traces_removed_at']
                    THEN RETURN NEW; END IF;{unless_erased()}
                    RAISE EXCEPTION 'wave % was opened; what was asked, and how, never changes',
                        OLD.id USING ERRCODE = 'restrict_violation';
                """,
            )
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
        if instrument is None or instrument.expected_minutes is None:
            return None
        return ceil(instrument.expected_minutes)


class WaveItem(models.Model):
    """One question of an opened wave, at its place."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    wave = models.ForeignKey(Wave, models.CASCADE, related_name="items")
    question = models.ForeignKey(Question, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        ordering = ["wave", "position"]
        constraints = [
            models.UniqueConstraint(fields=["wave", "question"], name="wave_item_asked_once"),
            models.UniqueConstraint(fields=["wave", "position"], name="wave_item_position_unique"),
        ]
        triggers = append_only("wave_item_append_only")

    def __str__(self) -> str:
        return f"{self.position}"


class WaveSecret(models.Model):
    """What makes a wave's links unguessable. Deleted at closing: then none can be made again."""

    wave = models.OneToOneField(Wave, models.CASCADE, primary_key=True, related_name="secret")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    secret = models.BinaryField(max_length=32, editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.wave_id}"
