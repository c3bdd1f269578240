"""What was released of surveys: the only survey figures that detectors may read."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.insights.facts import AUDIENCES, PM
from maturity.models.immutability import append_only
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet


class SurveyItemResult(models.Model):
    """One item of one closed wave, answers of the whole organisation, after reversal.

    The audience is the PMs alone, or they and product ops where an item is asked of both. Only
    items that the survey's privacy gate shows get here; a row never changes.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    wave_key = models.CharField(_("wave"), max_length=60)
    closed_at = models.DateTimeField(_("closed at"))
    item_key = models.CharField(_("item"), max_length=40)
    audience = models.CharField(_("audience"), max_length=20, default=PM)
    n = models.PositiveIntegerField(_("valid answers"))
    favourable = models.PositiveIntegerField(_("favourable answers"))
    eligible = models.PositiveIntegerField(_("eligible people"), null=True)
    response_rate = models.FloatField(_("response rate"), null=True)
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey result")
        verbose_name_plural = _("survey results")
        ordering = ["closed_at", "wave_key", "item_key", "audience"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "wave_key", "item_key", "audience"],
                name="survey_result_once_per_item",
            ),
            models.CheckConstraint(
                condition=Q(audience__in=AUDIENCES), name="survey_result_audience_known"
            ),
            models.CheckConstraint(
                condition=Q(favourable__lte=F("n")), name="survey_result_favourable_within_n"
            ),
            models.CheckConstraint(
                condition=Q(eligible=None) | Q(eligible__gte=F("n")),
                name="survey_result_n_within_eligible",
            ),
            models.CheckConstraint(
                condition=Q(response_rate=None) | Q(response_rate__gte=0, response_rate__lte=1),
                name="survey_result_rate_is_a_share",
            ),
        ]
        triggers = append_only("survey_result_append_only")

    def __str__(self) -> str:
        return f"{self.wave_key} {self.item_key}"


class SurveyFigureResult(models.Model):
    """One figure of one closed wave that only the survey could compute from single answers.

    The figure alone was released: a median, a spread between teams. A row never changes.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    wave_key = models.CharField(_("wave"), max_length=60)
    closed_at = models.DateTimeField(_("closed at"))
    key = models.CharField(_("figure"), max_length=40)
    value = models.FloatField(_("value"))
    n = models.PositiveIntegerField(_("valid answers"))
    deviation = models.FloatField(_("standard deviation"), null=True)
    groups = models.PositiveIntegerField(_("groups"), null=True)
    eligible = models.PositiveIntegerField(_("eligible people"), null=True)
    response_rate = models.FloatField(_("response rate"), null=True)
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("survey figure")
        verbose_name_plural = _("survey figures")
        ordering = ["closed_at", "wave_key", "key"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "wave_key", "key"], name="survey_figure_once"
            ),
            models.CheckConstraint(
                condition=Q(deviation=None) | Q(deviation__gte=0),
                name="survey_figure_deviation_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(eligible=None) | Q(eligible__gte=F("n")),
                name="survey_figure_n_within_eligible",
            ),
            models.CheckConstraint(
                condition=Q(response_rate=None) | Q(response_rate__gte=0, response_rate__lte=1),
                name="survey_figure_rate_is_a_share",
            ),
        ]
        triggers = append_only("survey_figure_append_only")

    def __str__(self) -> str:
        return f"{self.wave_key} {self.key}"
