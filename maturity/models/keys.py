"""Keys for scripts and BI tools, and the organisations that each opens."""

import hashlib
import secrets
from datetime import datetime
from typing import Self

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from maturity.models.history import tracked
from maturity.models.tenancy import Organization, User


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, *, at: datetime) -> Self:
        """Keys that are neither revoked nor expired at that moment."""
        return self.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=at))


@tracked(hidden=("digest", "last_used_at", "reach_changed", "reach_seq", "reach_synced_at"))
class ApiKey(models.Model):
    """A key for scripts and BI tools. Only a prefix and the SHA-256 of the key are stored."""

    class Scope(models.TextChoices):
        FEED_READ = "feed:read", _("Read the BI feed")
        SIGNALS_WRITE = "signals:write", _("Send signals")
        FINDINGS_READ = "findings:read", _("Read findings")
        FINDINGS_WRITE = "findings:write", _("Acknowledge, snooze, dismiss and discuss findings")
        ASSESSMENTS_READ = "assessments:read", _("Read scores, assessments, targets and evidence")
        ASSESSMENTS_WRITE = "assessments:write", _("Record and correct scores, with evidence")
        TARGETS_WRITE = "targets:write", _("Set targets")
        UNITS_READ = "units:read", _("Read the unit tree")
        UNITS_WRITE = "units:write", _("Change the unit tree")
        PEOPLE_READ = "people:read", _("Read the roster")
        PEOPLE_WRITE = "people:write", _("Change the roster")
        SURVEYS_READ = "surveys:read", _("Read survey waves and released results")
        SURVEYS_WRITE = "surveys:write", _("Hold surveys")
        WEBHOOKS_READ = "webhooks:read", _("Read channels and what they were told")
        WEBHOOKS_WRITE = "webhooks:write", _("Set up channels")
        SETTINGS_READ = "settings:read", _("Read settings, imports and the change history")
        SETTINGS_WRITE = "settings:write", _("Change the organisation's settings")
        MEMBERS_READ = "members:read", _("Read who belongs to the organisation")
        MEMBERS_WRITE = "members:write", _("Let people in")
        KEYS_READ = "keys:read", _("Read the list of keys")
        KEYS_WRITE = "keys:write", _("Make and revoke keys")
        REPORTS_READ = "reports:read", _("Read board reports and embeds")
        REPORTS_WRITE = "reports:write", _("Make board reports and embeds")
        ERASURES_WRITE = "erasures:write", _("Erase people and the organisation for good")

    # What only a key that an owner made may do: keys that make keys among it.
    OWNER_SCOPES = (
        Scope.MEMBERS_READ,
        Scope.MEMBERS_WRITE,
        Scope.KEYS_READ,
        Scope.KEYS_WRITE,
        Scope.ERASURES_WRITE,
    )
    PREFIX_LENGTH = 8

    prefix = models.CharField(_("prefix"), max_length=20, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    name = models.CharField(_("name"), max_length=100, blank=True)
    organizations = models.ManyToManyField(Organization, related_name="api_keys")
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope), verbose_name=_("scopes"))
    created_at = models.DateTimeField(_("created at"), default=now, editable=False)
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, editable=False, verbose_name=_("created by")
    )
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    # Whether it opens other organisations than when it was used last, and the newest stamp of
    # the feed when that was noticed: whoever goes on from there or before has to start afresh.
    reach_changed = models.BooleanField(default=False, editable=False)
    reach_seq = models.BigIntegerField(null=True, editable=False)
    reach_synced_at = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name or self.prefix} ({self.prefix}…)"

    @staticmethod
    def generate() -> tuple[str, str, str]:
        """Return (key, prefix, digest). The key is shown once and never stored."""
        prefix = secrets.token_hex(ApiKey.PREFIX_LENGTH // 2)
        key = f"plumb_{prefix}_{secrets.token_urlsafe(32)}"
        return key, prefix, ApiKey.digest_of(key)

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()


@tracked()
class ApiKeyOrganization(ApiKey.organizations.through):  # type: ignore[name-defined, misc]
    """Which organisations a key opens, for the change history: giving it one more is a change."""

    class Meta:
        proxy = True
        verbose_name = _("organisation of an API key")
        verbose_name_plural = _("organisations of API keys")
        triggers = [
            pgtrigger.Trigger(
                name="api_key_reach_changed",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Delete,
                func="""
                    UPDATE maturity_apikey SET reach_changed = true
                    WHERE id = coalesce(NEW.apikey_id, OLD.apikey_id)
                        AND last_used_at IS NOT NULL AND NOT reach_changed;
                    RETURN NULL;
                """,
            )
        ]
