"""OData's resources: what there is, its model, rows, one row, and how many."""

import re

import pytest
from defusedxml import ElementTree
from django.test import Client

from maturity.services.changes import stamp_changes
from maturity.services.keys import create_key
from reports.api import odata
from reports.feed.odata import model
from reports.feed.odata.syntax import parse
from reports.feed.tables import TABLES
from tests.factories import OrganizationFactory, ScoreFactory
from tests.feed import URL, delete
from tests.reports.odata.conftest import ROOT, ask, basic, client_of

HOST = "http://testserver"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


class TestService:
    @pytest.mark.parametrize("address", ["/odata/v4/", "/odata/v4"])
    def test_it_lists_every_table(self, excel, address):
        response = excel.get(address)

        assert response.json() == {
            "@odata.context": f"{HOST}/odata/v4/$metadata",
            "value": [
                {"name": name, "kind": "EntitySet", "url": name} for name in model.ENTITY_SETS
            ],
        }
        assert response["OData-Version"] == "4.0"
        assert response["Content-Type"].startswith("application/json;odata.metadata=minimal;")
        assert response["Cache-Control"] == "private, no-cache"
        assert response["RateLimit"].startswith('"key";')

    def test_every_table_is_an_entity_set(self):
        assert list(model.ENTITY_SETS.values()) == list(TABLES)
        assert model.set_name(TABLES[0]) in model.ENTITY_SETS
        assert all(re.fullmatch(r"[A-Z][A-Za-z]*", name) for name in model.ENTITY_SETS)

    @pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
    def test_every_column_can_be_named_in_a_filter(self, table):
        for column in table.columns:
            assert parse(f"{column.name} eq null").left.name == column.name


class TestMetadata:
    @pytest.fixture
    def schema(self, excel):
        response = excel.get(f"{ROOT}$metadata", headers={"accept": "application/xml"})
        assert response["Content-Type"] == "application/xml;charset=utf-8"
        edmx = ElementTree.fromstring(response.content.decode())
        assert edmx.attrib["Version"] == "4.0"
        return edmx[0][0]

    def test_the_columns_have_their_types(self, schema):
        entity = schema.find(f"{EDM}EntityType[@Name='ScoresRow']")
        told = {each.attrib.pop("Name"): each.attrib for each in entity.iter(f"{EDM}Property")}

        assert list(told) == model.ENTITY_SETS["Scores"].column_names
        assert told["id"] == {"Type": "Edm.Int64", "Nullable": "false"}
        assert told["level"] == {"Type": "Edm.Int64"}
        assert told["area"] == {"Type": "Edm.String"}
        assert told["has_evidence_link"] == {"Type": "Edm.Boolean"}
        assert told["valid_from"] == {"Type": "Edm.Date"}
        assert told["recorded_at"] == {"Type": "Edm.DateTimeOffset", "Precision": "6"}
        assert told["seq"] == {"Type": "Edm.Int64", "Nullable": "false"}

    def test_every_set_has_a_type_with_its_key(self, schema):
        sets = schema.findall(f"{EDM}EntityContainer/{EDM}EntitySet")

        assert [each.attrib["Name"] for each in sets] == list(model.ENTITY_SETS)
        for each in sets:
            name = each.attrib["EntityType"].removeprefix("Plumbline.")
            entity = schema.find(f"{EDM}EntityType[@Name='{name}']")
            assert [ref.attrib for ref in entity.find(f"{EDM}Key")] == [{"Name": "id"}]

    def test_it_is_xml_alone(self, excel):
        assert ask(excel, "$metadata", format="json").status_code == 406
        assert ask(excel, "$metadata", format="xml").status_code == 200


class TestRows:
    def test_they_are_those_of_the_feed(self, excel, five):
        delete(five[3])
        feed = excel.get(URL).json()["results"]

        response = excel.get(f"{ROOT}Scores")

        assert response.json() == {
            "@odata.context": f"{HOST}/odata/v4/$metadata#Scores",
            "value": sorted(feed, key=lambda row: row["id"]),
        }
        assert len(feed) == 4

    def test_every_set_can_be_read(self, excel):
        for name in model.ENTITY_SETS:
            response = excel.get(f"{ROOT}{name}?$count=true&$top=1")

            assert response.status_code == 200, response.content
            assert set(response.json()) == {"@odata.context", "@odata.count", "value"}

    def test_one_page_is_three_statements_with_its_count_four(
        self, excel, five, django_assert_num_queries
    ):
        with django_assert_num_queries(3):  # the key, the stamp, the page
            excel.get(f"{ROOT}Scores?$filter=level ge 3")
        with django_assert_num_queries(4):
            excel.get(f"{ROOT}Scores?$filter=level ge 3&$count=true")
        with django_assert_num_queries(2):
            excel.get(f"{ROOT}Scores?$top=0")

    def test_only_what_is_selected(self, excel, five):
        body = ask(excel, "Scores", select="level, id", top=1).json()

        assert body == {
            "@odata.context": f"{HOST}/odata/v4/$metadata#Scores(level,id)",
            "value": [{"level": 3, "id": five[0].pk}],
        }
        assert len(ask(excel, "Scores", select="*", top=1).json()["value"][0]) > 20

    def test_ordered_with_null_before_everything(self, rows, five):
        a, b, c, d, e = (score.pk for score in five)

        def ordered(text):
            return [row["id"] for row in rows(orderby=text)]

        assert ordered("level") == [c, b, a, e, d]
        assert ordered("level desc") == [d, a, e, b, c]
        assert ordered("level asc,id desc") == [c, b, e, a, d]
        assert ordered("id desc") == [e, d, c, b, a]

    def test_top_and_skip(self, rows, five):
        ids = [score.pk for score in five]

        assert [row["id"] for row in rows(top=2)] == ids[:2]
        assert [row["id"] for row in rows(top=2, skip=1)] == ids[1:3]
        assert [row["id"] for row in rows(skip=4)] == ids[4:]
        assert rows(skip=10**17) == []
        assert rows(top=0) == []

    def test_how_many_is_told_whatever_the_page(self, excel, five):
        body = ask(excel, "Scores", count="true", top=1, filter="level eq 3").json()

        assert (body["@odata.count"], len(body["value"])) == (2, 1)
        counted = ask(excel, "Scores/$count", filter="level eq 3")
        assert (counted.content, counted["Content-Type"]) == (b"2", "text/plain;charset=utf-8")
        assert excel.get(f"{ROOT}Scores/$count").content == b"5"
        assert ask(excel, "Scores", count="true", top=0).json()["@odata.count"] == 5

    def test_one_row_by_its_key(self, excel, five):
        wanted = five[1].pk

        for key in (wanted, f"id={wanted}"):
            body = ask(excel, f"Scores({key})", select="id,level").json()
            assert body == {
                "@odata.context": f"{HOST}/odata/v4/$metadata#Scores(id,level)/$entity",
                "id": wanted,
                "level": 1,
            }
        assert excel.get(f"{ROOT}Scores({wanted})").json()["state"] == "assessed"

    def test_a_key_of_no_row_is_404(self, excel, five):
        for key in ("0", "-1", "x", "", "1,2", "9" * 19, "9" * 40, "'1'"):
            response = excel.get(f"{ROOT}Scores({key})")

            assert (response.status_code, response.json()["error"]["code"]) == (
                404,
                "not_found",
            ), key

    @pytest.mark.parametrize("given", ["none", "minimal", "full"])
    def test_metadata_comes_in_three_levels(self, excel, five, given):
        wanted = f"application/json;odata.metadata={given}"

        by_accept = excel.get(f"{ROOT}Scores?$top=1&$select=id,area", headers={"accept": wanted})
        by_format = ask(excel, "Scores", top=1, select="id,area", format=wanted)

        body = by_accept.json()
        assert by_format.json()["value"] == body["value"]
        assert by_accept["Content-Type"].startswith(f"{wanted};")
        number = five[0].pk
        row = {"id": number, "area": five[0].capability.area.key}
        if given == "full":
            row = {
                "@odata.type": "#Plumbline.ScoresRow",
                "@odata.id": f"Scores({number})",
                "id@odata.type": "#Int64",
            } | row
        assert body["value"] == [row]
        assert ("@odata.context" in body) == (given != "none")
        one = excel.get(f"{ROOT}Scores({number})", headers={"accept": wanted}).json()
        assert ("@odata.context" in one) == (given != "none")

    def test_what_power_bi_accepts_is_served(self, excel, five):
        accept = (
            "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;"
            "q=0.9,application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,"
            "text/plain;q=0.7"
        )

        response = excel.get(
            f"{ROOT}Scores?$top=1000&$filter=unit_id eq null&$select=id",
            headers={"accept": accept, "odata-maxversion": "4.0"},
        )

        assert [row["id"] for row in response.json()["value"]] == [score.pk for score in five]

    def test_rows_in_another_form_are_406(self, excel):
        for headers in ({"accept": "application/atom+xml"}, {"accept": "text/csv"}):
            assert excel.get(f"{ROOT}Scores", headers=headers).status_code == 406
        assert ask(excel, "Scores", format="atom").status_code == 406
        assert ask(excel, "Scores", format="json").status_code == 200


class TestPages:
    def read(self, client, address, size):
        """All rows of a request, page after page."""
        found, pages = [], 0
        while address:
            response = client.get(address, headers={"prefer": f"odata.maxpagesize={size}"})
            assert response.status_code == 200, response.content
            assert response["Preference-Applied"] == f"odata.maxpagesize={size}"
            body = response.json()
            found += [row["id"] for row in body["value"]]
            address, pages = body.get("@odata.nextLink"), pages + 1
        return found, pages

    @pytest.mark.parametrize("size", [1, 2, 5])
    def test_pages_have_the_rows_of_one_answer(self, excel, rows, five, size):
        for order in ("id", "level", "level desc", "evidence_kind,level desc", "created_at desc"):
            whole = [row["id"] for row in rows(orderby=order)]

            found, pages = self.read(excel, f"{ROOT}Scores?$orderby={order}&$select=id", size)

            assert (found, pages) == (whole, -(-5 // size)), order

    @pytest.mark.parametrize(("query", "expected"), [("$top=3", 3), ("$top=4&$skip=2", 3)])
    def test_pages_keep_top_and_skip(self, excel, five, query, expected):
        found, _pages = self.read(excel, f"{ROOT}Scores?{query}", 2)

        skipped = 2 if "skip" in query else 0
        assert found == [score.pk for score in five][skipped : skipped + expected]

    def test_a_row_that_changes_meanwhile_comes_once_and_a_new_one_at_the_end(
        self, excel, five, organization
    ):
        first = excel.get(f"{ROOT}Scores", headers={"prefer": "maxpagesize=3"}).json()
        five[0].capability.area.__class__.objects.update(name="Another")
        new = ScoreFactory(organization=organization)
        stamp_changes()

        rest, _pages = self.read(excel, first["@odata.nextLink"], 10)

        assert rest == [five[3].pk, five[4].pk, new.pk]

    def test_the_count_stays_that_of_the_first_page(self, excel, five, django_assert_num_queries):
        first = excel.get(f"{ROOT}Scores?$count=true", headers={"prefer": "maxpagesize=2"}).json()

        with django_assert_num_queries(2):  # the key and the page
            second = excel.get(first["@odata.nextLink"]).json()

        assert (first["@odata.count"], second["@odata.count"]) == (5, 5)

    def test_without_a_wish_the_server_chooses(self, excel, five, monkeypatch):
        monkeypatch.setattr(odata, "PAGE_SIZE", 2)
        monkeypatch.setattr(odata, "MAX_PAGE_SIZE", 3)

        plain = excel.get(f"{ROOT}Scores")
        greedy = excel.get(f"{ROOT}Scores", headers={"prefer": "odata.maxpagesize=9"})

        assert len(plain.json()["value"]) == 2
        assert "Preference-Applied" not in plain
        assert len(greedy.json()["value"]) == 3
        assert greedy["Preference-Applied"] == "odata.maxpagesize=3"

    @pytest.mark.parametrize("change", ["$filter=level eq 3", "$select=id", "$orderby=level"])
    def test_a_token_belongs_to_its_request(self, excel, five, change):
        first = excel.get(f"{ROOT}Scores", headers={"prefer": "maxpagesize=2"}).json()

        response = excel.get(f"{first['@odata.nextLink']}&{change}")

        assert response.status_code == 400
        assert response.json()["error"]["target"] == "$skiptoken"

    @pytest.mark.parametrize("token", ["", "nonsense", "\x00", "WzFd:1:x"])
    def test_a_token_that_is_none_is_refused(self, excel, five, token):
        response = ask(excel, "Scores", skiptoken=token)

        assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_skiptoken")


class TestDoor:
    def test_nobody_is_asked_for_a_password(self, db):
        for address in ("", "$metadata", "Scores", "Scores(1)", "Scores/$count", "nothing"):
            response = Client().get(f"{ROOT}{address}")

            assert response.status_code == 401, address
            assert response["WWW-Authenticate"] == 'Basic realm="Plumbline", charset="UTF-8"'
            assert response["OData-Version"] == "4.0"
            assert set(response.json()["error"]) == {"code", "message"}

    def test_a_key_is_taken_in_every_way_of_the_feed(self, organization, five):
        _key, secret = create_key([organization], scopes=["feed:read"])
        ways = [
            {"authorization": basic(secret)},
            {"authorization": f"Bearer {secret}"},
            {"authorization": f"Token {secret}"},
            {"x-api-key": secret},
        ]

        statuses = [Client().get(f"{ROOT}Scores", headers=way).status_code for way in ways]
        in_address = (
            Client()
            .get(f"{ROOT}Scores?api_key={secret}", headers={"prefer": "maxpagesize=2"})
            .json()
        )

        assert statuses == [200] * 4
        assert len(Client().get(in_address["@odata.nextLink"]).json()["value"]) == 3

    def test_a_key_without_the_scope_is_403(self, organization, five):
        client = client_of(organization, scopes=("findings:read", "signals:write"))
        for address in ("", "$metadata", "Scores", f"Scores({five[0].pk})", "Scores/$count"):
            response = client.get(f"{ROOT}{address}")
            assert (response.status_code, response.json()["error"]["code"]) == (
                403,
                "missing_scope",
            )

    def test_rows_of_others_are_not_there(self, organization, five, carl, vera, login):
        foreign = ScoreFactory(organization=carl.memberships.get().organization)
        mine = sorted(score.pk for score in five)

        def sees(client):
            rows = client.get(f"{ROOT}Scores", headers={"accept": "*/*"}).json()["value"]
            own, theirs = (client.get(f"{ROOT}Scores({pk})") for pk in (mine[0], foreign.pk))
            count = client.get(f"{ROOT}Scores/$count").content
            return [row["id"] for row in rows], count, own.status_code, theirs.status_code

        hers = (mine, b"5", 200, 404)
        his = ([foreign.pk], b"1", 404, 200)
        assert sees(client_of(organization)) == hers
        assert sees(login(vera)) == hers
        assert sees(login(carl)) == his
        assert sees(client_of(foreign.organization)) == his
        assert sees(client_of(OrganizationFactory())) == ([], b"0", 404, 404)

    def test_a_key_of_several_organisations_reads_them_all(self, organization, five):
        other = ScoreFactory(organization=OrganizationFactory(slug="beta"))
        client = client_of(organization, other.organization)

        rows = ask(client, "Scores", filter="organization eq 'beta'").json()["value"]

        assert client.get(f"{ROOT}Scores/$count").content == b"6"
        assert [row["id"] for row in rows] == [other.pk]

    @pytest.mark.parametrize("address", ["", "$metadata", "Scores", "Scores(1)", "Scores/$count"])
    def test_it_is_read_only(self, excel, address):
        for method in ("post", "put", "patch", "delete", "options", "trace"):
            response = getattr(excel, method)(f"{ROOT}{address}")

            assert (response.status_code, response["Allow"]) == (405, "GET, HEAD"), method
            assert response.json()["error"]["code"] == "method_not_allowed"

    def test_an_unknown_resource_is_404_in_odatas_shape(self, excel):
        unknown = (
            "Nothing",
            "scores",
            "Nothing(1)",
            "Nothing/$count",
            "Scores/x",
            "$batch",
            "../v3/",
        )
        for address in (*unknown, "Scores(1)/level"):
            response = excel.get(f"{ROOT}{address}")

            assert response.status_code == 404, address
            assert response.json()["error"]["message"]

    def test_head_is_answered(self, excel, five):
        response = excel.head(f"{ROOT}Scores")

        assert (response.status_code, response.content) == (200, b"")

    def test_a_flood_is_429_in_odatas_shape(self, organization, settings):
        settings.RATE_LIMITS = settings.RATE_LIMITS | {"key": 1}
        excel = client_of(organization)  # whose quota nobody has used
        excel.get(ROOT)

        response = excel.get(ROOT)

        assert (response.status_code, response["Retry-After"]) == (429, "60")
        assert response.json()["error"]["code"] == "throttled"
