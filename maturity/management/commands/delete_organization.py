"""delete_organization SLUG --reason WHY: remove a tenant with everything that belongs to it."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from maturity.models import Organization
from maturity.services.erasures import delete_organization

REFUSED = 2


class Command(BaseCommand):
    """Exit 0: it is gone for good, one line in the log is left. 2: refused, nothing changed."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--reason", required=True, metavar="WHY", help=_("kept in the log"))
        parser.add_argument(
            "--confirm", metavar="SLUG", help=_("the slug once more, in place of being asked")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        organization = Organization.objects.filter(slug=slug).first()
        if organization is None:
            raise CommandError(
                _("Unknown organisation %(slug)s.") % {"slug": slug}, returncode=REFUSED
            )
        typed = options["confirm"]
        if typed is None:
            typed = input(
                _("Everything of %(name)s will be gone for good. Type its slug to go on: ")
                % {"name": organization.name}
            )
        if typed.strip() != slug:
            raise CommandError(_("Not confirmed; nothing was removed."), returncode=REFUSED)
        try:
            erasure = delete_organization(organization, reason=options["reason"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=REFUSED) from error
        self.stdout.write(
            _("Removed %(slug)s; line %(line)d in the log.") % {"slug": slug, "line": erasure.pk}
        )
