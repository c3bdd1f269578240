from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from maturity.errors import DomainError
from maturity.rubrics import SHIPPED, load_pack
from maturity.services.rubrics import publish_pack


class Command(BaseCommand):
    help = "Publish a rubric pack; without FILE the packs that ship with the product. Idempotent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", metavar="FILE", nargs="*", type=Path, default=SHIPPED)

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        for path in files:
            try:
                rubric = publish_pack(load_pack(path))
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
            except DomainError as error:
                raise CommandError(str(error), returncode=2) from error
            areas, capabilities = rubric.areas.count(), rubric.capabilities.count()
            self.stdout.write(f"{rubric}: {areas} areas, {capabilities} capabilities published")
