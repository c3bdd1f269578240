"""Whoever reads everything, everywhere, and knows some algebra still finds out about no few.

Each rule of the gate is switched off once, to see that the attack would succeed.
"""

import io
import json
import re
from html.parser import HTMLParser

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from maturity.services.imports import import_file
from maturity.services.keys import create_key
from reports.services.embeds import create_embed, path_of
from surveys.models import Invitation, OutsideWave, ReleasedCell, Wave
from surveys.privacy import gate, people
from surveys.privacy import tree as tree_rule
from surveys.services.links import results_link
from surveys.services.outside import releases as outside_releases
from surveys.services.releases import waves as own_releases
from surveys.services.waves import close_wave
from tests.surveys.attack import Published, recovered
from tests.surveys.conftest import ratings
from tests.surveys.test_groups import MIXED, answer_as, staffed, tree

__all__ = ["staffed", "tree"]
K = 5
EVERYBODY = "organization"


class Cells(HTMLParser):
    """The released cells on a page: group and item, with their number and favourable share."""

    def __init__(self, text) -> None:
        super().__init__()
        self.found, self._row, self._figure, self.version = {}, None, "", 1
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.version = int(attributes.get("data-version", self.version))
        if tag in {"tr", "li"} and "data-item" in attributes:
            self._row = (attributes.get("data-group", EVERYBODY), attributes["data-item"])
        self._figure = attributes.get("data-figure", "") if tag == "td" else self._figure

    def handle_endtag(self, tag):
        if tag in {"tr", "li"}:
            self._row = None
        if tag == "td":
            self._figure = ""

    def handle_data(self, data):
        if (
            self._row is not None
            and self._figure in {"n", "share"}
            and (m := re.search(r"\d+", data))
        ):
            self.found.setdefault(self._row, {}).setdefault(self._figure, int(m.group()))


def everything(clients, organization):
    """Every cell that any of them can read on any page, with the survey it stands for.

    The cells of the feed, of the API and of embeds count as well. The respondents' page shows no
    group that was not released; dashboard and evaluations tell of the whole organisation alone.
    """
    pages = {
        **{w: reverse("admin:surveys_wave_results", args=[w.pk]) for w in Wave.objects.all()},
        **{
            w: reverse("admin:surveys_outsidewave_results", args=[w.pk])
            for w in OutsideWave.objects.all()
        },
    }
    for client in clients:
        for wave, address in pages.items():
            response = client.get(address)
            if response.status_code == 200:
                yield from _facts(wave.key, response)
        for wave in Wave.objects.filter(status="closed"):
            link = results_link(wave)
            told = client.get(link[link.index("/s/") :]).content.decode()
            assert _groups(told) <= _released_groups(wave), link
            dashboard = client.get(reverse("reports:organization", args=["acme"]))
            assert "data-group" not in dashboard.content.decode()
    _, secret = create_key([organization], scopes=["feed:read", "surveys:read"])
    yield from _fed(secret)
    for wave in Wave.objects.filter(status="closed"):
        yield from _answered(secret, wave)
    yield from _embedded(organization)
    out = io.StringIO()
    call_command("evaluate", organization.slug, "--json", stdout=out)
    assert not re.search(r'"(cards|loans|group_key)"', out.getvalue())


def _fed(secret):
    """The cells of groups and of everybody that the feed publishes."""
    key = {"authorization": f"Bearer {secret}"}
    answer = Client().get("/api/v1/feed/survey_results", {"page_size": 10_000}, headers=key)
    for row in answer.json()["results"]:
        if row["kind"] == "item" and row["favourable"] is not None:
            yield row["wave"], row["key"], row["group"], row["favourable"], row["release_version"]


def _answered(secret, wave):
    """The cells that the API's results of a wave hold."""
    key = {"authorization": f"Bearer {secret}"}
    answer = Client().get(f"/api/v1/orgs/acme/waves/{wave.pk}/results", headers=key)
    assert answer.status_code == 200, answer.content
    told = answer.json()
    for group, items in [
        (EVERYBODY, told["items"]),
        *((group["key"], group["items"]) for group in told["groups"]),
    ]:
        for item in items:
            if item["favourable"] is not None:
                yield wave.key, item["key"], group, item["favourable"], 1


def _embedded(organization):
    """The cells that embeds show to anybody: those of the newest wave, of everybody in it."""
    newest = Wave.objects.filter(status="closed").order_by("-closed_at").first()
    for shows, origins in (("survey", ["self"]), ("response", [])):
        embed = create_embed(organization, shows=shows, name="Wiki", by=None, origins=origins)
        answer = Client().get(path_of(embed))
        assert answer.status_code == 200
        assert "data-group" not in answer.content.decode()
        if newest is not None:
            yield from _facts(newest.key, answer)


def _groups(page):
    """The groups of which the respondents' page shows any figure."""
    sections = (part.split("</details>")[0] for part in page.split('data-group="')[1:])
    shown = re.compile(r'data-kind="(share|median|one_sided)"')
    return {section.split('"')[0] for section in sections if shown.search(section)}


def _released_groups(wave):
    cells = ReleasedCell.objects.filter(release__wave=wave).exclude(state="suppressed")
    return set(cells.values_list("group_key", flat=True))


def _facts(wave, response):
    cells = Cells(response.content.decode())
    for (group, item), figures in cells.found.items():
        if {"n", "share"} <= figures.keys():
            favourable = round(figures["n"] * figures["share"] / 100)
            yield wave, item, group, favourable, cells.version


@pytest.fixture
def readers(login, ana, vera, carl, client, organization, db):
    return [login(ana), login(vera), login(carl), client]


# Who is in which groups, and who is favourable ("+"). What each rule is there for:
SURVEYS = {
    # b is three people: everybody less a.
    "remainder": ("tree", {"a": "+-" * 6 + "+", "b": "+-+"}),
    # x and y share all but one person each: +1 and -1, so that their sums differ by 1 of 1.
    "overlap": ("tags", {"x|y": "+-" * 5 + "+", "x": "+", "y": "-", "z": "+-" * 4}),
    # t is u1 and u2 and one more.
    "span": ("tags", {"u1|t": "+-+-+", "u2|t": "-+-+-", "t": "+", "": "+-" * 4 + "+"}),
    # The same again, and two more people.
    "version": ("tree", {"a": "+-" * 6}),
    # All of the six are unfavourable.
    "one-sided": ("tree", {"a": "+-" * 7, "b": "------"}),
}
LATE = {"version": {"a": "+-" * 6 + "++"}}


def respondents(groups):
    """The people of a survey: (name, their groups, favourable)."""
    for keys, signs in groups.items():
        for number, sign in enumerate(signs):
            yield f"{keys}.{number}", keys, sign == "+"


def bring(organization, rule, groups):
    header = "round_key,respondent_key,item_key,value,is_na,group_keys,scale_min,scale_max\n"
    rows = [
        f"{rule},{name},fit,{5 if good else 1},false,{keys},1,5\n"
        for name, keys, good in respondents(groups)
    ]
    import_file(
        organization,
        "survey_responses",
        io.BytesIO((header + "".join(rows)).encode()),
        name=rule,
        options={"groups": SURVEYS[rule][0]},
    )


def sets_of(groups):
    found = {EVERYBODY: set()}
    for name, keys, _good in respondents(groups):
        found[EVERYBODY].add(name)
        for key in filter(None, keys.split("|")):
            found.setdefault(key, set()).add(name)
    return {key: frozenset(names) for key, names in found.items()}


def protected(sets, good):
    """Every group, difference of groups, and person that nobody may find out about."""
    differences = {a - b for a in sets for b in sets}
    persons = {frozenset({name}) for group in sets for name in group}
    for target in {*sets, *differences, *persons}:
        is_one_sided = len(target) < 10 and len({name in good for name in target}) == 1
        if target and (len(target) < K or is_one_sided):
            yield target


def attack(organization, readers, rule):
    """Import a rule's survey, read all that can be read after each import, and solve."""
    versions = [SURVEYS[rule][1]] + ([LATE[rule]] if rule in LATE else [])
    facts, sets, good = set(), set(), set()
    for groups in versions:
        bring(organization, rule, groups)
        named = sets_of(groups)
        sets |= set(named.values())
        good |= {name for name, _keys, is_good in respondents(groups) if is_good}
        facts |= {
            Published(sets_of(versions[version - 1])[group], favourable)
            for wave, _item, group, favourable, version in everything(readers, organization)
            if wave == rule
        }
    found = recovered(facts, protected(sets, good))
    assert all(value == len(target & good) for target, value in found.items())
    return facts, found


@pytest.mark.parametrize("rule", SURVEYS)
def test_nobody_under_k_is_recovered(organization, readers, rule):
    facts, found = attack(organization, readers, rule)

    assert facts
    assert found == {}


def _no_remainder_rule(monkeypatch):
    monkeypatch.setattr(tree_rule, "_one_to_hide", lambda *_args: None)


def _no_overlap_rule(monkeypatch):
    monkeypatch.setattr(gate, "differs_safely", lambda *_args: True)


def _no_span_rule(monkeypatch):
    monkeypatch.setattr(gate, "exposes_few", lambda *_args: False)


def _no_version_rule(monkeypatch):
    for module in (outside_releases, own_releases):
        monkeypatch.setattr(module, "differs_safely", lambda *_args: True)
        monkeypatch.setattr(
            module, "Book", lambda _releases, register, book=module.Book: book([], register)
        )


def _no_one_sided_rule(monkeypatch):
    monkeypatch.setattr(people.Rule, "is_one_sided", lambda _rule, _people: False)
    monkeypatch.setattr(
        gate, "decide", lambda n, _favourable, thresholds: _plain(n, None, thresholds)
    )


_plain = gate.decide
OFF = {
    "remainder": _no_remainder_rule,
    "overlap": _no_overlap_rule,
    "span": _no_span_rule,
    "version": _no_version_rule,
    "one-sided": _no_one_sided_rule,
}


@pytest.mark.parametrize("rule", OFF)
def test_without_the_rule_somebody_is(organization, readers, rule, monkeypatch):
    OFF[rule](monkeypatch)

    _facts_read, found = attack(organization, readers, rule)

    assert found


class TestOurOwnWave:
    """Twelve, six and three people in two teams and beside them; the three are the target."""

    @pytest.fixture
    def released(self, staffed):
        answer_as(staffed, "cards", MIXED)
        answer_as(staffed, "loans", [ratings(value) for value in (4, 2, 5, 1, 4, 2)])
        answer_as(staffed, "", [ratings(value) for value in (5, 1, 4)])
        return staffed

    def _attack(self, wave, readers):
        answered = {g: set() for g in ("organization", "payments", "cards", "loans")}
        rows = Invitation.objects.filter(wave=wave, responded=True)
        for pk, group in rows.values_list("pk", "group"):
            for key in {"organization", group, "payments" if group else group} - {""}:
                answered[key].add(str(pk))
        close_wave(wave)
        sets = {key: frozenset(names) for key, names in answered.items()}
        facts = {
            Published(sets[group], favourable)
            for key, item, group, favourable, _version in everything(readers, wave.organization)
            if (key, item) == (wave.key, "ANA1")
        }
        return recovered(facts, [sets["organization"] - sets["payments"]])

    def test_the_attack_reads_what_other_sites_show(self, released):
        close_wave(released)

        assert {(wave, group) for wave, _, group, _, _ in _embedded(released.organization)} == {
            (released.key, EVERYBODY)
        }

    def test_the_three_stay_hidden(self, released, readers):
        assert self._attack(released, readers) == {}

    def test_without_the_remainder_rule_they_do_not(self, released, readers, monkeypatch):
        _no_remainder_rule(monkeypatch)

        assert list(self._attack(released, readers).values()) == [2]


def test_the_attack_reads_json_of_evaluations(organization, readers):
    out = io.StringIO()
    call_command("evaluate", organization.slug, "--json", stdout=out)

    assert json.loads(out.getvalue()) is not None
