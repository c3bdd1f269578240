"""What an organisation promises in every survey: how few may be shown, how long answers stay."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet
from maturity.models.checked import Checked
from maturity.models.history import tracked

K_FLOOR, K_COMMENT_FLOOR = 3, 5


@tracked()
class PrivacySetting(Checked):
    """One organisation's thresholds; waves copy them until they open, then keep what they have.

    An organisation without a row has the defaults.
    """

    organization = models.OneToOneField(
        Organization,
        models.CASCADE,
        related_name="privacy_setting",
        verbose_name=_("organisation"),
    )
    k = models.PositiveSmallIntegerField(
        _("smallest group shown"),
        default=5,
        validators=[MinValueValidator(K_FLOOR), MaxValueValidator(100)],
    )
    k_comment = models.PositiveSmallIntegerField(
        _("fewest commenters shown"),
        default=10,
        validators=[MinValueValidator(K_COMMENT_FLOOR), MaxValueValidator(200)],
    )
    retention_days = models.PositiveSmallIntegerField(
        _("days answers are kept"),
        default=400,
        validators=[MinValueValidator(1), MaxValueValidator(3_650)],
    )

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("privacy of surveys")
        verbose_name_plural = _("privacy of surveys")
        ordering = ["organization"]
        constraints = [
            models.CheckConstraint(
                condition=Q(k__gte=K_FLOOR, k_comment__gte=K_COMMENT_FLOOR),
                name="privacy_setting_above_floor",
            ),
            models.CheckConstraint(
                condition=Q(k_comment__gte=F("k")),
                name="privacy_setting_comments_need_as_many",
                violation_error_message=_("Comments need at least as many people as scores."),
            ),
            models.CheckConstraint(
                condition=Q(retention_days__gte=1), name="privacy_setting_keeps_answers_for_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id}"
