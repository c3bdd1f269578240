"""The log of imports: what each file brought, and which rows were set aside."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models.tenancy import Organization, OrganizationScopedQuerySet
from maturity.sources.reader import MAX_RAW


class ImportRun(models.Model):
    """One file that somebody imported, or tried to: counts if it was stored, the reason if not.

    The versions it wrote are those of its format with this `recorded_at`.
    """

    class Status(models.TextChoices):
        STORED = "stored", _("Stored")
        REFUSED = "refused", _("Refused")

    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="import_runs", db_index=False
    )
    format = models.CharField(_("format"), max_length=40)
    file_name = models.CharField(_("file"), max_length=255)
    # Of the whole file, in hexadecimal; empty where reading stopped before its end.
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status)
    refusal = models.TextField(_("refused because"), blank=True)
    accepted = models.PositiveBigIntegerField(_("accepted"), default=0)
    updated = models.PositiveBigIntegerField(_("updated"), default=0)
    unchanged = models.PositiveBigIntegerField(_("unchanged"), default=0)
    quarantined = models.PositiveBigIntegerField(_("quarantined"), default=0)
    ignored_columns = ArrayField(models.TextField(), default=list, verbose_name=_("ignored"))
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"))
    recorded_at = models.DateTimeField(_("recorded at"), null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-started_at", "-id"]
        constraints = [
            # A refused file stored nothing, and says why; a stored one says when.
            models.CheckConstraint(
                condition=Q(status="stored", refusal="", recorded_at__isnull=False) & ~Q(sha256="")
                | Q(
                    status="refused",
                    recorded_at=None,
                    sha256="",
                    accepted=0,
                    updated=0,
                    unchanged=0,
                    quarantined=0,
                )
                & ~Q(refusal=""),
                name="import_run_stored_or_refused",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__gte=F("started_at")), name="import_run_ends_after_start"
            ),
        ]
        indexes = [
            # The admin's list of an organisation's imports, newest first.
            models.Index(fields=["organization", "-started_at"], name="import_run_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.started_at:%Y-%m-%d %H:%M}"


class QuarantinedRow(models.Model):
    """One row of an import that was set aside, and why. The first ones of each run are kept."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey(
        ImportRun,
        models.CASCADE,
        related_name="quarantined_rows",
        db_index=False,
        verbose_name=_("import"),
    )
    line = models.PositiveBigIntegerField(_("line"))
    column = models.CharField(_("column"), max_length=60, blank=True)
    reason = models.TextField(_("reason"))
    # Empty where the format's rows must not be kept.
    raw = models.CharField(_("row"), max_length=MAX_RAW, blank=True)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("quarantined row")
        verbose_name_plural = _("quarantined rows")
        ordering = ["run", "line"]
        constraints = [
            # Also the order in which the admin's page of a run lists them.
            models.UniqueConstraint(fields=["run", "line"], name="quarantined_row_once_per_line"),
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"
