"""One row of every kind that the admin shows, and a walk over all of its pages."""

import io
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

from django.contrib import admin
from django.contrib.auth.hashers import make_password
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, resolve, reverse

from maturity.insights.threshold_changes import Sourced
from maturity.models import Event, Organization, Person, RubricVersion, User
from maturity.services.drafts import start_draft
from maturity.services.endpoints import create_endpoint
from maturity.services.exemptions import request_exemption
from maturity.services.import_jobs import queue_import, work_off
from maturity.services.imports import import_file
from maturity.services.thresholds import run_due_trials, switch_on, try_thresholds
from reports.services.boards import render_board_report, request_board_report, set_brand
from reports.services.demo import OWNER, create_demo
from reports.services.embeds import create_embed
from reports.services.schedules import create_schedule
from surveys.banks import SHIPPED_TRANSLATIONS, load_translation
from surveys.models import Wave
from surveys.services.news import tell_closed
from surveys.services.opt_outs import note_refused
from surveys.services.privacy_settings import set_privacy
from surveys.services.series import create_series
from surveys.services.translations import publish_translation
from surveys.services.waves import create_wave
from tests.factories import ErasureFactory
from tests.pseudo import Page

OWN = "[C] set by this organisation"
SMALLER = {
    "too_early.e1_pms_enter": Sourced(4, OWN),
    "too_early.e1_pms_exit": Sourced(5, OWN),
    "too_early.e2_pms_enter": Sourced(5, OWN),
    "too_early.e2_pms_exit": Sourced(6, OWN),
    "too_early.e3_ratio_enter": Sourced(3, OWN),
    "too_early.e3_ratio_exit": Sourced(4, OWN),
}
BAD_UNITS = b"unit_key,valid_from,name,parent_key\nlost,2026-01-01,Lost,nowhere\n"
BAD_TOOLS = (
    b"tool_key,name,owner_function,launched_on,retired_on,cadence,mandatory,confirmed_on,cost_known\n"
    b"wiki,Wiki,product_ops,soon,,weekly,false,,true\n"
)


def make_everything() -> tuple[User, User]:
    """The demo and what it lacks: a row for each page. An owner, and an operator."""
    create_demo()
    # Its lead has a password, and the operator would read which hash it has.
    User.objects.update(password=make_password(None))
    owner = User.objects.get(email=OWNER)
    operator = User.objects.create_user("op@plumbline.example", None, name="Opal")
    operator.is_staff = operator.is_superuser = True
    operator.save()
    organization = Organization.objects.get(slug="northlight")
    _surveys(organization)
    _record(organization, owner)
    _reports(organization, owner)
    return owner, operator


def _surveys(organization: Organization) -> None:
    for path in SHIPPED_TRANSLATIONS:
        publish_translation(load_translation(path))
    set_privacy(organization, k=5, k_comment=12, retention_days=300)
    create_wave(organization, title="Draft")
    tell_closed(organization.waves.filter(status=Wave.Status.CLOSED).latest("pk"), None)
    today = datetime.now(UTC).date()
    create_series(organization, title="Monthly", rule="FREQ=MONTHLY;BYDAY=1TU", starts_on=today)
    create_series(organization, title="Joiners", instrument="onboarding", starts_on=today)
    person = Person.objects.for_organization(organization).earliest("pk")
    note_refused(person, address=person.email, reason="SMTPRecipientsRefused 550")


def _record(organization: Organization, owner: User) -> None:
    rubric = RubricVersion.objects.in_force().earliest("pk")
    today = datetime.now(UTC).date()
    start_draft(organization, rubric=rubric, by=owner, valid_from=today)
    request_exemption(
        organization,
        capability=rubric.capabilities.earliest("pk"),
        reason="No such work here.",
        ends_on=today.replace(year=today.year + 1),
        by=owner,
    )
    create_endpoint(
        organization,
        kind="webhook",
        name="Wiki",
        address="https://hooks.example.org/in",
        events=[Event.FINDING_RAISED],
        by=owner,
    )
    for content in (BAD_UNITS, BAD_UNITS.replace(b"nowhere", b"")):
        work_off(
            queue_import(organization, "units", name="units.csv", content=content, by=owner).pk
        )
    import_file(organization, "tools", io.BytesIO(BAD_TOOLS), name="tools.csv", by=owner)
    try_thresholds(organization, SMALLER, by=owner)
    run_due_trials()
    switch_on(organization, SMALLER, reason="Small teams are our model.", by=owner)
    ErasureFactory(organization=organization)


def _reports(organization: Organization, owner: User) -> None:
    set_brand(organization, colour="#0b5a6f", logo=None)
    create_embed(organization, shows="trend", name="Wiki", by=owner, origins=["self"])
    render_board_report(request_board_report(organization, by=owner).pk)
    create_schedule(
        organization,
        recipients=[owner],
        by=owner,
        name="Board",
        rule="FREQ=MONTHLY;BYMONTHDAY=1",
        starts_on=datetime.now(UTC).date(),
    )


def starts_of(organization: Organization) -> list[str]:
    """The workplace, and what no link leads to, or only one from a row in some state."""
    unit = organization.units.earliest("pk")
    rubric = RubricVersion.objects.latest("pk")
    waves = organization.waves
    opened = waves.filter(status=Wave.Status.OPEN).latest("pk")
    closed = waves.filter(status=Wave.Status.CLOSED).latest("pk")
    draft = waves.filter(series=None, status=Wave.Status.DRAFT).latest("pk")
    started = organization.initiatives.filter(state="started").latest("pk")
    addresses = [
        ("maturity_initiative_change", [started.pk]),
        *(("index", []), ("password_change", []), ("password_change_done", [])),
        ("maturity_organization_thresholds", [organization.pk]),
        *((f"maturity_unit_{what}", [unit.pk]) for what in ("move", "merge", "split", "close")),
        ("maturity_rubricversion_change", [rubric.pk]),
        *((f"surveys_wave_{what}", [opened.pk]) for what in ("close", "extend", "links")),
        *((f"surveys_wave_{what}", [closed.pk]) for what in ("results", "follow_up", "reopen")),
        *(("surveys_wave_change", [each.pk]) for each in (draft, opened)),
    ]
    return [reverse(f"admin:{name}", args=args) for name, args in addresses]


def starts_of_operator() -> list[str]:
    rubric = RubricVersion.objects.in_force().latest("pk")
    return [
        reverse("admin:maturity_user_changelist"),
        reverse("admin:maturity_organization_add"),
        reverse("admin:maturity_rubricversion_publish"),
        reverse("admin:maturity_rubricversion_retire", args=[rubric.pk]),
    ]


def names_of_pages() -> set[str]:
    """The name of every address of the admin."""
    return set(_names(admin.site.urls[0]))


def _names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _names(each.url_patterns)
        elif each.name:
            yield each.name


class Walk:
    """One of each kind of page that links lead to, also with a query; of rows themselves two."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._count = Counter[str]()
        self._sent: set[str] = set()

    def pages(self, client: Client, starts: Iterable[str]) -> Iterator[tuple[str, Page]]:
        """What was not walked yet, with its address; then what its forms say to nothing."""
        todo, forms = deque(starts), []
        seen: set[str] = set()
        while todo:
            address = todo.popleft()
            kind = self._kind(address)
            if kind is None or address in seen or self._count[kind] > kind.endswith("_change"):
                continue
            seen.add(address)
            self._count[kind] += 1
            page = _page(client.get(address, follow=True))
            if page is None:
                continue
            yield address, page
            todo += [urljoin(address, link).partition("#")[0] for link in page.links]
            if page.posts and kind not in self._sent:
                self._sent.add(kind)
                forms.append(address)
        for address in forms:
            page = _page(client.post(address, {}, follow=True))
            if page is not None:
                yield f"POST {address}", page

    def _kind(self, address: str) -> str | None:
        if not address.startswith("/admin/"):
            return None
        try:
            match = resolve(address.partition("?")[0])
        except Resolver404:
            return None
        self.names.add(match.url_name or "")
        return match.view_name + "?" * ("?" in address)


def _page(response: Any) -> Page | None:
    is_page = response["Content-Type"].startswith("text/html")
    return Page(response.content.decode()) if is_page else None
