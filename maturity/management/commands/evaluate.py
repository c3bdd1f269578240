import json
from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from maturity.models import Organization
from maturity.services.findings import judge, refresh_findings


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is not a date like 2026-07-31") from error


class Command(BaseCommand):
    help = (
        "Judge an organisation. Without --as-of the last complete period is evaluated, its "
        "verdicts are stored and findings opened or resolved; with it the answer is only printed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", metavar="ORG")
        parser.add_argument("--as-of", type=_date, metavar="DATE", help="like 2026-07-31")
        parser.add_argument("--json", action="store_true", help="print a JSON list of verdicts")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(f"There is no organisation {options['organization']}.", returncode=2)
        if options["as_of"]:
            rows = [verdict.as_dict() for verdict in judge(organization, as_of=options["as_of"])]
        else:
            rows = [record.as_dict() for record in refresh_findings(organization).verdicts.all()]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False))
        else:
            self._print(rows)

    def _print(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            severity = f" ({row['severity']})" if row["severity"] else ""
            self.stdout.write(f"{row['kind']} {row['key']}: {row['state']}{severity}")
            if row["message"]:
                self.stdout.write(f"    {row['message']}")
            if row["missing"]:
                self.stdout.write(f"    missing: {', '.join(row['missing'])}")
