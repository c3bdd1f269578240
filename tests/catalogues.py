"""What respondents read, and its translations: `make messages` renews the catalogues.

Collects every string of the pages and mails that people without an account see, merges it into
surveys/locale/*/LC_MESSAGES/django.po and compiles the .mo files beside them; both are
committed, so a bare machine needs no gettext tools.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "surveys" / "locale"
LANGUAGES = ("de", "es", "fr")
TEMPLATES = ("surveys/*.html", "emails/_*.txt", "emails/survey_*.txt", "base.html")
MODULES = ("forms.py", "selectors/trends.py", "views/*.py", "services/letters.py")
NOISE = tuple(
    f'"{header}:'
    for header in (
        *("POT-Creation-Date", "PO-Revision-Date", "Generated-By", "Last-Translator"),
        *("Report-Msgid-Bugs-To", "Language-Team"),
    )
)
# One msgid, or singular and plural.
Message = str | tuple[str, str]

_STRING = r"""u?("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
_CALL = re.compile(rf"\b(?:gettext|ngettext)\({_STRING}(?:,\s*{_STRING})?", re.DOTALL)
_MARKERS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}


def strings() -> dict[Message, list[str]]:
    """Every string that respondents can meet, with the files it stands in."""
    found: dict[Message, list[str]] = {}
    for pattern in TEMPLATES:
        for path in sorted((ROOT / "templates").glob(pattern)):
            for message in _in_template(path.read_text()):
                found.setdefault(message, []).append(str(path.relative_to(ROOT)))
    for pattern in MODULES:
        for path in sorted((ROOT / "surveys").glob(pattern)):
            for message in _in_module(path.read_text()):
                found.setdefault(message, []).append(str(path.relative_to(ROOT)))
    return found


def catalogue(language: str) -> Catalog:
    """The committed catalogue of a language; an empty one where there is none."""
    path = po_file(language)
    if not path.exists():
        return _empty(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def po_file(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def renew(language: str) -> int:
    """Bring a catalogue up to the sources; return how many strings wait for translation."""
    old, new = catalogue(language), _empty(language)
    for message, places in sorted(strings().items(), key=lambda item: (item[1][0], str(item[0]))):
        known = old.get(message if isinstance(message, str) else message[0])
        same = known is not None and known.id == message
        new.add(
            message,
            known.string if same else None,
            locations=[(p, None) for p in sorted({*places})],
        )
    path = po_file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, omit_header=False, width=96, sort_by_file=True)
    _drop_dates(path)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue(language))
    return sum(not is_translated(message.string) for message in new if message.id)


def _empty(language: str) -> Catalog:
    return Catalog(
        locale=language,
        header_comment=f"# What respondents read, in {language}; `make messages` renews it.",
        project="Plumbline",
        version="1",
        fuzzy=False,
    )


def is_translated(string: str | tuple[str, ...] | list[str]) -> bool:
    return bool(string) if isinstance(string, str) else bool(string) and all(string)


def _in_template(source: str) -> Iterator[Message]:
    for call in _CALL.finditer(templatize(source)):
        one, many = (part and ast.literal_eval(part) for part in call.groups())
        yield one if many is None else (one, many)


def _in_module(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id not in _MARKERS:
            continue
        texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
        if node.func.id.startswith("ngettext"):
            yield (texts[0], texts[1])
        elif texts:
            yield texts[0]


def _drop_dates(path: Path) -> None:
    """Headers that change although no string did would only make noise in a diff."""
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(NOISE)))


if __name__ == "__main__":
    for code in LANGUAGES:
        print(f"{code}: {renew(code)} strings wait for a translation")
