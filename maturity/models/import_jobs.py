"""Uploaded files that wait to be looked at, confirmed and stored."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from maturity.models.imports import ImportRun
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet


class ImportJobQuerySet(OrganizationScopedQuerySet):
    def due(self, *, at: datetime) -> Self:
        """Queued, or running under a lease that ran out; the oldest first."""
        lost = Q(state="running", claimed_until__lte=at)
        return self.filter(Q(state="queued") | lost).order_by("created_at", "pk")

    def claim(self, pk: int, *, at: datetime, until: datetime) -> bool:
        """Take one due job. False means that another worker got there first."""
        due = self.due(at=at).order_by().filter(pk=pk)
        return due.update(state=ImportJob.State.RUNNING, claimed_until=until) == 1


class ImportJob(models.Model):
    """One uploaded file: first it is only checked, then stored once somebody confirms.

    The file itself is kept no longer than it is needed; what stays of it is the ImportRun.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Being read")
        CHECKED = "checked", _("Checked, nothing stored yet")
        STORED = "stored", _("Stored")
        REFUSED = "refused", _("Refused")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="import_jobs")
    format = models.CharField(_("format"), max_length=40)
    file_name = models.CharField(_("file"), max_length=255)
    content = models.BinaryField(null=True, editable=False)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    # The format's own: {"groups": "tags", "eligible": "the text of a small file"}.
    options = models.JSONField(default=dict, editable=False)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.QUEUED)
    # Whether the next run stores what it finds; a first one only looks.
    stores = models.BooleanField(default=False, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    # Written from outside the import's transaction while it runs: bytes read, rows found.
    bytes_read = models.PositiveBigIntegerField(default=0, editable=False)
    rows_read = models.PositiveBigIntegerField(default=0, editable=False)
    # The counts and first faults of the last run: {"accepted": 3, "errors": [{"line": 2, …}]}.
    report = models.JSONField(default=dict, editable=False)
    refusal = models.TextField(_("refused because"), blank=True)
    run = models.OneToOneField(
        ImportRun, models.SET_NULL, null=True, editable=False, related_name="job"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "checked", "stored", "refused"]),
                name="import_job_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="running") ^ Q(claimed_until=None),
                name="import_job_claimed_iff_running",
            ),
            # What is still to be read must be there; what is done with must not.
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running", "checked"], content__isnull=False)
                | Q(state__in=["stored", "refused"], content=None, finished_at__isnull=False),
                name="import_job_keeps_its_file_while_needed",
            ),
        ]
        indexes = [
            # services.import_jobs: what a worker claims next.
            models.Index(
                fields=["created_at"],
                name="import_job_due",
                condition=Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.format}: {self.file_name}"

    @property
    def is_waiting(self) -> bool:
        return self.state in {self.State.QUEUED, self.State.RUNNING}

    @property
    def percent(self) -> int:
        return min(100, 100 * self.bytes_read // self.size) if self.size else 0
