from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from maturity.errors import DomainError
from surveys.banks import SHIPPED, load_bank
from surveys.services.banks import publish_bank


class Command(BaseCommand):
    help = "Publish a question bank; without FILE those that ship with the product. Idempotent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", metavar="FILE", nargs="*", type=Path, default=SHIPPED)

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        for path in files:
            try:
                version, is_new = publish_bank(load_bank(path))
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
            except DomainError as error:
                raise CommandError(str(error), returncode=2) from error
            what = "published" if is_new else "is published already"
            questions = version.questions.count()
            self.stdout.write(f"{version}: {what}, {questions} questions")
