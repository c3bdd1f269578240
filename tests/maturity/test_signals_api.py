"""POST …/signals/<format>: rows by JSON or CSV, each answered for, and safe to send twice."""

import json
import threading

import pytest
import time_machine
from django.db import connection

from maturity.models import DataQuestion, Holiday, IdempotentAnswer, ImportRun, QuarantinedRow
from maturity.services.idempotency import purge_answers
from tests.clients import client_with_key

ADDRESS = "/api/v1/orgs/acme/signals/holidays"
ROWS = [{"day": "2026-12-25", "name": "Christmas Day"}, {"day": "2026-12-26"}]


@pytest.fixture
def api(organization):
    return client_with_key(organization, scopes=["signals:write"])


def send(client, body, *, address=ADDRESS, csv=False, key=None):
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    headers = {} if key is None else {"Idempotency-Key": key}
    kind = "text/csv" if csv else "application/json"
    return client.generic("POST", address, data, content_type=kind, headers=headers)


def statuses(response):
    assert response.status_code == 200, response.content
    return [row["status"] for row in response.json()["results"]]


def test_every_row_is_answered_for(api):
    send(api, [{"day": "2026-12-25", "name": "Christmas"}, {"day": "2026-01-01"}])

    response = send(api, [*ROWS, {"day": "2026-01-01"}, {"day": "soon"}, 5, {"day": {"a": 1}}])

    assert statuses(response) == [
        "updated",
        "accepted",
        "unchanged",
        "quarantined",
        "quarantined",
        "quarantined",
    ]
    body = response.json()
    assert (body["accepted"], body["updated"], body["unchanged"], body["quarantined"]) == (
        1,
        1,
        1,
        3,
    )
    assert body["results"][3] == {
        "index": 3,
        "line": None,
        "status": "quarantined",
        "column": "day",
        "reason": "is not a date, write it like 2026-03-31 (found 'soon')",
    }
    assert body["results"][4]["reason"] == "is not an object"
    assert body["results"][5]["reason"] == "is not a text, a number, true, false or null"
    assert Holiday.objects.current().count() == 3


def test_csv_rows_carry_their_lines(api):
    response = send(api, "day,name,colour\n2026-12-25,x,red\n\nnever,y,blue\n", csv=True)

    body = response.json()
    assert [(r["index"], r["line"], r["status"]) for r in body["results"]] == [
        (0, 2, "accepted"),
        (1, 4, "quarantined"),
    ]
    assert body["ignored_columns"] == ["colour"]


def test_sending_again_changes_nothing(api):
    send(api, ROWS)

    assert statuses(send(api, ROWS)) == ["unchanged", "unchanged"]
    assert Holiday.objects.count() == 2


def test_the_later_of_two_rows_of_one_identity_wins(api):
    rows = [{"day": "2026-12-25", "name": "a"}, {"day": "2026-12-25", "name": "b"}]

    assert statuses(send(api, rows)) == ["unchanged", "accepted"]
    assert Holiday.objects.get().name == "b"


def test_json_values_are_read_as_a_file_would_write_them(api):
    address = "/api/v1/orgs/acme/signals/questions"
    row = {"question_id": 7, "asked_at": "2026-03-02T09:00:00Z", "self_served": True}

    assert statuses(send(api, [row], address=address)) == ["accepted"]
    stored = DataQuestion.objects.get()
    assert (stored.question_id, stored.answered_at, stored.self_served) == ("7", None, True)


def test_the_import_is_logged_with_its_quarantine(api, organization):
    send(api, [{"day": "soon"}, {"day": "2026-12-25"}])

    run = ImportRun.objects.get(organization=organization)
    assert (run.format, run.file_name, run.accepted, run.quarantined) == ("holidays", "API", 1, 1)
    assert QuarantinedRow.objects.get().raw == '{"day": "soon"}'


def test_a_lead_in_the_browser_is_named(ana, organization, login):
    send(login(ana), ROWS)

    assert ImportRun.objects.get().by == ana


@pytest.mark.parametrize(
    ("body", "csv", "detail"),
    [
        ("", False, "not JSON"),
        ("{", False, "not JSON"),
        ("[NaN]", False, "not JSON"),
        ("[" * 100_000, False, "not JSON"),
        (b"[\xff]", False, "not JSON"),
        ("{}", False, "not a list"),
        ("\n", True, "the file is empty"),
        ("name\nx\n", True, "columns are missing: day"),
        ("day\n2026-12-2", True, "cut off"),
        (b"day\n\xff\n", True, "not UTF-8"),
        (b"day\n\x00\n", True, "NUL"),
    ],
)
def test_a_body_that_is_no_table_is_400(api, body, csv, detail):
    response = send(api, body, csv=csv)

    if "cut off" in detail:
        assert statuses(response) == ["quarantined"]
        return
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert detail in response.json()["detail"]
    assert Holiday.objects.count() == 0


@pytest.mark.parametrize(
    "row",
    [
        {"day": "2026-12-25", "name": "a\x00b"},
        {"day": "2026-12-25", "name": "\ud800"},
        {"day": "2026-12-25", "name": "x" * 300},
        {"day": "2026-12-25", "name": "two\nlines"},
        {"day": 10**4000},
        {"day": []},
        {"\x00\ud800": 1},
        {},
        None,
    ],
)
def test_a_hostile_row_is_set_aside(api, row):
    assert statuses(send(api, [row])) == ["quarantined"]
    assert QuarantinedRow.objects.count() == 1


def test_ten_thousand_rows_are_taken_and_one_more_is_413(api):
    rows = [{"day": f"{1970 + n // 300}-{n % 12 + 1:02}-{n % 25 + 1:02}"} for n in range(10_001)]
    csv = "day\n" + "\n".join(row["day"] for row in rows)

    assert len(statuses(send(api, rows[:10_000]))) == 10_000
    for response in (send(api, rows), send(api, csv, csv=True)):
        assert (response.status_code, response.json()["code"]) == (413, "too_many_rows")
    assert ImportRun.objects.count() == 1


def test_other_media_types_are_415(api):
    response = api.generic("POST", ADDRESS, b"x", content_type="application/xml")

    assert (response.status_code, response["Content-Type"]) == (415, "application/problem+json")


def test_an_unknown_format_is_404_and_names_the_known_ones(api):
    response = send(api, [], address="/api/v1/orgs/acme/signals/weather")

    assert response.status_code == 404
    assert "gate_requests" in response.json()["detail"]


class TestIdempotencyKey:
    def test_the_same_answer_is_repeated_without_doing_it_again(self, api):
        first = send(api, ROWS, key="a")
        again = send(api, ROWS, key="a")

        assert again.json() == first.json()
        assert (first.headers.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (
            None,
            "true",
        )
        assert ImportRun.objects.count() == 1

    def test_another_body_with_the_same_key_is_409(self, api):
        send(api, ROWS, key="a")

        response = send(api, ROWS[:1], key="a")

        assert (response.status_code, response.json()["code"]) == (409, "idempotency_key_reused")
        assert ImportRun.objects.count() == 1

    def test_a_key_is_each_formats_own(self, api):
        send(api, ROWS, key="a")

        other = send(api, [], key="a", address="/api/v1/orgs/acme/signals/headcount")

        assert other.status_code == 200

    def test_a_refusal_is_repeated_too(self, api):
        first = send(api, "name\nx\n", csv=True, key="a")
        again = send(api, "name\nx\n", csv=True, key="a")

        assert (first.status_code, again.status_code) == (400, 400)
        assert again.json() == first.json()
        assert again["Content-Type"] == "application/problem+json"
        assert ImportRun.objects.get().status == "refused"

    def test_after_a_day_it_is_forgotten(self, api):
        with time_machine.travel("2026-07-01T10:00:00Z", tick=False):
            send(api, ROWS, key="a")
        with time_machine.travel("2026-07-02T10:00:00Z", tick=False):
            response = send(api, ROWS[:1], key="a")

        assert statuses(response) == ["unchanged"]

    def test_old_answers_are_purged(self, api):
        with time_machine.travel("2026-07-01T10:00:00Z", tick=False):
            send(api, ROWS, key="a")
        kept = IdempotentAnswer.objects.get()

        assert purge_answers(at=kept.answered_at) == 0
        with time_machine.travel("2026-07-02T10:00:00Z", tick=False) as now:
            assert purge_answers(at=kept.answered_at.replace(day=2)) == 1
            assert now is not None

    @pytest.mark.parametrize("key", ["x" * 256, "a\tb"])
    def test_an_impossible_key_is_400(self, api, key):
        response = send(api, ROWS, key=key)

        assert response.status_code == 400
        assert response.json()["errors"][0]["attr"] == "Idempotency-Key"

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_happen_once(self, organization):
        answers = []

        def post():
            client = client_with_key(organization, scopes=["signals:write"])
            answers.append(send(client, ROWS, key="a").json())
            connection.close()

        threads = [threading.Thread(target=post) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert answers[0] == answers[1] == answers[2]
        assert ImportRun.objects.count() == 1


def test_the_number_of_queries_does_not_depend_on_the_rows(api, django_assert_max_num_queries):
    send(api, ROWS)
    with django_assert_max_num_queries(40) as few:
        send(api, [{"day": "2027-01-01"}])
    many = [{"day": f"2027-02-{day:02}"} for day in range(1, 29)]
    with django_assert_max_num_queries(40) as more:
        send(api, many)

    assert len(few) == len(more)
