"""Debian's chromium, watched: what it complains about, and which other hosts a page asks."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, sync_playwright

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
# Only `make screenshots` asks for pictures: other runs leave the tree as it is.
TAKES_PICTURES = bool(os.environ.get("SCREENSHOTS"))

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
# Reported to the page, so that a blocked style or script cannot go unnoticed.
_REPORT = "document.addEventListener('securitypolicyviolation', e => console.error(e.blockedURI))"

Seen = TypeVar("Seen")


@dataclass
class Watch:
    """What the pages of one visit did."""

    origin: str
    complaints: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)

    @property
    def elsewhere(self) -> list[str]:
        """Requests that left the product."""
        return [url for url in self.requested if not url.startswith((self.origin, "data:"))]

    def on(self, page: Page) -> Page:
        page.add_init_script(_REPORT)
        page.on("request", lambda request: self.requested.append(request.url))
        page.on("requestfailed", lambda request: self.complaints.append(f"failed {request.url}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.location.get('url')}: {message.text}")


class Chromium:
    """One browser for all tests of a process; what a visit leaves open is closed after it.

    In a thread: Playwright's event loop would make Django refuse the database in the test's.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    def run(self, journey: Callable[[Browser], Seen]) -> Seen:
        return self._thread.submit(self._run, journey).result()

    def quit(self) -> None:
        self._thread.submit(self._quit).result()

    def _run(self, journey: Callable[[Browser], Seen]) -> Seen:
        if self._browser is None:
            self._playwright = sync_playwright().start()
            self._browser = self._playwright.chromium.launch(
                executable_path=CHROMIUM,
                args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
            )
        try:
            return journey(self._browser)
        finally:
            for context in self._browser.contexts:
                context.close()

    def _quit(self) -> None:
        if self._browser and self._playwright:
            self._browser.close()
            self._playwright.stop()


chromium = Chromium()


def visit(origin: str, journey: Callable[[Browser, Watch], Seen]) -> tuple[Seen, Watch]:
    """Run a journey in the browser; return what it returned and what was watched."""
    watch = Watch(origin)
    return chromium.run(lambda browser: journey(browser, watch)), watch


@contextmanager
def opened(browser: Browser, watch: Watch, viewport: dict[str, int]) -> Iterator[Page]:
    """A fresh page without cookies at one width."""
    context = browser.new_context(viewport=viewport, reduced_motion="reduce")
    page = watch.on(context.new_page())
    page.set_default_timeout(15_000)
    try:
        yield page
    finally:
        context.close()


def picture(page: Page, name: str, *, height: int = 900, wanted: bool = True) -> None:
    """What is in sight, or the upper part of it, for the guides in docs/."""
    if not (TAKES_PICTURES and wanted):
        return
    page.wait_for_load_state("networkidle")
    size = page.viewport_size or DESKTOP
    part = {"x": 0, "y": 0, "width": size["width"], "height": min(height, size["height"])}
    page.screenshot(path=IMAGES / f"{name}.png", clip=part, animations="disabled", caret="hide")


# The document is the same in dark: only the rules about colour can answer otherwise.
_COLOUR = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
_SCHEMES: dict[Literal["light", "dark"], dict[str, object]] = {
    "light": {"resultTypes": ["violations"]},
    "dark": {"resultTypes": ["violations"], "runOnly": _COLOUR},
}

_RUN = "options => axe.run(options).then(found => found.violations)"


def axe_violations(page: Page) -> list[str]:
    """What axe finds on the page, in light and in dark; rule and place, empty if all is well."""
    found = []
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    for scheme, options in _SCHEMES.items():
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(150)
        for violation in page.evaluate(_RUN, options):
            places = [node["target"] for node in violation["nodes"]][:3]
            found.append(f"{page.url} {scheme} {violation['id']} {places}")
    page.emulate_media(color_scheme="light")
    return found
