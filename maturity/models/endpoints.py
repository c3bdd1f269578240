"""Where an organisation's notifications go beside people's mail: webhooks and chats."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.models.history import tracked
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet, User


class EndpointQuerySet(OrganizationScopedQuerySet):
    def enabled(self) -> Self:
        return self.filter(disabled_at=None)


# The count of failures is the delivery log's; the sealed address is a secret.
@tracked(hidden=("sealed_address", "failures"))
class Endpoint(models.Model):
    """A webhook or a chat channel. Its address is a secret: sealed, shown masked alone."""

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", _("Webhook (signed)")
        CHAT = "chat", _("Slack, Teams and others")

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="endpoints")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    name = models.CharField(_("name"), max_length=100)
    sealed_address = models.BinaryField()
    shown_as = models.CharField(_("address"), max_length=200)
    events = ArrayField(models.CharField(max_length=40), verbose_name=_("events"))
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        User, models.SET_NULL, related_name="+", null=True, verbose_name=_("created by")
    )
    # Attempts in a row that failed; a success starts anew.
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    disabled_at = models.DateTimeField(_("switched off at"), null=True)
    disabled_because = models.CharField(_("because"), max_length=200, blank=True)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        ordering = ["organization", "name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["webhook", "chat"]), name="endpoint_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(disabled_at=None, disabled_because="")
                | Q(disabled_at__isnull=False) & ~Q(disabled_because=""),
                name="endpoint_disabled_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EndpointSecretQuerySet(OrganizationScopedQuerySet):
    def active(self, *, at: datetime) -> Self:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=at))


class EndpointSecret(models.Model):
    """What a webhook is signed with. Two are active while a receiver moves to the newer one."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="secrets")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"), null=True)

    objects = EndpointSecretQuerySet.as_manager()

    class Meta:
        verbose_name = _("signing secret")
        verbose_name_plural = _("signing secrets")
        ordering = ["endpoint", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint"],
                condition=Q(expires_at=None),
                name="endpoint_secret_one_lasting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d}"
