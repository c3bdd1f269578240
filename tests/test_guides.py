"""The guides in docs/ and the README: what they show, link to and name is there."""

import re
from pathlib import Path

import pytest
from django.urls import Resolver404, resolve

from tests.browser import DESKTOP, PHONE

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
GUIDES = [ROOT / "docs" / f"{reader}.md" for reader in ("ops-leads", "pms", "bi")]
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "ARCHITECTURE.md"]
LARGEST = 150_000

LINK = re.compile(r"\]\(([^)\s]+)\)")
ADDRESS = re.compile(r"`(/[^`\s]*)`")
# In the guides, what is bold stands on a button, a heading or a field.
NAMED = re.compile(r"(?<!\[)\*\*([^*]+)\*\*", re.DOTALL)


def _sources() -> str:
    folders = (ROOT / name for name in ("templates", "maturity", "surveys", "reports"))
    files = (file for folder in folders for file in folder.rglob("*.*"))
    texts = [file.read_text() for file in files if file.suffix in {".html", ".py"}]
    return " ".join(" ".join(texts).split())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_everything_a_page_links_to_is_there(page):
    targets = [link for link in LINK.findall(page.read_text()) if "://" not in link]

    assert targets
    missing = [link for link in targets if not (page.parent / link.partition("#")[0]).exists()]
    assert missing == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_every_address_leads_somewhere(page):
    lost = []
    for address in ADDRESS.findall(page.read_text()):
        try:
            view = resolve(address.partition("?")[0])
        except Resolver404:
            lost.append(address)
        else:
            # Django's admin takes any address below it.
            lost += [address] if view.url_name is None else []

    assert lost == []


@pytest.mark.parametrize("page", GUIDES, ids=lambda page: page.name)
def test_every_button_and_field_is_called_so(page):
    sources = _sources()
    names = [" ".join(name.split()) for name in NAMED.findall(page.read_text())]

    assert [name for name in names if name not in sources] == []


def test_pictures_are_used_small_and_of_a_desk_or_a_phone():
    shown = {
        (page.parent / link).resolve() for page in PAGES for link in LINK.findall(page.read_text())
    }
    pictures = set(IMAGES.glob("*.png"))

    assert pictures <= shown
    for picture in pictures:
        content = picture.read_bytes()
        assert len(content) < LARGEST, picture.name
        assert int.from_bytes(content[16:20]) in {DESKTOP["width"], PHONE["width"]}, picture.name
