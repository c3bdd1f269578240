import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from surveys.services.bounces import record_bounces


class Command(BaseCommand):
    help = "Note the addresses that delivery reports (RFC 3464) refuse; FILE is a mail or an mbox."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", metavar="FILE", nargs="+", help="a file, or - for input")

    def handle(self, *args: Any, files: list[str], **options: Any) -> None:
        noted = read = 0
        for name in files:
            try:
                content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
            except OSError as error:
                raise CommandError(f"{name}: {error.strerror}", returncode=2) from error
            counts = record_bounces(content)
            read, noted = read + counts.reports, noted + counts.noted
        self.stdout.write(f"{read} delivery reports read, {noted} refused addresses noted")
