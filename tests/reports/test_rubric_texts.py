"""Readers read the shipped rubric in their own language, and a rubric of one's own as it is."""

from datetime import date
from html import escape, unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from maturity.rubrics import texts_of
from maturity.selectors.rubric_texts import rubric_language, rubric_text
from maturity.services.rubrics import publish_pack
from maturity.services.units import place_unit
from reports.selectors import dashboard_of
from reports.selectors.board import board_snapshot
from reports.services.embeds import create_embed, path_of
from tests.factories import MembershipFactory, OrganizationFactory
from tests.packs import guild_pack, shipped_pack
from tests.reports.scenes import FIRST_AREA, assess, block, url

KEY = FIRST_AREA[0]
DAY = date(2026, 6, 1)
AREA = {
    "en": "Analytics infrastructure",
    "de": "Analytik-Infrastruktur",
    "es": "Infraestructura de analítica",
    "fr": "Infrastructure analytique",
}


@pytest.fixture
def scored(organization, rubric):
    assess(organization, rubric, date(2026, 3, 1), dict.fromkeys(FIRST_AREA, 1))
    assess(organization, rubric, DAY, dict.fromkeys(FIRST_AREA, 4))
    return organization


@pytest.fixture
def read(ana, login):
    """A page as one reader is shown it, in whatever language it is asked for."""
    client = login(ana)

    def _read(address, language):
        response = client.get(address, headers={"accept-language": language})
        assert response.status_code == 200
        assert response["Content-Language"] == language
        return response.content.decode()

    return _read


def capability_page(organization, key=KEY):
    return reverse("reports:capability", args=[organization.slug, key])


def english_in(html):
    """Which of the shipped rubric's texts a German page says in English."""
    with translation.override("de"):
        texts = [text for text in texts_of(shipped_pack()) if rubric_text(text) != text]
    assert len(texts) > 300
    return [text for text in texts if text in unescape(html)]


class TestPages:
    def test_a_capability_is_german_down_to_its_checks(self, scored, read):
        html = read(capability_page(scored), "de")

        assert "<title>Standard-Dashboards · Acme" in html
        for part in (
            '<p class="pl-eyebrow" lang="de">Analytik-Infrastruktur</p>',
            '<h1 lang="de">Standard-Dashboards</h1>',
            "Ein kleiner, gepflegter Satz von Dashboards",
            '<b lang="de">Gemessen</b>:',
            '<span lang="de">Aufrufe durch PMs, Aktualität und strittige Zahlen',
            '<li lang="de">Je Dashboard ist erfasst, wie viele verschiedene PMs es im Monat',
            "nach dem Bereich Analytik-Infrastruktur, nie",
        ):
            assert part in html, part
        assert english_in(html) == []

    def test_an_organisation_is_german_with_its_charts_units_and_changes(self, scored, read):
        place_unit(scored, "core", name="Core", parent=None, valid_from=date(2026, 1, 1))

        html = read(f"{url(scored)}?from=2026-04-01", "de")

        assert html.count("Analytik-Infrastruktur") > 5
        for part in (
            '<th scope="row" lang="de">Analytik-Infrastruktur</th>',
            '<span lang="de">Gemessen</span>',
            '{"name": "Analytik-Infrastruktur", "level": 4',
            '<th scope="col" class="pl-area-col" lang="de">PM-Werkzeuge</th>',
        ):
            assert part in html, part
        for part in ('data-capability="event_taxonomy"', 'data-changed="event_taxonomy"'):
            assert ">Event-Taxonomie</a>" in block(html, part)
            assert 'lang="de">Analytik-Infrastruktur</' in block(html, part)
        assert english_in(html) == []

    def test_the_portfolio_is_german_in_columns_and_cards(self, scored, ana, read):
        MembershipFactory(organization=OrganizationFactory(name="Borealis"), user=ana)

        html = read(reverse("reports:portfolio"), "de")

        assert '<th scope="col" class="pl-area-col" lang="de">Analytik-Infrastruktur</th>' in html
        assert 'data-label="Analytik-Infrastruktur"' in html
        assert english_in(html) == []

    @pytest.mark.parametrize("shows", ["profile", "trend"])
    def test_an_embed_speaks_its_own_language(self, scored, shows):
        embed = create_embed(
            scored, shows=shows, name="Wiki", by=None, origins=("https://a.example",), language="es"
        )

        html = Client().get(path_of(embed), headers={"accept-language": "de"}).content.decode()

        assert f'lang="es">{AREA["es"]}</th>' in html
        assert AREA["en"] not in html

    def test_a_board_report_is_in_the_language_it_is_made_in(self, scored):
        dashboard = dashboard_of(scored, as_of=DAY, known_at=timezone.now())

        with translation.override("fr"):
            area = board_snapshot(scored, dashboard)["areas"][0]

        assert (area["name"], area["level"]) == (AREA["fr"], "4 Mesuré")

    @pytest.mark.parametrize("page", [url, capability_page])
    def test_one_readers_language_is_not_anothers(self, scored, read, page):
        for language in ("de", "en", "fr", "de", "es"):
            html = read(page(scored), language)

            assert [code for code, name in AREA.items() if name in html] == [language]

    def test_english_is_as_it_was_published(self, scored, read):
        html = read(capability_page(scored), "en")

        capability = shipped_pack().areas[0].capabilities[0]
        assert f'<h1 lang="en">{capability.name}</h1>' in html
        for level in capability.levels.values():
            for text in (level.looks_like, *level.checks):
                assert f'lang="en">{escape(text)}</' in html


class TestOwnRubrics:
    def test_they_stay_as_they_were_written_and_say_in_which_language(self, organization, read):
        organization.rubric_key = "guild"
        organization.save()
        assess(organization, publish_pack(guild_pack()), DAY, {"specs": 4, "reviews": 4})

        page = read(url(organization), "de")
        detail = read(capability_page(organization, "specs"), "de")

        assert '<th scope="row" lang="en">Writing</th>' in page
        assert '<span lang="en">Tree</span>' in page
        assert '{"name": "Writing", "level": 4' in page
        for part in (
            '<h1 lang="en">Specs</h1>',
            '<p lang="en">How specs are done.</p>',
            '<b lang="en">Tree</b>',
            '<span lang="en">Measured specs.</span>',
            '<li lang="en">The specs are counted</li>',
        ):
            assert part in detail, part

    @pytest.mark.parametrize("text", ["", "Analytics infrastructure of ours", "100 % <b>own</b>"])
    def test_what_no_catalogue_knows_is_said_as_it_stands(self, text):
        with translation.override("de"):
            assert rubric_text(text) == text
            assert rubric_language(text, "it") == "it"

    def test_a_word_of_a_rubric_is_not_the_same_word_elsewhere(self):
        with translation.override("fr"):
            assert rubric_text("Measured") == "Mesuré"
            # What a column is called.
            assert rubric_text("Assessed") == "Assessed"
