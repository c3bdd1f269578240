"""What people read, and its translations: `make messages` renews the catalogues.

Collects every string of the pages and mails of each audience, merges it into the audience's own
<app>/locale/*/LC_MESSAGES/django.po and compiles the .mo files beside them; both are committed,
so a bare machine needs no gettext tools. A string that several audiences read stands in the
catalogue of the first one alone: it has one translation.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel.messages import Catalog
from babel.messages import Message as Entry
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from maturity.rubrics import CONTEXT, SHIPPED, load_pack, texts_of

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("de", "es", "fr")
NOISE = tuple(
    f'"{header}:'
    for header in (
        *("POT-Creation-Date", "PO-Revision-Date", "Generated-By", "Last-Translator"),
        *("Report-Msgid-Bugs-To", "Language-Team"),
    )
)


class Message(NamedTuple):
    """One msgid, or singular and plural; `context` tells apart what English writes alike."""

    text: str | tuple[str, str]
    context: str | None = None


@dataclass(frozen=True)
class Audience:
    """Whose strings a catalogue holds; the patterns are globs below the root."""

    name: str
    app: str
    templates: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    packs: tuple[Path, ...] = ()

    def po_file(self, language: str) -> Path:
        return ROOT / self.app / "locale" / language / "LC_MESSAGES" / "django.po"


RESPONDENTS = Audience(
    "respondents",
    "surveys",
    ("surveys/*.html", "emails/_*.txt", "emails/survey_*.txt", "base.html"),
    (
        *("surveys/forms.py", "surveys/selectors/trends.py"),
        *("surveys/views/*.py", "surveys/services/letters.py"),
    ),
)
READERS = Audience(
    "readers of dashboards",
    "reports",
    (
        *("*.html", "registration/*.html", "maturity/*.html", "reports/**/*.html"),
        *("emails/notification*.txt",),
    ),
    (
        *("reports/selectors/*.py", "reports/views/*.py"),
        *("maturity/views/*.py", "maturity/services/titles.py"),
        "maturity/forms/organizations.py",
        *(f"maturity/models/{noun}.py" for noun in ("evidence", "findings", "languages")),
        *(f"maturity/models/{noun}.py" for noun in ("keys", "notifications", "tenancy")),
    ),
)
OPS_LEADS = Audience(
    "ops leads in the admin",
    "maturity",
    (
        *("admin/**/*.html", "surveys/admin/**/*.html", "unfold/**/*.html"),
        "emails/**/*.txt",
    ),
    (
        *("config/admin.py", "config/settings.py", "maturity/apps.py", "surveys/apps.py"),
        *(
            f"{app}/{layer}/**/*.py"
            for app in ("maturity", "surveys", "reports")
            for layer in ("admin", "forms", "models", "selectors", "services")
        ),
    ),
)
# Beside the rubrics themselves: whoever supersedes one has its words at hand.
RUBRICS = Audience("readers of the shipped rubrics", "maturity/rubrics", packs=SHIPPED)
CONCLUSIONS = Audience(
    "readers of what the checks conclude",
    "maturity/insights",
    modules=("maturity/insights/**/*.py",),
)
AUDIENCES = (RESPONDENTS, READERS, OPS_LEADS, RUBRICS, CONCLUSIONS)

_STRING = r"""u?("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
# `_("…")` is what a filter is given: {{ name|default:_("nobody") }}.
_CALL = re.compile(
    rf"\b(?:n?p?gettext|_)\({_STRING}(?:,\s*{_STRING})?(?:,\s*{_STRING})?", re.DOTALL
)
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
# Which arguments are the context, the singular and the plural.
_ARGUMENTS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
    # Those of maturity/insights/phrases.py.
    "noop": (None, 0, None),
    "phrase": (None, 0, None),
    "nphrase": (None, 0, 1),
}


@cache
def strings(audience: Audience) -> dict[Message, list[str]]:
    """Every string that this audience meets and none before it, with the files it stands in."""
    found: dict[Message, list[str]] = {}
    for path, messages in _sources(audience):
        for message in messages:
            found.setdefault(message, []).append(str(path.relative_to(ROOT)))
    earlier = AUDIENCES[: AUDIENCES.index(audience)]
    told = {message for one in earlier for message in strings(one)}
    return {message: places for message, places in found.items() if message not in told}


def catalogue(audience: Audience, language: str) -> Catalog:
    """The committed catalogue of a language; an empty one where there is none."""
    path = audience.po_file(language)
    if not path.exists():
        return _empty(audience, language)
    with path.open("rb") as file:
        read = read_po(file, locale=language)
    # The same bytes whenever it is compiled.
    read.creation_date = read.revision_date = _EPOCH
    return read


def message_of(entry: Entry) -> Message:
    """What an entry of a catalogue translates."""
    return Message(entry.id if isinstance(entry.id, str) else tuple(entry.id), entry.context)


def renew(audience: Audience, language: str) -> int:
    """Bring a catalogue up to the sources; return how many strings wait for translation."""
    old = {message_of(entry): entry.string for entry in catalogue(audience, language) if entry.id}
    new = _empty(audience, language)
    ordered = sorted(strings(audience).items(), key=lambda item: (item[1][0], str(item[0].text)))
    for message, places in ordered:
        new.add(
            message.text,
            old.get(message),
            locations=[(place, None) for place in sorted({*places})],
            context=message.context,
        )
    path = audience.po_file(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, new, omit_header=False, width=96, sort_by_file=True)
    _drop_dates(path)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue(audience, language))
    return sum(not is_translated(entry.string) for entry in new if entry.id)


def is_translated(string: str | tuple[str, ...] | list[str]) -> bool:
    return bool(string) if isinstance(string, str) else bool(string) and all(string)


def _empty(audience: Audience, language: str) -> Catalog:
    return Catalog(
        locale=language,
        header_comment=f"# What {audience.name} read, in {language}; `make messages` renews it.",
        project="Plumbline",
        version="1",
        fuzzy=False,
    )


def _sources(audience: Audience) -> Iterator[tuple[Path, Iterator[Message]]]:
    for pattern in audience.templates:
        for path in sorted((ROOT / "templates").glob(pattern)):
            yield path, _in_template(path.read_text())
    for pattern in audience.modules:
        for path in sorted(ROOT.glob(pattern)):
            yield path, _in_module(path.read_text())
    for path in audience.packs:
        yield path, (Message(text, CONTEXT) for text in texts_of(load_pack(path)))


def _in_template(source: str) -> Iterator[Message]:
    for call in _CALL.finditer(templatize(source)):
        name = call.group(0).partition("(")[0]
        yield _message(name, [part and ast.literal_eval(part) for part in call.groups()])


def _in_module(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        name = node.func.id.removesuffix("_lazy")
        texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
        if name in _ARGUMENTS and texts:
            yield _message(name, texts)


def _message(name: str, texts: list[str]) -> Message:
    context, one, many = _ARGUMENTS[name]
    text = texts[one] if many is None else (texts[one], texts[many])
    return Message(text, None if context is None else texts[context])


def _drop_dates(path: Path) -> None:
    """Headers that change although no string did would only make noise in a diff."""
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(NOISE)))


if __name__ == "__main__":
    for each in AUDIENCES:
        for code in LANGUAGES:
            print(f"{each.name}, {code}: {renew(each, code)} strings wait for a translation")
