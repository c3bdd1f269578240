import json
from argparse import ArgumentTypeError
from dataclasses import asdict
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from maturity.insights import Thresholds
from maturity.insights.explanations import Explanation, as_text, explain
from maturity.models import Organization
from maturity.selectors.thresholds import thresholds_of
from maturity.services.findings import judge, refresh_findings


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is not a date like 2026-07-31") from error


def found_organization(slug: str) -> Organization:
    """Return the organisation that a command was given, or end it."""
    organization = Organization.objects.filter(slug=slug).first()
    if organization is None:
        raise CommandError(f"There is no organisation {slug}.", returncode=2)
    return organization


class Command(BaseCommand):
    help = (
        "Judge an organisation. Without --as-of the last complete period is evaluated, its "
        "verdicts are stored and findings opened or resolved; with it the answer is only printed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organization", metavar="ORG")
        parser.add_argument("--as-of", type=day, metavar="DATE", help="like 2026-07-31")
        parser.add_argument(
            "--explain",
            action="store_true",
            help="add inputs, formulas, figures, thresholds and what would clear each verdict",
        )
        parser.add_argument("--json", action="store_true", help="print a JSON list of verdicts")

    def handle(self, *args: Any, **options: Any) -> None:
        organization = found_organization(options["organization"])
        if options["as_of"]:
            rows = [verdict.as_dict() for verdict in judge(organization, as_of=options["as_of"])]
        else:
            rows = [record.as_dict() for record in refresh_findings(organization).verdicts.all()]
        if options["explain"]:
            numbers = thresholds_of(organization)
            rows = [{**row, "explanation": _explanation(row, numbers)} for row in rows]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False, default=_plain))
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
            if "explanation" in row:
                for line in as_text(row["explanation"]):
                    self.stdout.write(f"    {line}")


def _explanation(row: dict[str, Any], numbers: Thresholds) -> Explanation:
    return explain(row["key"], row["evidence"], row["missing"], numbers)


def _plain(value: object) -> Any:
    """Write an explanation as JSON, member by member."""
    if isinstance(value, Explanation):
        return asdict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
