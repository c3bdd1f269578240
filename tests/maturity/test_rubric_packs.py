"""Packs of one's own: faults by line, previewed, published, retired, carried on."""

import textwrap
from pathlib import Path

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.urls import reverse

from maturity.errors import InvalidPack, VersionExists
from maturity.models import Capability, Organization, RubricVersion
from maturity.rubrics import SHIPPED, carried_on, differences, load_pack, parse_pack
from maturity.services.rubrics import pack_of, preview_pack, publish_pack, retire_rubric
from tests.factories import UserFactory
from tests.packs import guild_pack, guild_text


def _refusal(text: str) -> str:
    with pytest.raises(InvalidPack) as refused:
        parse_pack(textwrap.dedent(text).encode(), name="pack.yaml")
    return str(refused.value)


class TestFaultsNameLineAndKey:
    def test_every_fault_is_named_with_its_line(self):
        text = guild_text().replace("owner_role: Guild lead", "owner: Guild lead", 1)
        text = text.replace("name: Writing", "name: ''", 1)
        lines = text.splitlines()
        owner = next(n for n, line in enumerate(lines, 1) if "owner: Guild lead" in line)
        name = next(n for n, line in enumerate(lines, 1) if "name: ''" in line)

        faults = _refusal(text).splitlines()

        place = "areas.0.capabilities.0"
        assert f"pack.yaml, line {owner}: {place}.owner: Extra inputs" in " ".join(faults)
        assert any(f.startswith(f"pack.yaml, line {name}: areas.0.name: ") for f in faults)
        assert any(f"{place}.owner_role: Field required (in specs)" in f for f in faults)

    def test_a_key_of_the_section_rubric_is_named_as_it_stands_in_the_file(self):
        text = guild_text().replace("unsubstantiated_cap: 2", "unsubstantiated_cap: 9")
        line = text[: text.index("unsubstantiated_cap")].count("\n") + 1

        place = "rubric.evidence_rules.unsubstantiated_cap"
        assert _refusal(text).startswith(f"pack.yaml, line {line}: {place}: ")

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("rubric:\n  key: a\n  key: b\n", "line 3: the key 'key' stands twice"),
            ("rubric: &x {}\nareas: *x\n", "line 1: anchors and aliases"),
            ("rubric: {}\nareas: !!python/object:os.system []\n", "line 2: tags"),
            ("rubric:\n  key: [unclosed\n", "line 3: "),
            ('rubric:\n  key: "a\\0b"\n', "line 2: holds the character NUL"),
            ('rubric:\n  key: "\\ud800"\n', "line 2: found invalid Unicode character"),
            (f"rubric:\n  key: {'9' * 5000}\n", "line 2: is not a value that can be read"),
            ("rubric: 2001-99-99\n", "line 1: is not a value that can be read"),
            ("rubric: {}\n? [a]\n: b\n", "line 2: a key must be a word"),
            ("[" * 30 + "]" * 30, "line 1: nested deeper than 20"),
            ("a: b\n---\nc: d\n", "line 2: "),
            ("rubric: {}\ncolour: red\n", "line 2: colour: is an unknown key"),
            ("rubric:\n  areas: []\n", "line 2: rubric.areas: does not belong here"),
        ],
    )
    def test_what_is_no_pack_is_refused_where_it_goes_wrong(self, text, told):
        assert told in _refusal(text)

    def test_bytes_that_are_no_text_are_refused(self):
        for raw in (b"\xff\xfe\x00", b"\x80abc", b"a: \x00", b"x" * 1_000_001):
            with pytest.raises(InvalidPack):
                parse_pack(raw, name="pack.yaml")

    @pytest.mark.parametrize(
        ("find", "replace", "told"),
        [
            ("max_age_days: {3: 365, 4: 180, 5: 180}", "max_age_days: {3: 365}", "[4, 5]"),
            ("kinds: [link, metric]", "kinds: [link]", "level_4_needs_kind"),
            ("kinds: [link, metric]", "kinds: [link, metric, rumour]", "kinds.2"),
            ("unknown: Could not tell.", "unsure: x", "missing_states"),
        ],
    )
    def test_rules_that_would_fail_later_are_refused_now(self, find, replace, told):
        assert find in guild_text()

        assert told in _refusal(guild_text().replace(find, replace))


class TestPublishing:
    def test_a_pack_of_another_shape_becomes_rows_and_comes_back_unchanged(self, db):
        pack = guild_pack()

        rubric = publish_pack(pack)

        assert rubric.areas.count() == 2
        assert [c.key for c in rubric.capabilities.order_by("position")] == [
            "specs", "reviews", "hiring", "mentoring", "rituals",
        ]  # fmt: skip
        assert pack_of(rubric) == pack

    def test_the_shipped_pack_comes_back_unchanged(self, rubric):
        assert pack_of(rubric) == load_pack(SHIPPED[0])

    def test_line_ends_make_no_other_content(self, db):
        rubric = publish_pack(guild_pack())

        again = parse_pack(guild_text().replace("\n", "\r\n").encode(), name="crlf.yaml")

        assert publish_pack(again) == rubric

    def test_the_highest_version_is_in_force_not_the_latest_published(self, db):
        organization = Organization(rubric_key="guild")
        for version in ("1.9.0", "1.10.0", "1.9.1"):
            publish_pack(guild_pack(version=version))

        versions = [r.version for r in RubricVersion.objects.used_by(organization)]

        assert versions == ["1.10.0", "1.9.1", "1.9.0"]

    def test_two_packs_in_force_do_not_mix(self, rubric):
        guild = publish_pack(guild_pack(version="9.0.0"))

        assert RubricVersion.objects.used_by(Organization()).first() == rubric
        assert RubricVersion.objects.used_by(Organization(rubric_key="guild")).get() == guild
        assert not RubricVersion.objects.used_by(Organization(rubric_key="gone")).exists()


class TestPreview:
    def test_it_names_what_was_added_removed_and_changed(self, db):
        publish_pack(guild_pack())
        new = guild_text(version="1.1.0").replace("name: Writing", "name: Written work")
        new = new.replace("key: rituals", "key: ceremonies")

        preview = preview_pack(parse_pack(new.encode(), name="new.yaml"))

        told = {(d.kind, d.place): (d.before, d.after) for d in preview.differences}
        assert told["changed", "writing / name"] == ("Writing", "Written work")
        assert told["added", "ceremonies / area"] == ("", "people")
        assert told["removed", "rituals / area"] == ("people", "")
        assert ("changed", "specs / area") not in told
        assert preview.takes_over
        assert RubricVersion.objects.count() == 1

    def test_a_capability_that_moves_to_another_area_is_one_change_of_place(self, db):
        document = yaml.safe_load(guild_text(version="1.1.0"))
        moved = document["areas"][0]["capabilities"].pop()
        document["areas"][1]["capabilities"].append(moved)
        new = parse_pack(yaml.safe_dump(document).encode(), name="new.yaml")

        assert [(d.place, d.before, d.after) for d in differences(guild_pack(), new)] == [
            ("reviews / area", "writing", "people")
        ]

    def test_a_lower_number_does_not_take_over(self, db):
        publish_pack(guild_pack(version="2.0.0"))

        assert not preview_pack(guild_pack(version="1.5.0")).takes_over


class TestCommands:
    def _file(self, folder: Path, text: str) -> str:
        (folder / "pack.yaml").write_text(text)
        return str(folder / "pack.yaml")

    def test_a_dry_run_shows_the_difference_and_publishes_nothing(self, db, tmp_path, capsys):
        publish_pack(guild_pack())
        text = guild_text(version="1.1.0").replace("name: Writing", "name: Written work")

        call_command("publish_rubric", self._file(tmp_path, text), "--dry-run")

        out = capsys.readouterr().out
        assert "guild 1.1.0 differs from 1.0.0 in 1 places. Nothing was published." in out
        assert "~ writing / name\n    Writing\n    Written work" in out
        assert RubricVersion.objects.count() == 1

    def test_a_dry_run_refuses_what_publishing_would_refuse(self, db, tmp_path):
        publish_pack(guild_pack())
        text = guild_text().replace("name: Writing", "name: Written work")

        with pytest.raises(CommandError, match="other content") as refused:
            call_command("publish_rubric", self._file(tmp_path, text), "--dry-run")

        assert refused.value.returncode == 2

    def test_retiring_takes_a_version_out_of_force_and_may_be_repeated(self, db, capsys):
        publish_pack(guild_pack())
        Organization.objects.create(slug="a", name="A", rubric_key="guild")

        for _ in range(2):
            call_command("retire_rubric", "guild", "1.0.0")

        assert not RubricVersion.objects.in_force().exists()
        assert "1 organisations have no rubric" in capsys.readouterr().err

    def test_retiring_what_was_never_published_exits_2(self, db):
        with pytest.raises(CommandError, match=r"guild 7\.0\.0 was never published") as refused:
            call_command("retire_rubric", "guild", "7.0.0")

        assert refused.value.returncode == 2


WALK = "crosswalk:\n  from: 1.0.0\n  map: {specs: specs, reviews: critiques}\n"


def _second(crosswalk: str = WALK) -> str:
    text = guild_text(version="2.0.0").replace("key: reviews", "key: critiques")
    return text + crosswalk


class TestCrosswalk:
    def test_it_is_published_with_the_version(self, db):
        publish_pack(guild_pack())

        rubric = publish_pack(parse_pack(_second().encode(), name="two.yaml"))

        assert rubric.rules["crosswalk"] == {
            "from_version": "1.0.0",
            "map": {"specs": "specs", "reviews": "critiques"},
        }

    def test_it_must_come_from_a_published_version(self, db):
        with pytest.raises(InvalidPack, match=r"crosswalk\.from: guild 1\.0\.0"):
            publish_pack(parse_pack(_second().encode(), name="two.yaml"))

        assert not RubricVersion.objects.exists()

    def test_it_must_come_from_capabilities_of_that_version(self, db):
        publish_pack(guild_pack())
        text = _second(WALK.replace("reviews:", "revues:"))

        with pytest.raises(InvalidPack, match=r"guild 1\.0\.0 has no revues"):
            publish_pack(parse_pack(text.encode(), name="two.yaml"))

    @pytest.mark.parametrize(
        ("crosswalk", "told"),
        [
            (WALK.replace("critiques}", "reviews}"), "unknown capabilities: reviews"),
            (WALK.replace("specs: specs", "specs: critiques"), "leads twice to critiques"),
            (WALK.replace("1.0.0", "2.0.0"), "no earlier one"),
            ("crosswalk: {map: {}}\n", "crosswalk.from: Field required"),
        ],
    )
    def test_what_leads_nowhere_is_refused(self, crosswalk, told):
        assert told in _refusal(_second(crosswalk))

    def test_versions_in_between_are_passed_through(self):
        rules = {
            "1.0.0": {"crosswalk": None},
            "2.0.0": {"crosswalk": {"from_version": "1.0.0", "map": {"a": "b", "c": "d"}}},
            "3.0.0": {"crosswalk": {"from_version": "2.0.0", "map": {"b": "x"}}},
        }

        assert carried_on(rules, old="1.0.0", new="2.0.0") == {"a": "b", "c": "d"}
        assert carried_on(rules, old="1.0.0", new="3.0.0") == {"a": "x"}
        assert carried_on(rules, old="3.0.0", new="1.0.0") is None
        assert carried_on({}, old="1.0.0", new="3.0.0") is None


class TestAdmin:
    PUBLISH = "/admin/maturity/rubricversion/publish/"

    @pytest.fixture
    def operator(self, db, login):
        return login(UserFactory(is_staff=True, is_superuser=True))

    def test_an_operator_previews_then_publishes(self, operator):
        pack = guild_pack()

        preview = operator.post(self.PUBLISH, {"text": guild_text()})
        nothing_yet = RubricVersion.objects.exists()
        done = operator.post(self.PUBLISH, {"text": guild_text(), "seen": pack.digest})

        assert "It is the first version of its rubric." in preview.content.decode()
        assert pack.digest in preview.content.decode()
        assert not nothing_yet
        rubric = RubricVersion.objects.get()
        assert done.url == reverse("admin:maturity_rubricversion_change", args=[rubric.pk])

    def test_a_file_is_previewed_and_its_text_can_be_mended(self, operator, tmp_path):
        path = tmp_path / "mine.yaml"
        path.write_text(guild_text().replace("language: en", "language: english!"))

        with path.open("rb") as file:
            page = operator.post(self.PUBLISH, {"file": file}).content.decode()

        assert "mine.yaml, line 4: rubric.language" in page
        assert "language: english!" in page
        assert not RubricVersion.objects.exists()

    def test_what_was_changed_after_the_preview_is_previewed_again(self, operator):
        changed = guild_text().replace("name: Writing", "name: Written work")

        page = operator.post(self.PUBLISH, {"text": changed, "seen": guild_pack().digest})

        assert page.status_code == 200
        assert not RubricVersion.objects.exists()

    @pytest.mark.parametrize(
        "data", [{}, {"text": "\x00"}, {"text": " "}, {"text": "a: [", "seen": "x"}]
    )
    def test_nothing_typed_breaks_the_page(self, operator, data):
        assert operator.post(self.PUBLISH, data).status_code == 200

    def test_an_operator_retires_a_version(self, operator):
        rubric = publish_pack(guild_pack())
        url = reverse("admin:maturity_rubricversion_retire", args=[rubric.pk])

        asked = operator.get(url).content.decode()
        operator.post(url)

        assert "Those on the record stay. It cannot be undone:" in asked
        rubric.refresh_from_db()
        assert rubric.retired_at is not None
        assert operator.get(url).status_code == 404

    def test_members_neither_publish_nor_retire(self, login, ana):
        rubric = publish_pack(guild_pack())
        lead = login(ana)
        retire = reverse("admin:maturity_rubricversion_retire", args=[rubric.pk])

        answers = [
            lead.get(self.PUBLISH), lead.post(self.PUBLISH, {"text": guild_text(version="2.0.0")}),
            lead.get(retire), lead.post(retire),
        ]  # fmt: skip

        assert [answer.status_code for answer in answers] == [403] * 4
        assert RubricVersion.objects.in_force().get() == rubric
        page = lead.get("/admin/maturity/rubricversion/").content.decode()
        assert "/publish/" not in page

    def test_a_lead_chooses_the_rubric_of_her_organisation(self, login, ana, organization, rubric):
        guild = publish_pack(guild_pack())
        lead = login(ana)
        page = reverse("admin:maturity_organization_change", args=[organization.pk])
        sheet = reverse("admin:maturity_organization_score_sheet", args=[organization.pk])
        members = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}

        before = lead.get(sheet).content.decode()
        lead.post(page, {"name": "Acme", "timezone": "UTC", "rubric_key": "guild", **members})
        after = lead.get(sheet).content.decode()

        names = [c.name for c in Capability.objects.filter(rubric=guild)]
        assert [name in before for name in names] == [False] * 5
        assert [name in after for name in names] == [True] * 5

    def test_a_rubric_out_of_force_stays_chosen_and_the_sheet_says_so(
        self, login, ana, organization, rubric
    ):
        publish_pack(guild_pack())
        retire_rubric("guild", "1.0.0")
        organization.rubric_key = "guild"
        organization.save()
        lead = login(ana)

        page = lead.get(
            reverse("admin:maturity_organization_score_sheet", args=[organization.pk]), follow=True
        ).content.decode()

        assert "No version of its rubric is in force" in page
        assert 'value="guild" selected' in page


def test_nobody_else_takes_the_key_of_a_shipped_pack(rubric):
    text = SHIPPED[0].read_text().replace('version: "1.0.0"', 'version: "1.1.0"')
    pack = parse_pack(text.encode(), name="mine.yaml")

    for act in (publish_pack, preview_pack):
        with pytest.raises(InvalidPack, match=r"^rubric\.key: product-ops-core belongs to"):
            act(pack)

    assert RubricVersion.objects.get() == rubric
    assert publish_pack(load_pack(SHIPPED[0])) == rubric


def test_the_same_version_with_other_content_is_refused_by_the_service(db):
    publish_pack(guild_pack())
    text = guild_text().replace("name: Writing", "name: Written work")

    with pytest.raises(VersionExists):
        publish_pack(parse_pack(text.encode(), name="x"))
