"""What a level rests on: links and uploads that several scores may share."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.models.immutability import append_only
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet

# Free text that names somebody: erase_person() looks here.
PERSONAL = ("owner",)


class EvidenceFile(models.Model):
    """An uploaded document, kept in the database: it goes where the record goes."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    name = models.CharField(_("file name"), max_length=200)
    media_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("size in bytes"))
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(size__gt=0), name="evidence_file_not_empty")
        ]
        triggers = append_only("evidence_file_append_only")

    def __str__(self) -> str:
        return self.name


class Evidence(models.Model):
    """A piece of evidence as it was seen on one day. A new observation is a new row."""

    PERSONAL: ClassVar = PERSONAL

    class Kind(models.TextChoices):
        LINK = "link", _("Link")
        DOCUMENT = "document", _("Document")
        DATASET = "dataset", _("Data set")
        SCREENSHOT = "screenshot", _("Screenshot")
        METRIC = "metric", _("Metric")
        SURVEY_ITEM = "survey_item", _("Survey item")
        INTERVIEW_NOTE = "interview_note", _("Interview note")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="evidence")
    kind = models.CharField(_("kind"), max_length=14, choices=Kind)
    title = models.CharField(_("title"), max_length=200, blank=True)
    owner = models.CharField(_("owner"), max_length=200, blank=True)
    observed_on = models.DateField(_("observed on"))
    review_by = models.DateField(_("review by"), null=True, blank=True)
    link = models.URLField(_("link"), max_length=500, blank=True)
    file = models.OneToOneField(
        EvidenceFile, models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("recorded by"),
    )

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        ordering = ["-observed_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(link="") | Q(file__isnull=False),
                name="evidence_link_or_file",
                violation_error_message=_("Give a link or upload a file."),
            ),
            models.CheckConstraint(
                condition=Q(review_by=None) | Q(review_by__gt=models.F("observed_on")),
                name="evidence_reviewed_after_observed",
                violation_error_message=_("The review must lie after the observation."),
            ),
        ]
        triggers = append_only("evidence_append_only", personal=PERSONAL)

    def __str__(self) -> str:
        return self.title or self.link or str(self.get_kind_display())
