"""What every imported row has in common: it is a version, on the record and never rewritten."""

from datetime import datetime
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from maturity.models.captures import captured
from maturity.models.immutability import append_only_until_replaced
from maturity.models.tenancy import Organization, OrganizationScopedQuerySet


class SignalQuerySet(OrganizationScopedQuerySet):
    def current(self) -> Self:
        """The newest version of each row."""
        return self.filter(replaced_at=None)

    def known_at(self, moment: datetime) -> Self:
        """The version of each row that was the newest one at that moment."""
        return self.filter(Q(replaced_at=None) | Q(replaced_at__gt=moment), recorded_at__lte=moment)


class SignalVersion(models.Model):
    """One row of an import as it stood from `recorded_at` until `replaced_at` (half-open)."""

    # The indexes below start with the organisation; one more on it alone would serve nobody.
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    recorded_at = models.DateTimeField(_("recorded at"), editable=False)
    replaced_at = models.DateTimeField(_("replaced at"), null=True, editable=False)

    objects = SignalQuerySet.as_manager()

    class Meta:
        abstract = True


def versions(table: str, *keys: str) -> list[models.BaseConstraint]:
    """One current version per identity, found by the import's merge; closed after it began."""
    return [
        models.UniqueConstraint(
            fields=["organization", *keys],
            condition=Q(replaced_at=None),
            nulls_distinct=False,
            name=f"{table}_one_current",
        ),
        models.CheckConstraint(
            condition=Q(replaced_at=None) | Q(replaced_at__gt=F("recorded_at")),
            name=f"{table}_replaced_after_recorded",
        ),
    ]


def known_at(table: str) -> list[models.Index]:
    """Serve selectors.facts_for(): an organisation's rows as known at a moment."""
    return [models.Index(fields=["organization", "recorded_at"], name=f"{table}_known_at")]


def kept(table: str) -> list[pgtrigger.Trigger]:
    """Refuse a delete, and every update but the one that closes a version."""
    return append_only_until_replaced(
        f"{table}_kept",
        mutable="replaced_at",
        once="OLD.replaced_at IS NULL AND NEW.replaced_at IS NOT NULL",
    )


def fed(entity: str) -> list[pgtrigger.Trigger]:
    """Publish the current versions in the feed.

    A row's id is its version's: a replaced version leaves a tombstone and the new one comes
    under an id of its own. So no row of the feed ever changes, `created_at` stays true for the
    partitions of BI tools, and who keys on the id holds each identity once.
    """
    return captured(entity, published="{row}.replaced_at IS NULL")


def one_of(table: str, column: str, allowed: tuple[str, ...]) -> models.CheckConstraint:
    """The column holds one of these words, or NULL where it may."""
    return models.CheckConstraint(
        condition=Q(**{f"{column}__in": allowed}), name=f"{table}_{column}_known"
    )
