"""erase_person EMAIL --reason WHY: blank somebody on the rosters, his account and his history."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from maturity.models import Erasure, Person
from maturity.services.erasures import erase_address, erase_person

REFUSED = 2


class Command(BaseCommand):
    """Exit 0: nothing but a stable id is left. 2: refused, nothing changed."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--reason", required=True, metavar="WHY", help=_("kept in the log"))
        parser.add_argument(
            "--organization",
            metavar="SLUG",
            help=_("only on this roster; default: on every one, and the account"),
        )
        parser.add_argument(
            "--confirm", metavar="EMAIL", help=_("the address once more, in place of being asked")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"]
        typed = options["confirm"]
        if typed is None:
            typed = input(_("This cannot be taken back. Type the address once more to go on: "))
        if typed.strip().lower() != email.lower():
            raise _refusal(_("Not confirmed; nothing was erased."))
        try:
            erasures = _erase(email, options["organization"], options["reason"])
        except ValidationError as error:
            raise _refusal(" ".join(error.messages)) from error
        if not erasures:
            raise _refusal(_("Nobody is known under %(email)s.") % {"email": email})
        self.stdout.write(
            ngettext(
                "Erased; %(count)d line in the log.",
                "Erased; %(count)d lines in the log.",
                len(erasures),
            )
            % {"count": len(erasures)}
        )


def _erase(email: str, slug: str | None, reason: str) -> list[Erasure]:
    if slug is None:
        return erase_address(email, reason=reason)
    people = Person.objects.filter(organization__slug=slug, email__iexact=email)
    return [erase_person(person, reason=reason) for person in people]


def _refusal(message: str) -> CommandError:
    return CommandError(message, returncode=REFUSED)
