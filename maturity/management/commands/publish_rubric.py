from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from maturity.errors import DomainError
from maturity.rubrics import SHIPPED, Difference, Pack, load_pack
from maturity.services.rubrics import Preview, preview_pack, publish_pack

SIGNS = {"added": "+", "removed": "-", "changed": "~"}


class Command(BaseCommand):
    help = "Publish a rubric pack; without FILE the packs that ship with the product. Idempotent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", metavar="FILE", nargs="*", type=Path, default=SHIPPED)
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help=_("show what differs from the version in force, publish nothing"),
        )

    def handle(self, *args: Any, files: list[Path], dry_run: bool, **options: Any) -> None:
        act = self._preview if dry_run else self._publish
        for path in files:
            try:
                act(load_pack(path))
            except OSError as error:
                raise CommandError(f"{path}: {error.strerror}", returncode=2) from error
            except DomainError as error:
                raise CommandError(str(error), returncode=2) from error

    def _publish(self, pack: Pack) -> None:
        rubric = publish_pack(pack)
        areas, capabilities = rubric.areas.count(), rubric.capabilities.count()
        self.stdout.write(f"{rubric}: {areas} areas, {capabilities} capabilities published")

    def _preview(self, pack: Pack) -> None:
        preview = preview_pack(pack)
        self.stdout.write(_headline(preview))
        for difference in preview.differences:
            self.stdout.write(_line(difference))


def _headline(preview: Preview) -> str:
    names = {"key": preview.pack.key, "version": preview.pack.version}
    if preview.is_published:
        return _("%(key)s %(version)s is published already, with this content.") % names
    if preview.compared_with is None:
        return _("%(key)s %(version)s would be the first version. Nothing was published.") % names
    names |= {"old": preview.compared_with.version, "count": str(len(preview.differences))}
    line = _("%(key)s %(version)s differs from %(old)s in %(count)s places.") % names
    if preview.takes_over:
        return _("%(line)s Nothing was published.") % {"line": line}
    return _("%(line)s %(old)s would stay in force: its number is higher.") % {
        "line": line,
        "old": preview.compared_with.version,
    }


def _line(difference: Difference) -> str:
    line = f"{SIGNS[difference.kind]} {difference.place}"
    if difference.kind == "changed":
        return f"{line}\n    {difference.before}\n    {difference.after}"
    return f"{line}: {difference.before or difference.after}"
