"""The survey pages of leads, and what respondents meet beside their sheet: axe, and a phone."""

import io
import os
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from maturity.models import Membership, Person, User
from maturity.services.imports import import_file
from maturity.services.units import place_unit
from surveys.models import OutsideWave, RefusedAddress, ResultsLink
from surveys.services.banks import publish_bank
from surveys.services.opt_outs import note_refused, opt_out_link
from surveys.services.privacy_settings import set_privacy
from surveys.services.series import create_series
from surveys.services.translations import publish_translation
from surveys.services.waves import create_wave
from tests.browser import DESKTOP, PHONE, axe_violations, needs_chromium, opened, visit
from tests.factories import MembershipFactory, OrganizationFactory
from tests.packs import shipped_bank, shipped_translations
from tests.surveys.conftest import hire, open_anyway
from tests.surveys.test_groups import LONG_AGO, hire_into
from tests.surveys.test_results_groups import HIGH, LOW, held

ADMIN = "/admin/surveys"
LONG_FORM = "round_key,respondent_key,item_key,value,is_na,group_keys,scale_min,scale_max\n"
MARCH = datetime(2026, 3, 2, 9, tzinfo=UTC)
# What is wide on a phone is a table; it scrolls in a box of its own.
ON_PHONE = ("series", "planned", "results", "links", "translation", "privacy", "outside", "people")


@pytest.fixture
def bank(transactional_db):
    publish_bank(shipped_bank())


@pytest.fixture
def acme(transactional_db):
    """Twelve people of one unit, and twelve of none."""
    organization = OrganizationFactory(slug="acme", name="Acme")
    unit = place_unit(organization, "cards", name="Cards", parent=None, valid_from=LONG_AGO)
    hire_into(organization, unit, 12)
    hire(organization, 12)
    return organization


@pytest.fixture
def session(acme):
    """That of a lead, who owns everything."""
    ana = User.objects.create_user("ana@acme.example", "plumb-and-level-7", name="Ana")
    MembershipFactory(organization=acme, user=ana, role=Membership.Role.OWNER)
    client = Client()
    client.force_login(ana)
    return client.cookies["sessionid"].value


@pytest.fixture
def pages(bank, acme):
    """The addresses of what a lead and her respondents can open.

    One of each sort: of the pages that one template makes of one kind of field, the fullest.
    """
    translation, *_others = [publish_translation(each)[0] for each in shipped_translations()]
    return {
        "translation": f"{ADMIN}/banktranslation/{translation.pk}/change/",
        **_of_waves(acme),
        **_of_a_series(acme),
        **_of_outside_surveys(acme),
    }


def _of_waves(acme):
    """Two are closed and have their results, one is open under the owners' own numbers."""
    closed = [
        held(acme, f"Pulse {n}", MARCH + timedelta(days=30 * n), v)
        for n, v in enumerate((LOW, HIGH))
    ][1]
    setting = set_privacy(acme, k=5, k_comment=12, retention_days=300)
    wave = open_anyway(create_wave(acme, title="Now"))
    return {
        "waves": f"{ADMIN}/wave/",
        "open": f"{ADMIN}/wave/{wave.pk}/change/",
        "extend": f"{ADMIN}/wave/{wave.pk}/extend/",
        "close": f"{ADMIN}/wave/{wave.pk}/close/",
        "links": f"{ADMIN}/wave/{wave.pk}/links/",
        "follow_up": f"{ADMIN}/wave/{closed.pk}/follow-up/",
        "results": f"{ADMIN}/wave/{closed.pk}/results/",
        "privacy": f"{ADMIN}/privacysetting/{setting.pk}/change/",
        "people": ResultsLink.objects.get(wave=closed).path,
    }


def _of_a_series(acme):
    """One of its mails was refused."""
    today = datetime.now(UTC).date()
    series = create_series(
        acme, title="Monthly", rule="FREQ=MONTHLY;BYDAY=1TU", starts_on=today, budget_minutes=6
    )
    planned = series.waves.earliest("opens_on")
    person = Person.objects.for_organization(acme).first()
    note_refused(person, address=person.email, reason="SMTPRecipientsRefused 550")
    return {
        "series": f"{ADMIN}/series/{series.pk}/change/",
        "new_series": f"{ADMIN}/series/add/",
        "end_series": f"{ADMIN}/series/{series.pk}/end/",
        "planned": f"{ADMIN}/wave/{planned.pk}/change/",
        "mails": f"{ADMIN}/message/",
        "refused_one": f"{ADMIN}/refusedaddress/{RefusedAddress.objects.get().pk}/change/",
        "opt_out": urlsplit(opt_out_link(person.pk, series.pk)).path,
    }


def _of_outside_surveys(acme):
    for number, key in enumerate(("2025_h1", "2025_h2")):
        rows = "".join(f"{key},p{n},fit,{(n + number) % 5 + 1},false,web,1,5\n" for n in range(12))
        import_file(acme, "survey_responses", io.BytesIO((LONG_FORM + rows).encode()), name=key)
    outside = OutsideWave.objects.latest("key")
    return {
        "all_outside": f"{ADMIN}/outsidewave/",
        "outside": f"{ADMIN}/outsidewave/{outside.pk}/results/",
    }


@pytest.mark.e2e
@needs_chromium
def test_every_page_is_accessible_in_light_and_dark_and_fits_a_phone(session, pages, live_server):
    pictures = os.environ.get("PICTURES")

    def journey(browser, watch):
        found = []
        with opened(browser, watch, DESKTOP) as page:
            cookie = {"name": "sessionid", "value": session, "url": live_server.url}
            page.context.add_cookies([cookie])
            for name, address in pages.items():
                answer = page.goto(live_server.url + address)
                if answer is None or answer.status != 200:
                    found.append(f"{name}: {answer and answer.status}")
                    continue
                # What is folded away must be accessible too.
                page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
                found += axe_violations(page)
                if name not in ON_PHONE:
                    continue
                page.set_viewport_size(PHONE)
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    found.append(f"{name} scrolls sideways")
                if pictures:
                    page.screenshot(path=f"{pictures}/{name}-phone.png", full_page=True)
                page.set_viewport_size(DESKTOP)
        return found

    found, watch = visit(live_server.url, journey)

    assert "\n".join(found) == ""
    assert watch.complaints == []
    assert watch.elsewhere == []
