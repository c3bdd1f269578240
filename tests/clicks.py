"""A reader without a browser: clicks the links and sends the forms that a page really has."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from django.test import Client

SKIPPED = {"submit", "button", "file", "image", "reset"}


@dataclass
class Form:
    """Where a form goes, and what it says as it was served."""

    action: str
    method: str
    id: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)


class Page(HTMLParser):
    """The forms and links of one page. Links by their attributes, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[dict[str, str], dict[str, str]]] = []
        self.html = html
        self._item: dict[str, str] = {}
        self._inside: Form | None = None
        self._select = self._area = ""
        self._elsewhere: list[tuple[str, str, dict[str, str]]] = []
        self.feed(html)
        # Fields that name their form stand before or after it.
        by_id = {form.id: form for form in self.forms}
        for name, tag, said in self._elsewhere:
            self._field(by_id[name], tag, said)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "li":
            self._item = said
        if tag == "a":
            self.links.append((said, self._item))
        if tag == "form":
            self._inside = Form(
                said.get("action", ""), said.get("method", "get").lower(), said.get("id", "")
            )
            self.forms.append(self._inside)
        if said.get("form") and said.get("name"):
            self._elsewhere.append((said["form"], tag, said))
        elif self._inside is not None and said.get("name"):
            self._field(self._inside, tag, said)
        if tag == "option" and self._inside is not None and self._select:
            self._choose(self._inside, said)

    def _choose(self, form: Form, said: dict[str, str]) -> None:
        if "selected" in said or self._select not in form.values:
            form.values[self._select] = said.get("value", "")

    def _field(self, form: Form, tag: str, said: dict[str, str]) -> None:
        name, kind = said["name"], said.get("type", "text")
        form.named.add(name)
        is_off = kind in {"checkbox", "radio"} and "checked" not in said
        if tag == "input" and kind not in SKIPPED and not is_off:
            form.values[name] = said.get("value", "")
        self._select = name if tag == "select" else self._select
        if tag == "textarea":
            self._area, form.values[name] = name, ""

    def handle_data(self, data: str) -> None:
        if self._area and self._inside is not None:
            self._inside.values[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._area = ""


def _goes(form: Form, to: str) -> bool:
    return form.action.endswith(to) if to else not form.action


class Reader:
    """One person at a page. Nothing is typed into the address bar but the first address."""

    def __init__(self, client: Client, address: str) -> None:
        self.client = client
        self.visit(address)

    def visit(self, address: str) -> None:
        self._show(self.client.get(address, follow=True))

    def click(self, **attributes: str) -> None:
        """Follow the first link that has, or whose list item has, these (data_x is data-x)."""
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        self.visit(urljoin(self.address, next(self._found(wanted))))

    def send(self, to: str | None = None, /, **typed: Any) -> None:
        """Send the form that has all these fields, with the rest as it was served.

        `to`: how its address ends, where the fields do not tell; empty: it goes to its page.
        """
        form = next(
            form
            for form in self.page.forms
            if form.named >= typed.keys() and (to is None or _goes(form, to))
        )
        address = urljoin(self.address, form.action) if form.action else self.address
        send = self.client.post if form.method == "post" else self.client.get
        self._show(send(address, form.values | typed, follow=True))

    def _found(self, wanted: dict[str, str]) -> Iterator[str]:
        for link, item in self.page.links:
            if wanted.items() <= (item | link).items():
                yield link["href"]

    def _show(self, response: Any) -> None:
        assert response.status_code == 200, (response.status_code, response.request["PATH_INFO"])
        if response.redirect_chain:
            self.address = response.redirect_chain[-1][0]
        else:
            asked = response.request
            self.address = asked["PATH_INFO"] + (
                f"?{asked['QUERY_STRING']}" if asked["QUERY_STRING"] else ""
            )
        self.page = Page(response.content.decode())

    @property
    def html(self) -> str:
        return self.page.html
