"""Vendored files are the ones that were reviewed, and nothing points outside."""

import hashlib
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[1] / "maturity" / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = STATIC.parents[1] / "templates"
# Names of our own, many of them for scripts and tests alone.
OURS = ("pl-", "sv-")


def vendored() -> dict[str, tuple[str, str]]:
    """File -> (SHA-256, licence text) from the table in VENDORED.md."""
    rows = re.findall(
        r"^\| (\S+/\S+) \|(.+)\|$", (VENDOR / "VENDORED.md").read_text(), re.MULTILINE
    )
    cells = {file: [cell.strip() for cell in rest.split("|")] for file, rest in rows}
    return {file: (row[-1], row[-2]) for file, row in cells.items()}


@pytest.mark.parametrize("file", sorted(vendored()))
def test_vendored_file_is_the_reviewed_one(file):
    digest, licence = vendored()[file]

    assert hashlib.sha256((VENDOR / file).read_bytes()).hexdigest() == digest
    assert (VENDOR / licence).read_text().strip()


def test_every_vendored_file_is_listed():
    shipped = {
        path.relative_to(VENDOR).as_posix()
        for path in VENDOR.rglob("*")
        if path.suffix in {".css", ".js", ".woff2"}
    }

    assert shipped == set(vendored())


def test_no_shipped_file_asks_for_a_source_map_or_another_host():
    sources = [path for path in STATIC.rglob("*") if path.suffix in {".css", ".js", ".svg"}]

    for path in sources:
        text = path.read_text()
        assert "sourceMappingURL" not in text, path
        assert not re.search(r"(?:url\(|@import |from )\s*[\"']?(?:https?:)?//", text), path


def test_every_class_in_a_page_is_drawn_by_a_stylesheet():
    """Tabler is shipped in part: a class of the rest would do nothing."""
    sheets = [*STATIC.rglob("*.css"), *(TEMPLATES.parent / "surveys" / "static").rglob("*.css")]
    drawn = {name for sheet in sheets for name in re.findall(r"\.([a-z][\w-]*)", sheet.read_text())}
    pages = [
        path
        for path in TEMPLATES.rglob("*.html")
        if path.relative_to(TEMPLATES).parts[0] not in {"admin", "unfold", "api"}
        and "admin" not in path.relative_to(TEMPLATES).parts
    ]

    undrawn = {
        (path.relative_to(TEMPLATES).as_posix(), name)
        for path in pages
        for classes in re.findall(
            r'class="([^"]*)"', re.sub(r"\{[{%].*?[}%]\}", " ", path.read_text())
        )
        for name in classes.split()
        if not name.startswith(OURS) and name not in drawn
    }

    assert undrawn == set()


def test_templates_carry_neither_inline_scripts_nor_inline_styles():
    inline = re.compile(
        r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", re.IGNORECASE
    )

    offending = [path.name for path in TEMPLATES.rglob("*.html") if inline.search(path.read_text())]

    assert offending == []
