"""Importers that live above this app, by format: the settings name them, nobody here knows them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from maturity.models import Organization
from maturity.services.stored import Stored
from maturity.sources import Content, Fault


@dataclass(frozen=True)
class Brought:
    """What an importer made of a file, and what the log wants to know of the file."""

    stored: Stored
    sha256: str
    ignored_columns: tuple[str, ...] = ()


class Importer(Protocol):
    """Stores a file or rows of one format in the caller's transaction, which a dry run undoes.

    Rows that break a rule go to `on_fault`; BadFileError refuses the file as a whole.
    `each_row` also tells what became of every row: for small files only.
    """

    def __call__(
        self,
        organization: Organization,
        content: Content,
        *,
        options: Mapping[str, Any],
        on_fault: Callable[[Fault], None],
        on_read: Callable[[int], None] | None = None,
        each_row: bool = False,
    ) -> Brought: ...


def importer_of(format_name: str) -> Importer | None:
    """The importer of a format that is not ours; None where there is none."""
    path = settings.IMPORTERS.get(format_name)
    if path is None:
        return None
    importer: Importer = import_string(path)
    return importer
