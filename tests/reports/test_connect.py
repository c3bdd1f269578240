"""Connect your BI: who sees what, and every text that can be run here is run."""

import json
import re
import runpy
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import yaml
from django.test import Client

from maturity.models import ApiKey, Membership
from maturity.services.keys import create_key
from reports.feed.tables import TABLES
from reports.views.connect import TOOLS, snippet
from tests.factories import MembershipFactory, OrganizationFactory, ScoreFactory
from tests.feed import edit

URL = "/connect"
ROOT = "http://testserver/"
BY_KEY = {tool.key: tool for tool in TOOLS}
NAMES = [table.name for table in TABLES]


@pytest.fixture
def key(organization) -> ApiKey:
    key, _secret = create_key([organization], scopes=["feed:read"], name="Finance BI")
    return key


def _page(client: Client, **query: str) -> str:
    response = client.get(URL, query)
    assert response.status_code == 200
    return response.content.decode()


class TestPage:
    def test_it_is_for_members(self, db):
        response = Client().get(URL)

        assert (response.status_code, response["Location"]) == (302, "/login?next=/connect")

    def test_it_has_every_tool_with_the_readers_own_address(self, ana, login, key):
        page = _page(login(ana))

        assert re.findall(r'data-tool="(\w+)"', page) == [tool.key for tool in TOOLS]
        assert page.count("http://testserver/") >= len(TOOLS)
        assert "<script>" not in page
        assert "style=" not in page

    def test_the_only_key_is_named_and_never_shown(self, ana, login, organization):
        _key, secret = create_key([organization], scopes=["feed:read"], name="Finance BI")

        page = _page(login(ana))

        assert "the key Finance BI (plumb_" in page
        assert secret not in page
        assert secret.split("_", 2)[2] not in page

    def test_one_of_several_keys_can_be_named(self, ana, login, organization, key):
        other, _secret = create_key([organization], scopes=["feed:read"], name="Sales")
        client = login(ana)

        assert "a key with the scope feed:read" in _page(client)
        assert "the key Sales (plumb_" in _page(client, key=other.prefix)
        assert "the key Finance BI (plumb_" in _page(client, key=key.prefix)

    def test_keys_of_others_and_keys_that_cannot_read_are_not_named(
        self, ana, vera, carl, login, organization, key
    ):
        theirs, _secret = create_key(
            [carl.memberships.get().organization], scopes=["feed:read"], name="Theirs"
        )
        create_key([organization], scopes=["signals:write"], name="Writer")
        revoked, _secret = create_key([organization], scopes=["feed:read"], name="Revoked")
        ApiKey.objects.filter(pk=revoked.pk).update(revoked_at=revoked.created_at)

        hers = _page(login(ana), key=theirs.prefix)
        viewers = _page(login(vera), key=key.prefix)

        assert [name for name in ("Theirs", "Writer", "Revoked") if name in hers] == []
        assert "Finance BI" in hers
        assert "Finance BI" not in viewers
        assert "Ask an owner or ops lead" in viewers

    def test_who_may_make_keys_is_sent_there(self, ana, vera, login):
        assert 'href="/admin/maturity/apikey/add/"' in _page(login(ana))
        assert 'href="/admin/maturity/apikey/add/"' not in _page(login(vera))

    def test_it_is_read_and_nothing_else(self, ana, login):
        assert login(ana).post(URL).status_code == 405

    def test_it_is_flat_in_queries(self, login, django_assert_num_queries, ana):
        client = login(ana)
        for more in (2, 18):
            for number in range(more):
                extra = OrganizationFactory()
                MembershipFactory(organization=extra, user=ana, role=Membership.Role.OWNER)
                create_key([extra], scopes=["feed:read"], name=f"Key {number}")

            # session, user, the keys, whether she may make some
            with django_assert_num_queries(4):
                _page(client)

    def test_every_page_links_to_it(self, ana, login, organization):
        response = login(ana).get(f"/orgs/{organization.slug}")

        assert f'href="{URL}"' in response.content.decode()

    def test_a_key_of_any_name_stays_a_comment(self, organization):
        key, _secret = create_key(
            [organization], scopes=["feed:read"], name='x"""\nimport os\\\r\u2028'
        )

        for tool in TOOLS:
            lines = snippet(tool, ROOT, key).splitlines()
            assert [line for line in lines if line.startswith("import os\\")] == []
            assert sum("import os/" in line for line in lines) == 1, tool.key
            assert '"""' not in next(line for line in lines if "import os/" in line)[3:-3]


class TestTexts:
    """What cannot be run here has the right shape, and its addresses are there."""

    def text(self, key: str) -> str:
        return snippet(BY_KEY[key], ROOT, None)

    @pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.key)
    def test_every_address_answers_its_key(self, tool, organization, transactional_db):
        _key, secret = create_key([organization], scopes=["feed:read"])
        client = Client(headers={"x-api-key": secret})
        text = snippet(tool, ROOT, None)
        assert "{{ " not in re.sub(r"\{\{ (config|response|not response)\b", "", text)

        found = set(re.findall(r"http://testserver/?[^\s\"'<>,;)]*", text))

        assert found
        for address in found:
            whole = _whole(address)
            response = client.get(whole)
            assert response.status_code == 200, whole
            response.close()

    def test_the_ones_in_yaml_name_every_table(self):
        airbyte = yaml.safe_load(self.text("airbyte"))
        meltano = yaml.safe_load(self.text("meltano"))
        superset = yaml.safe_load(self.text("superset"))
        grafana = yaml.safe_load(self.text("grafana"))

        assert [stream["name"] for stream in airbyte["streams"]] == NAMES
        assert airbyte["check"]["stream_names"] == NAMES[:1]
        for stream in airbyte["streams"]:
            for part in ("requester", "paginator"):
                reference = stream["retriever"][part]["$ref"]
                assert reference.removeprefix("#/definitions/") in airbyte["definitions"]
        incremental = airbyte["definitions"]["incremental"]
        assert incremental["start_time_option"]["field_name"] == "updated_since"
        assert incremental["cursor_field"] == "synced_at"
        pages = airbyte["definitions"]["paginator"]["pagination_strategy"]
        assert pages["cursor_value"] == "{{ response['next_cursor'] }}"
        tap = meltano["plugins"]["extractors"][0]["config"]
        assert [stream["name"] for stream in tap["streams"]] == NAMES
        assert {stream["path"] for stream in tap["streams"]} == {f"/{name}" for name in NAMES}
        tables = superset["databases"][0]["tables"]
        assert [table["table_name"] for table in tables] == NAMES
        assert grafana["datasources"][0]["type"] == "yesoreyeram-infinity-datasource"
        assert grafana["datasources"][0]["secureJsonData"] == {"bearerToken": "$PLUMBLINE_KEY"}

    @pytest.mark.parametrize("key", ["power_bi", "power_query"])
    def test_a_query_in_m_is_balanced(self, key):
        code = re.sub(r"//.*", "", re.sub(r'"[^"]*"', '""', self.text(key)))

        for opening, closing in ("()", "[]", "{}"):
            assert code.count(opening) == code.count(closing)
        assert len(re.findall(r"\blet\b", code)) == len(re.findall(r"\bin\b", code)) == 1

    @pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
    def test_the_script_for_looker_studio_compiles(self, tmp_path):
        script = tmp_path / "refresh.js"
        script.write_text(self.text("looker_studio"))

        done = subprocess.run(["node", "--check", script], capture_output=True, check=False)

        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize("key", ["metabase", "curl"])
    def test_a_shell_script_compiles(self, key):
        done = subprocess.run(["sh", "-n"], input=self.text(key).encode(), check=False)

        assert done.returncode == 0


@pytest.mark.django_db(transaction=True)
class TestRun:
    """The texts themselves, against a server of flesh and blood."""

    @pytest.fixture
    def scores(self, organization):
        return [ScoreFactory(organization=organization, level=level) for level in (2, 3, 5)]

    @pytest.fixture(autouse=True)
    def _key(self, organization, monkeypatch):
        _key, secret = create_key([organization], scopes=["feed:read"])
        monkeypatch.setenv("PLUMBLINE_KEY", secret)
        self.secret = secret

    def test_power_bi_finds_its_table(self, live_server, scores):
        text = snippet(BY_KEY["power_bi"], f"{live_server.url}/", None)
        root = re.search(r'OData\.Feed\("([^"]+)"', text)[1]
        name = re.search(r'Name = "(\w+)"', text)[1]
        service = self._json(root)

        wanted = next(each["url"] for each in service["value"] if each["name"] == name)

        rows = self._json(root + wanted)["value"]
        assert [row["id"] for row in rows] == [score.pk for score in scores]

    def test_power_query_reads_every_page(self, live_server, scores):
        text = snippet(BY_KEY["power_query"], f"{live_server.url}/", None)
        root, path = (
            re.search(pattern, text)[1]
            for pattern in (r'Web\.Contents\(\s+"([^"]+)"', r'RelativePath = "([^"]+)"')
        )

        first = self._json(f"{root}/{path}?page_size=2")
        second = self._json(f"{root}/{path}?page_size=2&cursor={first['next_cursor']}")

        found = [row["id"] for page in (first, second) for row in page["results"]]
        assert found == [score.pk for score in scores]
        assert second["next_cursor"] is None

    def _json(self, address: str) -> dict:
        request = Request(address, headers={"X-API-Key": self.secret})  # noqa: S310  # our own
        with urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def test_curl(self, live_server, scores, tmp_path):
        subprocess.run(
            ["sh", "-e"],
            input=snippet(BY_KEY["curl"], f"{live_server.url}/", None).encode(),
            cwd=tmp_path,
            check=True,
        )

        lines = (tmp_path / "scores.csv").read_text().splitlines()
        assert [int(line.split(",")[0]) for line in lines[1:]] == [score.pk for score in scores]

    def test_pandas(self, live_server, scores, tmp_path):
        found = self._run("pandas", live_server, tmp_path)["scores"]

        assert sorted(found["id"]) == [score.pk for score in scores]
        assert sorted(found["level"]) == [2, 3, 5]

    def test_dlt_loads_everything_and_then_what_changed(
        self, live_server, scores, tmp_path, monkeypatch
    ):
        monkeypatch.setenv("DLT_DESTINATION", "filesystem")
        monkeypatch.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(tmp_path / "lake"))
        monkeypatch.setenv("NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION", "true")
        monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
        monkeypatch.setenv("DLT_DATA_DIR", str(tmp_path / "dlt"))
        monkeypatch.chdir(tmp_path)

        self._run("dlt", live_server, tmp_path)
        first = list(_loaded(tmp_path))
        edit(scores[1], level=4, effective_level=4)
        self._run("dlt", live_server, tmp_path)
        second = [row for row in _loaded(tmp_path) if row not in first]
        self._run("dlt", live_server, tmp_path)
        third = [row for row in _loaded(tmp_path) if row not in first + second]

        assert [row["id"] for row in first] == [score.pk for score in scores]
        assert [(row["id"], row["level"]) for row in second] == [(scores[1].pk, 4)]
        assert third == []

    def _run(self, key: str, live_server, tmp_path: Path) -> dict:
        script = tmp_path / BY_KEY[key].file
        script.write_text(snippet(BY_KEY[key], f"{live_server.url}/", None))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # theirs, not ours
            return runpy.run_path(str(script))


def _loaded(folder: Path) -> Iterator[dict]:
    for file in sorted((folder / "lake" / "plumbline" / "scores").glob("*.jsonl")):
        for line in file.read_text().splitlines():
            yield json.loads(line)


def _whole(address: str) -> str:
    """A base is what a tool puts a table's name behind; the bare host is there when it lives."""
    bare = address.rstrip("/")
    if bare.endswith("/api/v1/feed"):
        return f"{bare}/{NAMES[0]}"
    return f"{ROOT}livez" if bare == ROOT.rstrip("/") else address
