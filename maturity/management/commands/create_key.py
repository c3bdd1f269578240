"""create_key ORG… --scope SCOPE: issue an API key. Standard output is the key alone."""

from argparse import ArgumentParser
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from maturity.models import ApiKey, Organization
from maturity.services.keys import create_key

REFUSED = 2


class Command(BaseCommand):
    """Exit 0: the key is on standard output, once and never again. 2: refused, no key."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "organizations", metavar="ORG", nargs="+", help=_("slugs of the organisations")
        )
        parser.add_argument(
            "--scope",
            metavar="SCOPE",
            action="append",
            required=True,
            help=_("once for each of: %(scopes)s") % {"scopes": ", ".join(ApiKey.Scope.values)},
        )
        parser.add_argument("--name", default="", help=_("who or what uses it"))
        parser.add_argument(
            "--expires", metavar="DATE", help=_("last day (UTC) on which it works, YYYY-MM-DD")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        organizations = _organizations(options["organizations"])
        _refuse_unknown(options["scope"])
        try:
            key, secret = create_key(
                organizations,
                scopes=options["scope"],
                name=options["name"],
                expires_at=_end_of(options["expires"]),
            )
        except ValidationError as error:
            raise _refusal(" ".join(error.messages)) from error
        self.stdout.write(secret)
        self.stderr.write(
            _("Key %(prefix)s for %(slugs)s: %(scopes)s. It is shown this once; keep it safe.")
            % {
                "prefix": key.prefix,
                "slugs": ", ".join(organization.slug for organization in organizations),
                "scopes": ", ".join(key.scopes),
            },
            style_func=str,
        )


def _organizations(slugs: list[str]) -> list[Organization]:
    found = {row.slug: row for row in Organization.objects.filter(slug__in=slugs)}
    if missing := [slug for slug in slugs if slug not in found]:
        raise _refusal(_("Unknown organisation %(slug)s.") % {"slug": ", ".join(missing)})
    return list(found.values())


def _refuse_unknown(scopes: list[str]) -> None:
    if unknown := [scope for scope in scopes if scope not in ApiKey.Scope.values]:
        raise _refusal(
            _("Unknown scope %(scope)s; there are: %(scopes)s.")
            % {"scope": ", ".join(unknown), "scopes": ", ".join(ApiKey.Scope.values)}
        )


def _end_of(text: str | None) -> datetime | None:
    """Midnight (UTC) after the day, or None without one."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
        end = datetime.combine(day + timedelta(days=1), time(), UTC)
    except (ValueError, OverflowError) as error:
        raise _refusal(_("--expires: write the date like 2026-12-31.")) from error
    if end <= datetime.now(UTC):
        raise _refusal(_("--expires: this day is over."))
    return end


def _refusal(message: str) -> CommandError:
    return CommandError(message, returncode=REFUSED)
