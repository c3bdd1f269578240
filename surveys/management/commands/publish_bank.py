from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from maturity.errors import DomainError
from surveys.banks import SHIPPED, SHIPPED_TRANSLATIONS, load_bank, load_translation
from surveys.services.banks import publish_bank
from surveys.services.translations import publish_translation


class Command(BaseCommand):
    help = (
        "Publish question banks and translations; without FILE and --translation those that "
        "ship with the product. Idempotent."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", metavar="FILE", nargs="*", type=Path)
        parser.add_argument(
            "--translation",
            metavar="FILE",
            dest="translations",
            action="append",
            type=Path,
            default=[],
            help="a translation of a published bank; always a draft until two people approve it",
        )

    def handle(
        self, *args: Any, files: Sequence[Path], translations: Sequence[Path], **options: Any
    ) -> None:
        if not files and not translations:
            files, translations = SHIPPED, SHIPPED_TRANSLATIONS
        publish = {self._bank: files, self._translation: translations}
        for act, paths in publish.items():
            for path in paths:
                try:
                    act(path)
                except OSError as error:
                    raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
                except DomainError as error:
                    raise CommandError(str(error), returncode=2) from error

    def _bank(self, path: Path) -> None:
        version, is_new = publish_bank(load_bank(path))
        self._say(str(version), is_new, f"{version.questions.count()} questions")

    def _translation(self, path: Path) -> None:
        row, is_new = publish_translation(load_translation(path))
        self._say(f"{row.bank} {row.language}", is_new, f"revision {row.revision}")

    def _say(self, name: str, is_new: bool, what: str) -> None:
        state = "published" if is_new else "is published already"
        self.stdout.write(f"{name}: {state}, {what}")
