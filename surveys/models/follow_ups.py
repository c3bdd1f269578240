"""You said, we did: what the organisation heard in a wave, and what it does about it."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.models import Organization, OrganizationScopedQuerySet, User
from maturity.models.immutability import frozen_when_published
from surveys.models.waves import Wave


class FollowUpQuerySet(OrganizationScopedQuerySet):
    def published(self) -> Self:
        return self.filter(published_at__isnull=False)


class FollowUp(models.Model):
    """The answer to the answers of one closed wave; published once, for everybody asked."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    wave = models.OneToOneField(
        Wave, models.CASCADE, related_name="follow_up", verbose_name=_("wave")
    )
    heard = models.TextField(_("what we heard"), max_length=4_000)
    doing = models.TextField(_("what we will do"), max_length=4_000)
    author = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name=_("author")
    )
    published_at = models.DateTimeField(_("published at"), null=True, editable=False)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("you said, we did")
        verbose_name_plural = _("you said, we did")
        ordering = ["-published_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(published_at=None) | (~Q(heard="") & ~Q(doing="")),
                name="follow_up_published_says_both",
            )
        ]
        # An author's account may go; what was said stays.
        triggers = frozen_when_published("follow_up_frozen", mutable=("author_id",))

    def __str__(self) -> str:
        return f"{self.wave_id}"
