"""The log of what was erased: the only way past the triggers that keep the record."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from maturity.models.immutability import never_changes
from maturity.models.tenancy import OrganizationScopedQuerySet


class Erasure(models.Model):
    """Somebody, or a whole organisation, was erased. The line itself stays for ever.

    While the transaction that wrote it lasts, and no longer, the triggers let the rows pass
    that it covers. It names nobody: `subject_id` is the stable id that stays behind.
    """

    class Kind(models.TextChoices):
        ORGANIZATION = "organization", _("Organisation")
        PERSON = "person", _("Person on the roster")
        ACCOUNT = "account", _("Account")

    # No constraint: the line outlives its organisation. Empty: an account without membership.
    organization = models.ForeignKey(
        "maturity.Organization",
        models.DO_NOTHING,
        related_name="+",
        null=True,
        db_constraint=False,
        verbose_name=_("organisation"),
    )
    slug = models.CharField(_("slug"), max_length=60, blank=True)
    kind = models.CharField(_("what was erased"), max_length=12, choices=Kind)
    subject_id = models.BigIntegerField(_("its id"))
    reason = models.TextField(_("reason"), max_length=2000)
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("by"),
        help_text=_("Empty: by command."),
    )
    # Both are stamped by the trigger, whatever the statement says.
    erased_at = models.DateTimeField(_("erased at"), editable=False)
    transaction_id = models.BigIntegerField(editable=False)

    objects = OrganizationScopedQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-erased_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="account")
                | Q(kind__in=["organization", "person"], organization__isnull=False),
                name="erasure_kind_known",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="erasure_has_reason"),
        ]
        indexes = [
            # erasure_covers(): what this transaction has erased so far.
            models.Index(fields=["transaction_id"], name="erasure_transaction"),
        ]
        triggers = [
            never_changes("erasure_never_changes"),
            pgtrigger.Trigger(
                name="erasure_stamped",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    NEW.transaction_id = pg_current_xact_id()::text::bigint;
                    NEW.erased_at = transaction_timestamp();
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject_id}"
