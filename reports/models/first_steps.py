"""First steps: whether an organisation still wants to see them."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from maturity.models import Organization, OrganizationScopedQuerySet


class HiddenGuide(models.Model):
    """Who put an organisation's first steps away, and when. Without a row they are shown."""

    organization = models.OneToOneField(Organization, models.CASCADE, related_name="hidden_guide")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    hidden_at = models.DateTimeField(default=timezone.now)

    objects = OrganizationScopedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.organization_id}: {self.hidden_at}"
