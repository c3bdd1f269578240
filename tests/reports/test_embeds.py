"""Badges and charts on other sites: only what the dashboard shows, only while they are in force."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from config.redaction import mask_keys
from maturity.models import Membership
from maturity.models.history import events_of
from maturity.services.units import place_unit
from reports.exporters.badge import badge_svg
from reports.models import Embed
from reports.services.embeds import address_of, create_embed, find_embed, path_of, revoke_embed
from tests.factories import MembershipFactory, OrganizationFactory, VerdictRecordFactory
from tests.reports.scenes import FIRST_AREA, SHOWN, assess, evaluate, release

WIKI = "https://wiki.example.org"
BADGES = ("areas", "readiness", "pitfalls", "response")
CHARTS = ("profile", "trend", "survey")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def scored(organization, rubric):
    assess(organization, rubric, date(2026, 3, 1), dict.fromkeys(FIRST_AREA, 1))
    assess(organization, rubric, date(2026, 6, 1), dict.fromkeys(FIRST_AREA, 3))
    return organization


def embed_of(organization, shows, **more):
    origins = () if shows in BADGES else (WIKI,)
    return create_embed(organization, shows=shows, name="Wiki", by=None, origins=origins, **more)


def read(embed, client=None, **headers):
    return (client or Client()).get(path_of(embed), headers=headers)


def said(response):
    """Title, note and value of a badge, which has to be well-formed XML."""
    assert response.status_code == 200, response.content
    root = ET.fromstring(response.content)  # noqa: S314 - our own picture
    value = root.findall(f".//{SVG}text")[1].text
    return root.find(f"{SVG}title").text, root.find(f"{SVG}desc").text, value


class TestBadges:
    def test_they_say_what_the_tiles_of_the_dashboard_say(self, scored):
        evaluate(scored)
        release(scored, {"LEV1": SHOWN})

        assert {shows: said(read(embed_of(scored, shows))) for shows in BADGES} == {
            "areas": ("Acme: Areas at target: 1 of 6", "5 areas incomplete", "1 of 6"),
            "readiness": ("Acme: Need for product ops: Unknown", "Not judged yet.", "Unknown"),
            "pitfalls": ("Acme: Pitfalls raised: 0 of 0", "0 on watch, 0 unknown", "0 of 0"),
            "response": (
                "Acme: Survey response: 80%",
                "good response, November 2026",
                "80%",
            ),
        }

    def test_unknown_pitfalls_stand_beside_those_raised(self, organization):
        evaluation = evaluate(organization)
        for key, state in (("too_early", "raised"), ("gatekeeper", "unknown")):
            VerdictRecordFactory(evaluation=evaluation, key=key, state=state)

        assert said(read(embed_of(organization, "pitfalls"))) == (
            "Acme: Pitfalls: 1 raised, 1 unknown",
            "0 on watch",
            "1 raised, 1 unknown",
        )

    def test_what_is_not_known_is_never_a_figure(self, organization):
        told = {shows: said(read(embed_of(organization, shows)))[2] for shows in BADGES}

        assert told == {
            "areas": "Not assessed",
            "readiness": "Unknown",
            "pitfalls": "Unknown",
            "response": "No results",
        }

    def test_a_response_under_k_is_hidden(self, organization):
        release(organization, {}, responded=None)

        response = read(embed_of(organization, "response"))

        assert said(response)[1:] == ("Not enough answers to show", "Hidden")
        assert "20" not in re.sub(r'="[^"]*"', "", response.content.decode())

    def test_it_speaks_its_own_language_whoever_looks(self, organization):
        embed = embed_of(organization, "areas", language="de")

        response = read(embed, **{"accept-language": "fr"})

        assert said(response)[2] == "Nicht bewertet"
        assert response["Content-Language"] == "de"

    def test_a_name_cannot_break_the_picture(self):
        svg = badge_svg("<a>&", "\x00]]>", look="none", language="en", title='"', note="<!--")

        assert ET.fromstring(svg).find(f"{SVG}title").text == '"'  # noqa: S314
        assert b"stroke-dasharray" in svg


class TestCharts:
    def test_each_shows_its_part_with_its_table_and_leads_nowhere(self, scored):
        release(scored, {"LEV1": SHOWN, "LEV2": {"state": "suppressed"}})

        pages = {shows: read(embed_of(scored, shows)).content.decode() for shows in CHARTS}

        assert 'data-chart="radar"' in pages["profile"]
        assert 'data-area="' in pages["profile"]
        assert 'data-chart="trend"' in pages["trend"]
        assert "pl-rounds" in pages["trend"]
        assert 'data-item="LEV1" data-kind="share"' in pages["survey"]
        assert 'data-item="LEV2" data-kind="hidden"' in pages["survey"]
        for page in pages.values():
            assert not re.search(r"<a\b|<form|<style|data-capability|/admin/|/orgs/", page)

    def test_each_costs_the_same_at_ten_times_the_data(self, organization, rubric):
        embeds = [embed_of(organization, shows) for shows in (*BADGES, *CHARTS)]

        def queries():
            with CaptureQueriesContext(connection) as captured:
                for embed in embeds:
                    assert read(embed).status_code == 200
            return len(captured)

        for month in (1, 2):
            assess(organization, rubric, date(2026, month, 1), {}, others=1)
        evaluate(organization, period_end=date(2026, 2, 1))
        release(organization, {"LEV1": SHOWN})
        queries()  # a first reading of the day is noted
        few = queries()
        for number in range(18):
            day = date(2026, 3, 1) + timedelta(days=7 * number)
            assess(organization, rubric, day, {}, others=2)
            evaluate(organization, period_end=day)

        assert queries() == few

    def test_under_k_nothing_of_a_wave_is_shown(self, organization):
        release(organization, {"LEV1": {"state": "suppressed"}}, responded=None)

        page = read(embed_of(organization, "survey")).content.decode()

        assert 'data-kind="hidden"' in page
        assert "data-item" not in page

    def test_a_chart_of_a_unit_is_the_units(self, scored):
        unit = place_unit(scored, "core", name="Core", parent=None, valid_from=date(2026, 1, 1))

        page = read(embed_of(scored, "profile", unit=unit)).content.decode()

        assert "Acme · core" in page
        assert "No capability has been assessed yet." in page


class TestWhoMayRead:
    def test_wrong_revoked_deleted_and_of_the_other_kind_are_one_404(self, organization, ana):
        revoked, deleted, other = (embed_of(organization, "areas") for _ in range(3))
        paths = [path_of(each) for each in (revoked, deleted)]
        revoke_embed(revoked, by=ana, at=timezone.now())
        deleted.delete()
        right = path_of(other)
        paths += [right.removesuffix(".svg"), right.replace("/embed/", "/embed/0"), "/embed/x.svg"]
        paths.append(right.replace(other.key.hex, "0" * 32))

        answers = [Client().get(path) for path in paths]

        assert {(answer.status_code, answer.content) for answer in answers} == {
            (404, b"There is nothing at this address.\n")
        }
        assert {answer["X-Frame-Options"] for answer in answers} == {"DENY"}
        assert {answer["Cache-Control"] for answer in answers} == {"no-store"}

    def test_an_address_is_signed_and_stands_in_no_row(self, organization, settings):
        embed = embed_of(organization, "areas")
        token = path_of(embed).removeprefix("/embed/").removesuffix(".svg")

        assert find_embed(token) == embed
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
        assert find_embed(token) == embed
        settings.SECRET_KEY_FALLBACKS = []
        assert find_embed(token) is None

    def test_a_log_line_names_an_embed_and_gives_it_to_nobody(self, organization):
        embed = embed_of(organization, "areas")

        line = mask_keys(None, "", f"GET {path_of(embed)} HTTP/1.1")

        assert line == f"GET /embed/{embed.key.hex[:8]}….svg HTTP/1.1"

    def test_nobody_is_logged_in_and_no_cookie_is_set(self, organization, login, ana):
        client = login(ana)

        for shows in (*BADGES, *CHARTS):
            with CaptureQueriesContext(connection) as captured:
                response = read(embed_of(organization, shows), client)
            assert not response.cookies
            assert "Cookie" not in response.get("Vary", "")
            assert not [q for q in captured if "django_session" in q["sql"]], shows
            assert len([q for q in captured if q["sql"].startswith("SELECT")]) <= 14, shows

    def test_a_client_that_asks_too_often_is_told_to_wait(self, organization, settings):
        settings.RATE_LIMITS = settings.RATE_LIMITS | {"embed": 1}
        embed, client = embed_of(organization, "areas"), Client(REMOTE_ADDR="203.0.113.77")

        answers = [read(embed, client) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [200, 429]
        assert int(answers[1]["Retry-After"]) > 0

    def test_only_reading_is_allowed(self, organization):
        assert Client().post(path_of(embed_of(organization, "profile"))).status_code == 405


class TestHeaders:
    def test_a_chart_is_framed_by_its_sites_alone(self, organization):
        embed = create_embed(
            organization,
            shows="profile",
            name="Wiki",
            by=None,
            origins=["HTTPS://Wiki.example.org/", "self", "https://b.example:8443"],
        )
        response = read(embed)

        policy = response["Content-Security-Policy"]
        assert f"frame-ancestors {WIKI} 'self' https://b.example:8443" in policy
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "X-Frame-Options" not in response

    def test_a_badge_does_nothing_and_is_no_page(self, organization):
        response = read(embed_of(organization, "areas"))

        assert response["Content-Type"] == "image/svg+xml"
        assert response["Content-Security-Policy"].startswith("default-src 'none'")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "DENY"
        assert b"<script" not in response.content

    @pytest.mark.parametrize("shows", ["areas", "profile"])
    def test_a_copy_lives_for_five_minutes_and_is_asked_after(self, organization, shows):
        embed = embed_of(organization, shows)
        first = read(embed)

        again = read(embed, **{"if-none-match": first["ETag"]})

        assert (again.status_code, again.content) == (304, b"")
        for name in ("Cache-Control", "Content-Security-Policy"):
            assert again[name] == first[name]
        assert first["Cache-Control"] == "public, max-age=300"
        assert again.get("X-Frame-Options") == first.get("X-Frame-Options")


class TestMaking:
    @pytest.mark.parametrize(
        "origin",
        [
            "http://wiki.example.org",
            "https://*.example.org",
            "https://wiki.example.org/path",
            "https://a.example;script-src",
            "https://a.example\n",
            "*",
            "'none'",
            "https://ana@a.example",
        ],
    )
    def test_only_plain_https_origins_go_into_the_policy(self, organization, origin):
        with pytest.raises(ValidationError) as refused:
            create_embed(organization, shows="trend", name="x", by=None, origins=[f"{origin}x"])

        assert list(refused.value.message_dict) == ["origins"]
        assert not Embed.objects.exists()

    def test_what_cannot_be_is_refused_by_field(self, organization):
        mine = place_unit(organization, "a", name="A", parent=None, valid_from=date(2026, 1, 1))
        theirs = place_unit(
            OrganizationFactory(), "b", name="B", parent=None, valid_from=date(2026, 1, 1)
        )

        for field, asked in (
            ("origins", {"shows": "trend"}),
            ("unit", {"shows": "response", "unit": mine}),
            ("unit", {"shows": "areas", "unit": theirs}),
            ("language", {"shows": "areas", "language": "xx"}),
            ("shows", {"shows": "everything", "origins": [WIKI]}),
        ):
            with pytest.raises(ValidationError) as refused:
                create_embed(organization, name="x", by=None, **asked)
            assert list(refused.value.message_dict) == [field], asked
        assert not Embed.objects.exists()

    def test_when_it_was_last_read_is_kept_to_the_day_and_is_no_change(self, organization):
        embed = embed_of(organization, "areas")
        Embed.objects.update(last_used_on=timezone.now().date() - timedelta(days=2))
        before = events_of(Embed).count()

        read(embed)
        with CaptureQueriesContext(connection) as captured:
            read(embed)

        embed.refresh_from_db()
        assert embed.last_used_on == timezone.now().date()
        assert not [q for q in captured if q["sql"].startswith("UPDATE")]
        assert events_of(Embed).count() == before


class TestInTheWorkplace:
    def test_a_lead_makes_one_copies_its_snippet_and_revokes_it(self, login, ana, scored):
        client = login(ana)
        asked = {
            "organization": scored.pk,
            "shows": "profile",
            "name": "Wiki",
            "origins": WIKI,
            "language": "en",
        }

        made = client.post(reverse("admin:reports_embed_add"), asked)
        embed = Embed.objects.get()
        page = client.get(made.url).content.decode()

        assert (embed.created_by, embed.origins) == (ana, [WIKI])
        assert f"&lt;iframe src=&quot;{address_of(embed)}&quot;" in page
        client.post(reverse("admin:reports_embed_revoke", args=[embed.pk]))
        embed.refresh_from_db()
        assert embed.revoked_by == ana
        assert read(embed).status_code == 404
        assert address_of(embed) not in client.get(made.url).content.decode()
        change = events_of(Embed).order_by("-pgh_id").first()
        assert change.pgh_context["user"] == ana.pk

    def test_viewers_and_outsiders_neither_see_nor_end_one(self, login, vera, carl, organization):
        embed = embed_of(organization, "areas")
        revoke = reverse("admin:reports_embed_revoke", args=[embed.pk])

        answers = [login(user).post(revoke).status_code for user in (vera, carl)]

        assert answers == [404, 404]
        embed.refresh_from_db()
        assert embed.revoked_at is None

    def test_who_only_views_one_organisation_ends_none_of_it(self, login, ana, organization):
        """Ops lead here, viewer there: the row is another's to end."""
        there = OrganizationFactory()
        MembershipFactory(organization=there, user=ana, role=Membership.Role.VIEWER)
        embed = embed_of(there, "areas")

        response = login(ana).post(reverse("admin:reports_embed_revoke", args=[embed.pk]))

        assert response.status_code == 404

    def test_the_dashboard_leads_there_for_those_who_may_edit(self, login, ana, vera, scored):
        address = reverse("reports:organization", args=[scored.slug])
        embeds = reverse("admin:reports_embed_changelist")

        shown = [embeds in login(user).get(address).content.decode() for user in (ana, vera)]

        assert shown == [True, False]
