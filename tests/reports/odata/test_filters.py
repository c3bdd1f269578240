"""$filter: what is offered gives the right rows, everything else is refused by name."""

from datetime import UTC, date, datetime

import pytest

from tests.factories import ScoreFactory
from tests.reports.odata.conftest import ROOT, ask


@pytest.fixture
def table(organization):
    """Four rows whose names are their letters."""
    made = {
        "a": {"level": 3, "effective_level": 2, "evidence_kind": "link"},
        "b": {"level": 1, "effective_level": 1, "evidence_kind": "metric"},
        "c": {"level": None, "effective_level": None, "state": "unknown", "evidence_kind": ""},
        "d": {"level": 5, "effective_level": 5, "evidence_kind": "link"},
    }
    moments = {
        "a": datetime(2026, 1, 1, 0, 0, 0, tzinfo=UTC),
        "b": datetime(2026, 2, 3, 14, 5, 6, 250000, tzinfo=UTC),
        "c": datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
        "d": datetime(2026, 7, 9, 8, 30, 0, tzinfo=UTC),
    }
    return {
        letter: ScoreFactory(
            organization=organization,
            recorded_at=moments[letter],
            valid_from=moments[letter].date(),
            evidence_date=date(2025, 6, 15) if letter == "a" else None,
            evidence_ref="https://x.example" if letter == "d" else "",
            **values,
        ).pk
        for letter, values in made.items()
    }


OFFERED = [
    ("level eq 3", "a"),
    ("3 eq level", "a"),
    ("level ne 3", "bcd"),
    ("not (level eq 3)", "bcd"),
    ("level lt 3", "b"),
    ("not (level lt 3)", "acd"),
    ("level le 3", "ab"),
    ("level gt 1", "ad"),
    ("level ge 3.0", "ad"),
    ("level gt 2.5e0", "ad"),
    ("level gt -1", "abd"),
    ("level eq null", "c"),
    ("null eq level", "c"),
    ("level ne null", "abd"),
    ("level lt null", ""),
    ("null eq null", "abcd"),
    ("level eq effective_level", "bcd"),
    ("level ne effective_level", "a"),
    ("level in (1, 5)", "bd"),
    ("level in (3)", "a"),
    ("level in ( 3 )", "a"),
    ("level in (1, null)", "bc"),
    ("not (level in (1,null))", "ad"),
    ("evidence_kind in ('link')", "ad"),
    ("level eq 3 or level eq 1 and state eq 'unknown'", "a"),
    ("(level eq 3 or level eq 1) and state eq 'assessed'", "ab"),
    ("state eq 'assessed' and not (level eq 5)", "ab"),
    ("has_evidence_link", "d"),
    ("has_evidence_link eq false", "abc"),
    ("not has_evidence_link", "abc"),
    ("is_deleted eq false", "abcd"),
    ("is_deleted", ""),
    ("true", "abcd"),
    ("false or level eq 5", "d"),
    ("level gt 1 eq true", "ad"),
    ("evidence_kind eq 'link'", "ad"),
    ("evidence_kind ne 'link'", "bc"),
    ("evidence_kind gt 'link'", "b"),
    ("contains(evidence_kind,'etr')", "b"),
    ("contains(evidence_kind, 'etr') eq true", "b"),
    ("not contains(evidence_kind,'etr')", "ad"),
    ("contains(evidence_kind,'%')", ""),
    ("contains(evidence_kind,'_')", ""),
    ("contains(evidence_kind,'')", "abd"),
    ("startswith(evidence_kind,'li')", "ad"),
    ("endswith(evidence_kind,'ric')", "b"),
    ("toupper(evidence_kind) eq 'METRIC'", "b"),
    ("tolower('METRIC') eq evidence_kind", "b"),
    ("trim(' link ') eq evidence_kind", "ad"),
    ("length(evidence_kind) eq 4", "ad"),
    ("indexof(evidence_kind,'n') eq 2", "ad"),
    ("indexof(evidence_kind,'n') eq -1", "b"),
    ("substring(evidence_kind,1) eq 'ink'", "ad"),
    ("substring(evidence_kind,1,2) eq 'et'", "b"),
    ("concat(state,evidence_kind) eq 'assessedmetric'", "b"),
    ("valid_from eq 2026-01-01", "a"),
    ("valid_from lt 2026-01-01", "c"),
    ("evidence_date eq null", "bcd"),
    ("evidence_date ge 2025-06-15", "a"),
    ("recorded_at eq 2026-02-03T14:05:06.25Z", "b"),
    ("recorded_at eq 2026-02-03T15:05:06.250000+01:00", "b"),
    ("recorded_at ge 2026-01-01T00:00:00Z and recorded_at lt 2026-07-09T08:30:00z", "ab"),
    ("year(recorded_at) eq 2025", "c"),
    ("month(valid_from) eq 7", "d"),
    ("day(recorded_at) eq 3", "b"),
    ("hour(recorded_at) eq 14", "b"),
    ("minute(recorded_at) eq 30", "d"),
    ("second(recorded_at) eq 6", "b"),
    ("fractionalseconds(recorded_at) eq 0.25", "b"),
    ("date(recorded_at) eq 2025-12-31", "c"),
    ("recorded_at lt now()", "abcd"),
    ("recorded_at gt mindatetime() and recorded_at lt maxdatetime()", "abcd"),
    ("round(2.5) eq 3", "abcd"),
    ("floor(level) eq 3 or ceiling(level) eq 1", "ab"),
    ("organization eq 'acme'", "abcd"),
    ("organization eq 'ac''me'", ""),
    ("  level eq 3  ", "a"),
]

REFUSED = [
    ("", "syntax", "too early"),
    ("level", "type_mismatch", "Edm.Int64"),
    ("level eq", "syntax", "eq"),
    ("level eq 3 and", "syntax", "and"),
    ("(level eq 3", "syntax", "too early"),
    ("level eq 3)", "syntax", ")"),
    ("level = 3", "not_supported", "named parameter"),
    ("level eq 3;drop table maturity_score", "syntax", ";drop"),
    ("nothing eq 3", "unknown_property", "nothing"),
    ("Level eq 3", "unknown_property", "Level"),
    ("x.level eq 3", "unknown_property", "x.level"),
    ("organization/slug eq 'x'", "not_supported", "path"),
    ("tags/any(t: t eq 'x')", "not_supported", "path"),
    ("level eq '3'", "type_mismatch", "Edm.Int64 and Edm.String"),
    ("valid_from eq '2026-01-01'", "type_mismatch", "Edm.Date and Edm.String"),
    ("recorded_at ge 2026-01-01", "type_mismatch", "Edm.DateTimeOffset and Edm.Date"),
    ("recorded_at ge 2026-01-01T00:00:00", "bad_literal", "2026-01-01T00:00:00"),
    ("valid_from eq 2026-02-31", "bad_literal", "2026-02-31"),
    ("recorded_at eq 2026-02-31T00:00:00Z", "bad_literal", "2026-02-31"),
    ("recorded_at gt 9999-12-31T23:59:59-14:00", "bad_literal", "9999"),
    (f"level eq {2**63}", "bad_literal", "2^63"),
    (f"level eq {'9' * 5000}", "bad_literal", "2^63"),
    ("level add 1 eq 2", "not_supported", "add"),
    ("level div 0 eq 2", "not_supported", "div"),
    ("-level eq 2", "not_supported", "-"),
    ("matchesPattern(area,'(a+)+$')", "not_supported", "matchesPattern"),
    ("geo.distance(area,area) lt 1", "not_supported", "geo.distance"),
    ("evil(area)", "not_supported", "evil"),
    ("my.evil(area)", "not_supported", "my.evil"),
    ("pg_sleep(10) eq null", "not_supported", "pg_sleep"),
    ("contains(area)", "argument_count", "contains"),
    ("contains(level,'x')", "type_mismatch", "Edm.Int64"),
    ("year(area) eq 1", "type_mismatch", "year"),
    ("substring(area,-1) eq 'x'", "type_mismatch", "substring"),
    ("substring(area,level) eq 'x'", "type_mismatch", "substring"),
    (f"substring(area,{2**40}) eq 'x'", "type_mismatch", "substring"),
    ("f(a=1,b=2,c=3)", "not_supported", "named parameter"),
    ("level in (effective_level,1)", "not_supported", "literals"),
    ("level in ('a','b')", "type_mismatch", "Edm.String"),
    ("level in 3", "syntax", "3"),
    ("has_evidence_link gt true", "not_supported", "gt"),
    ("not level", "type_mismatch", "not"),
    ("level and true", "type_mismatch", "and"),
    ("area eq 00000000-0000-0000-0000-000000000000", "not_supported", "Edm.Guid"),
    ("recorded_at eq duration'P1D'", "not_supported", "Edm.Duration"),
    ("recorded_at eq 12:00:00", "not_supported", "Edm.TimeOfDay"),
    ("area eq 'a\x00b'", "invalid", "Null"),
    ("area eq 'x", "syntax", "'x"),
    ("not " * 200 + "has_evidence_link", "too_complex", "nested"),
    ("tolower(" * 100 + "area" + ")" * 100 + " eq 'x'", "too_complex", "nested"),
    ("true" + " eq true" * 300, "too_complex", "nested"),
    ("level eq 3 or " * 1_000 + "level eq 3", "too_complex", "long"),
]


# One scene for all of them: they only read.
def test_the_rows_that_it_lets_through(rows, table):
    letters = {pk: letter for letter, pk in table.items()}
    for text, expected in OFFERED:
        found = "".join(letters[row["id"]] for row in rows(filter=text, select="id"))

        assert found == expected, text


def test_what_is_not_offered_is_refused_by_name(excel, table):
    for text, code, named in REFUSED:
        response = ask(excel, "Scores", filter=text)

        assert response.status_code == 400, text
        error = response.json()["error"]
        assert (error["target"], error["code"]) == ("$filter", code), error
        assert named in error["message"], error


def test_parentheses_alone_are_no_nesting(rows, table):
    assert [row["id"] for row in rows(filter="(" * 200 + "level eq 3" + ")" * 200)] == [table["a"]]


def test_a_long_list_of_alternatives_is_no_nesting(rows, table):
    text = " or ".join(["level eq 3"] * 400)

    assert [row["id"] for row in rows(filter=text)] == [table["a"]]


@pytest.mark.parametrize(
    "text",
    [
        "state eq 'x'' OR ''1''=''1'",
        "state eq 'x''; DROP TABLE maturity_score; --'",
        "contains(state,'%'' OR TRUE --')",
        "state eq '%s'",
        "state eq '%(x)s {0}'",
        "concat(state,'{}') eq 'x\\'",
        "state in ('$1','\"t\"')",
    ],
)
def test_no_text_of_the_client_becomes_sql(rows, table, text):
    assert rows(filter=text) == []
    assert len(rows()) == 4


BAD_OPTIONS = [
    ({"select": "nothing"}, "$select"),
    ({"select": ""}, "$select"),
    ({"select": "id,t.level"}, "$select"),
    ({"select": 'id" FROM x --'}, "$select"),
    ({"orderby": "nothing"}, "$orderby"),
    ({"orderby": ""}, "$orderby"),
    ({"orderby": "level sideways"}, "$orderby"),
    ({"orderby": "length(area)"}, "$orderby"),
    ({"orderby": "level; DROP TABLE x"}, "$orderby"),
    ({"top": "-1"}, "$top"),
    ({"top": "x"}, "$top"),
    ({"top": "9" * 30}, "$top"),
    ({"top": ""}, "$top"),
    ({"skip": "1.5"}, "$skip"),
    ({"count": "yes"}, "$count"),
    ({"expand": "area"}, "$expand"),
    ({"search": "x"}, "$search"),
    ({"apply": "aggregate($count as n)"}, "$apply"),
    ({"compute": "level as x"}, "$compute"),
    ({"deltatoken": "x"}, "$deltatoken"),
]


def test_an_option_that_is_not_understood_is_named(excel):
    for options, target in BAD_OPTIONS:
        response = ask(excel, "Scores", **options)

        assert response.status_code == 400, options
        assert response.json()["error"]["target"] == target
        assert response["OData-Version"] == "4.0"


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("Scores?filter=level eq 3", "filter"),
        ("Scores?$filter=true&$filter=false", "$filter"),
        ("Scores(1)?$filter=true", "$filter"),
        ("Scores/$count?$top=1", "$top"),
        ("?$filter=true", "$filter"),
        ("$metadata?x=1", "x"),
    ],
)
def test_an_option_stands_where_it_belongs(excel, address, target):
    response = excel.get(f"{ROOT}{address}")

    assert response.status_code == 400
    assert response.json()["error"]["target"] == target


@pytest.mark.parametrize("header", ["odata-maxversion", "odata-version"])
def test_an_older_client_is_told(excel, header):
    assert excel.get(f"{ROOT}Scores", headers={header: "3.0"}).status_code == 400
    assert excel.get(f"{ROOT}Scores", headers={header: "4.01"}).status_code == 200
