from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from maturity.models import User
from maturity.services.tenancy import create_organization


class Command(BaseCommand):
    help = "Create an organisation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--name", help="default: the slug")
        parser.add_argument("--timezone", default="UTC", help="IANA name, default UTC")
        parser.add_argument("--owner", metavar="EMAIL", help="an account that becomes its owner")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = None
        if email := options["owner"]:
            owner = User.objects.filter(email__iexact=email).first()
            if owner is None:
                raise CommandError(f"--owner: there is no account {email}.", returncode=2)
        try:
            organization = create_organization(
                options["slug"],
                name=options["name"] or options["slug"],
                timezone=options["timezone"],
                owner=owner,
            )
        except ValidationError as error:
            faults = "; ".join(
                f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items()
            )
            raise CommandError(faults, returncode=2) from error
        self.stdout.write(f"Created {organization.slug} ({organization.name}).")
