"""Answers that were given to writes with an Idempotency-Key, so that a retry gets them again."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from maturity.models.tenancy import Organization, OrganizationScopedQuerySet


class IdempotentAnswer(models.Model):
    """The answer to one write; it is repeated for a day, and then forgotten."""

    KEY_LENGTH = 255

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    # What was written to; a key is the client's own for each of them.
    route = models.CharField(_("operation"), max_length=120)
    key = models.CharField(_("key"), max_length=KEY_LENGTH)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(_("status"))
    answer = models.JSONField(_("answer"))
    answered_at = models.DateTimeField(_("answered at"))

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("repeated answer")
        verbose_name_plural = _("repeated answers")
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "route", "key"], name="idempotent_answer_once"
            ),
        ]
        indexes = [
            # services.idempotency.purge_answers().
            models.Index(fields=["answered_at"], name="idempotent_answer_age"),
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.status}"
