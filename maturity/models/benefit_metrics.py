"""The figures of the benefits, one row each: what a verdict on a benefit rests on."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from maturity.models.captures import captured_of_period
from maturity.models.evaluations import Evaluation
from maturity.models.immutability import append_only
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet

# What a figure says; a later evaluation that says the same replaces nothing.
FIGURES = (
    "state",
    "unit",
    "direction",
    "value",
    "n",
    "measured_in",
    "low",
    "high",
    "before",
    "before_n",
    "before_in",
    "baseline",
    "change",
    "change_low",
    "change_high",
)


class BenefitMetric(models.Model):
    """One figure of one benefit in one evaluation. Limits are 95 %, those of the change 90 %.

    Without `value` it is not known. `n` is what it rests on.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    evaluation = models.ForeignKey(Evaluation, models.CASCADE, related_name="benefit_metrics")
    benefit = models.CharField(_("benefit"), max_length=40)
    metric = models.CharField(_("figure"), max_length=40)
    state = models.CharField(_("state"), max_length=20)
    unit = models.CharField(_("unit"), max_length=40)
    direction = models.CharField(_("better is"), max_length=4)
    value = models.FloatField(_("value"), null=True)
    n = models.PositiveIntegerField(null=True)
    measured_in = models.CharField(_("measured in"), max_length=300, blank=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    before = models.FloatField(_("value before"), null=True)
    before_n = models.PositiveIntegerField(null=True)
    before_in = models.CharField(_("measured before in"), max_length=300, blank=True)
    baseline = models.CharField(_("compared with"), max_length=40, blank=True)
    change = models.FloatField(_("change"), null=True)
    change_low = models.FloatField(null=True)
    change_high = models.FloatField(null=True)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("benefit figure")
        verbose_name_plural = _("benefit figures")
        ordering = ["evaluation", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "benefit", "metric"], name="benefit_metric_once"
            )
        ]
        triggers = [
            *append_only("benefit_metric_append_only"),
            *captured_of_period(
                "benefits",
                "maturity_benefitmetric",
                same=("benefit", "metric"),
                says=FIGURES,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.benefit}.{self.metric}: {self.value}"
