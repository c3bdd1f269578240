"""export_data ORG FORMAT FILE: write what stands now as a file that import_data takes back."""

import io
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from maturity.exporters import TABLES, rows_of, write_csv, write_xlsx
from maturity.models import Organization
from maturity.sources import SHEETS

STANDARD_OUTPUT = "-"


class Command(BaseCommand):
    """Exit 0: written. 2: refused, nothing written."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("organization", metavar="ORG", help=_("the organisation's slug"))
        parser.add_argument("format", metavar="FORMAT", choices=sorted(TABLES))
        parser.add_argument("file", metavar="FILE", help=_("a file, or - for standard output"))
        parser.add_argument("--xlsx", action="store_true", help=_("an Excel workbook, not CSV"))

    def handle(self, *args: Any, **options: Any) -> None:
        organization = Organization.objects.filter(slug=options["organization"]).first()
        if organization is None:
            raise CommandError(
                _("Unknown organisation %(slug)s.") % {"slug": options["organization"]},
                returncode=2,
            )
        content = _content(organization, options["format"], xlsx=options["xlsx"])
        if options["file"] == STANDARD_OUTPUT:
            sys.stdout.buffer.write(content)
            return
        try:
            Path(options["file"]).write_bytes(content)
        except OSError as error:
            raise CommandError(
                _("Cannot write %(file)s: %(reason)s.")
                % {"file": options["file"], "reason": error.strerror},
                returncode=2,
            ) from error


def _content(organization: Organization, format_name: str, *, xlsx: bool) -> bytes:
    """The whole file, so that a failure half-way leaves none."""
    names, rows = SHEETS[format_name].names, rows_of(organization, format_name)
    if not xlsx:
        return b"".join(write_csv(names, rows))
    workbook = io.BytesIO()
    write_xlsx(workbook, format_name, names, rows)
    return workbook.getvalue()
