"""backtest ORG --from DAY --to DAY: what the engine would have said in each month."""

import json
import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from maturity.insights import Verdict
from maturity.management.commands.evaluate import day, found_organization
from maturity.services.backtest import backtest, months_between

# Long enough to be read, short enough to show that something happens.
PROGRESS_SECONDS = 1.0


class Command(BaseCommand):
    """Prints the months as text, or with --json as a list of {"period_end", "verdicts"}.

    Each verdict has the members that `evaluate --json` prints. Nothing is stored. Progress goes
    to standard error.
    """

    help = (
        "Replay an organisation's history month by month: every evaluation whose period ended "
        "between the two days. Nothing is stored."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", metavar="ORG")
        parser.add_argument("--from", dest="first", type=day, required=True, metavar="DAY")
        parser.add_argument("--to", dest="last", type=day, required=True, metavar="DAY")
        parser.add_argument(
            "--json", action="store_true", help='print a list of {"period_end", "verdicts"}'
        )

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = options["first"], options["last"]
        if first > last:
            raise CommandError("--from lies after --to.", returncode=2)
        organization = found_organization(options["organization"])
        progress = _Progress(months_between(first, last), self.stderr.write)
        shown = []
        for end, verdicts in backtest(organization, first=first, last=last):
            progress.at(end)
            if options["json"]:
                shown.append(
                    {"period_end": end.isoformat(), "verdicts": [v.as_dict() for v in verdicts]}
                )
            else:
                self._print(end, verdicts)
        if options["json"]:
            self.stdout.write(json.dumps(shown, indent=1, ensure_ascii=False))

    def _print(self, end: date, verdicts: list[Verdict]) -> None:
        self.stdout.write(end.isoformat())
        for verdict in verdicts:
            severity = f" ({verdict.severity})" if verdict.severity else ""
            missing = f"; missing: {', '.join(verdict.missing)}" if verdict.missing else ""
            self.stdout.write(f"  {verdict.kind} {verdict.key}: {verdict.state}{severity}{missing}")


class _Progress:
    """Says which month is done: the first, the last, and one now and then between."""

    def __init__(self, total: int, write: Any) -> None:
        self._total, self._write = total, write
        self._done, self._said_at = 0, float("-inf")

    def at(self, end: date) -> None:
        self._done += 1
        now = time.monotonic()
        if now - self._said_at >= PROGRESS_SECONDS or self._done == self._total:
            self._said_at = now
            self._write(f"{end}: month {self._done} of {self._total}")
