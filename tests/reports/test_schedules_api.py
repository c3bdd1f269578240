"""Schedules of board reports by script: as the admin's form, and what became of each day."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from maturity.models import Membership
from maturity.services.keys import create_key
from reports.exporters import board
from reports.models import ReportSchedule
from reports.services import boards
from reports.services.embeds import create_embed
from tests.clients import client_with_key
from tests.factories import MembershipFactory
from tests.reports.test_schedules import NOW, use, work_off
from tests.surveys.smtp_sink import SmtpSink

URL = "/api/v1/orgs/acme/report-schedules"
ANA, VERA = {"email": "Ana@Acme.example"}, {"email": "vera@acme.example"}
WEEKLY = {"name": "Board", "rule": "FREQ=WEEKLY;BYDAY=SA", "starts_on": "2026-03-20"}


@pytest.fixture
def api(organization, ana):
    scopes = ["reports:read", "reports:write"]
    _key, secret = create_key([organization], scopes=scopes, by=ana)
    return Client(headers={"authorization": f"Bearer {secret}"})


def send(api, method, path="", body=None, status=200, **headers):
    sent = json.dumps(body or {})
    response = api.generic(
        method, f"{URL}{path}", sent, content_type="application/json", headers=headers
    )
    assert response.status_code == status, response.content
    return response


def on(tag):
    return {"If-Match": tag}


def names(body):
    return [(row["name"], row["is_member"]) for row in body["recipients"]]


def test_one_is_set_up_changed_paused_and_ended(api, organization, ana, vera):
    with time_machine.travel(NOW, tick=False):
        once = {"Idempotency-Key": "deploy-7"}
        asked = {**WEEKLY, "recipients": [ANA, ANA]}
        made, again = (send(api, "POST", "", asked, 201, **once).json() for _ in range(2))
        path = f"/{made['id']}"
        first = api.get(f"{URL}{path}")

        # What was read goes back as it came, with one more.
        more = {"recipients": [*made["recipients"], VERA]}
        both = send(api, "PATCH", path, more, **on(first["ETag"]))
        send(api, "PATCH", path, {"name": "Late"}, 412, **on(first["ETag"]))
        paused = send(api, "POST", f"{path}/pause", **on(both["ETag"])).json()
        Membership.objects.get(user=vera).delete()
        resumed = send(api, "POST", f"{path}/resume").json()
        moved = send(api, "PATCH", path, {"rule": "FREQ=WEEKLY;BYDAY=SU", "local_hour": 9}).json()
        ended = send(api, "POST", f"{path}/end").json()
        refused = [
            send(api, *call, status=409).json()["code"]
            for call in (("POST", f"{path}/resume"), ("POST", f"{path}/end"), ("PATCH", path))
        ]

    assert made == again == first.json()
    assert (made["created_by"], made["local_hour"], made["attach"]) == ("Ana", 8, True)
    assert (made["next_day"], made["next_due_at"]) == ("2026-03-21", "2026-03-21T07:00:00.000000Z")
    assert [names(row) for row in (made, both.json())] == [
        [("Ana", True)],
        [("Ana", True), ("Vera", True)],
    ]
    assert first["ETag"] != both["ETag"]
    assert (paused["paused"], paused["next_day"]) == (True, None)
    assert (resumed["next_day"], names(resumed)[1]) == ("2026-03-21", ("Vera", False))
    assert moved["next_due_at"] == "2026-03-22T08:00:00.000000Z"
    assert (ended["next_day"], ended["ended_at"] is None) == (None, False)
    assert refused == ["schedule_ended"] * 3
    assert [row.name for row in ReportSchedule.objects.all()] == ["Board"]


def test_who_is_no_member_is_refused_by_name(api, organization, ana, vera, carl):
    left = MembershipFactory(organization=organization)
    made = send(api, "POST", "", {**WEEKLY, "recipients": [ANA, {"user_id": left.user_id}]}, 201)
    path, kept = f"/{made.json()['id']}", made.json()["recipients"]
    left.delete()

    for recipients, attr, said in (
        ([ANA, {"email": carl.email}], "recipients.1.email", "carl@other.example is no member"),
        ([{"user_id": carl.pk}], "recipients.0.user_id", f"{carl.pk} is no member"),
        (kept, "recipients.1.user_id", f"{left.user_id} is no member"),
        ([VERA, {"email": "nobody@acme.example"}], "recipients.1.email", "nobody@acme.example is"),
        ([{}], "recipients.0.non_field_errors", "one of the two"),
        ([{**ANA, "user_id": ana.pk}], "recipients.0.non_field_errors", "one of the two"),
        ([], "recipients", "empty"),
    ):
        refused = send(api, "PATCH", path, {"recipients": recipients}, 400)
        [error] = refused.json()["errors"]
        assert error["attr"] == attr
        assert said in error["detail"]
        assert "Carl" not in refused.content.decode()
    for field, value in (
        ("rule", "FREQ=HOURLY"),
        ("rule", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"),
        ("starts_on", "1066-01-01"),
        ("local_hour", 24),
        ("language", "xx"),
        ("name", ""),
    ):
        refused = send(api, "POST", "", {**WEEKLY, "recipients": [ANA], field: value}, 400)
        assert [error["attr"] for error in refused.json()["errors"]] == [field]

    renamed = send(api, "PATCH", path, {"name": "Weekly"}).json()
    assert renamed["recipients"] == [kept[0], {**kept[1], "is_member": False}]
    assert ReportSchedule.objects.count() == 1


def test_it_is_read_as_it_stood(api, organization, vera):
    asked = {**WEEKLY, "starts_on": "2099-01-05", "recipients": [ANA]}
    path = f"/{send(api, 'POST', '', asked, 201).json()['id']}"
    first = timezone.now()
    send(api, "PATCH", path, {"name": "Weekly", "recipients": [VERA]})
    second = timezone.now()
    send(api, "POST", f"{path}/end")

    def then(at, **query):
        return api.get(URL, {"known_at": at.isoformat(), **query}).json()["results"]

    [was], [became] = then(first), then(second, ended="false")
    assert (was["name"], names(was), was["next_day"]) == ("Board", [("Ana", True)], None)
    assert (became["name"], names(became)) == ("Weekly", [("Vera", True)])
    assert api.get(f"{URL}{path}", {"known_at": first.isoformat()}).json() == was
    assert then(first - timedelta(days=1)) == api.get(URL, {"ended": "false"}).json()["results"]
    assert [row["id"] for row in api.get(URL, {"ended": "true"}).json()["results"]] == [was["id"]]


def test_its_runs_say_what_failed(
    api, organization, vera, settings, monkeypatch, django_assert_num_queries
):
    def refuse(*_args, **_kwargs):
        raise board.Unprintable("no such font")

    with time_machine.travel(NOW, tick=False) as clock, SmtpSink() as sink:
        use(settings, sink)
        sink.replies["vera@acme.example"] = "550 unknown"
        made = send(api, "POST", "", {**WEEKLY, "recipients": [ANA, VERA]}, 201).json()
        clock.move_to(datetime(2026, 3, 21, 8, tzinfo=UTC))
        work_off()
        monkeypatch.setattr(boards, "board_pdf", refuse)
        clock.move_to(datetime(2026, 3, 28, 8, tzinfo=UTC))
        work_off()
        for number in range(3):
            send(api, "POST", "", {**WEEKLY, "name": f"{number}", "recipients": [ANA, VERA]}, 201)

        # 1 the key, 2 the organisation, 3 the schedule, 4 its recipients, 5 the count, 6 the page,
        # 7 the mails
        with django_assert_num_queries(7):
            ahead, failed, told = api.get(f"{URL}/{made['id']}/runs").json()["results"]
        # 1 the key, 2 the organisation, 3 the count, 4 the page, 5 the recipients
        with django_assert_num_queries(5):
            rows = api.get(URL).json()["results"]

    assert [run["state"] for run in (ahead, failed, told)] == ["planned", "failed", "told"]
    assert (ahead["day"], ahead["report_id"], ahead["mails"]) == ("2026-04-04", None, [])
    assert (failed["day"], failed["mails"]) == ("2026-03-28", [])
    assert "no such font" in failed["failure"]
    assert [(mail["member"], mail["state"]) for mail in told["mails"]] == [
        ("Ana", "sent"),
        ("Vera", "failed"),
    ]
    assert "550" in told["mails"][1]["failure"]
    assert {row["name"]: row["failed_runs"] for row in rows} == {
        "Board": 1,
        **dict.fromkeys("012", 0),
    }


def test_who_may_not_read_them_does_not_read_of_them_in_the_history(
    api, organization, ana, vera, login
):
    send(api, "POST", "", {**WEEKLY, "recipients": [ANA]}, 201)
    create_embed(organization, shows="areas", name="Wiki", by=ana)
    of_settings = client_with_key(organization, scopes=["settings:read"])
    of_both = client_with_key(organization, scopes=["settings:read", "reports:read"])
    kinds = {"schedule of reports", "recipient of reports", "embed"}

    def told(client):
        rows = client.get("/api/v1/orgs/acme/history").json()["results"]
        return kinds & {row["kind"] for row in rows}

    assert [told(client) for client in (login(vera), of_settings)] == [set(), set()]
    assert [told(client) for client in (login(ana), of_both)] == [kinds, kinds]
    page = reverse("admin:maturity_organization_history", args=[organization.pk])
    assert "recipient of reports" not in login(vera).get(page).content.decode().lower()
    assert "recipient of reports" in login(ana).get(page).content.decode().lower()
