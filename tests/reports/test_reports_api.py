"""What is handed on, by script: board reports, how they look, embeds, spreadsheets."""

import json
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone

from maturity.api.base import UtcDateTimeField
from maturity.models import IdempotentAnswer
from maturity.services.keys import create_key
from reports.models import BoardReport, Brand, Embed
from reports.services.boards import render_board_report
from reports.services.embeds import create_embed, find_embed
from tests.factories import UnitVersionFactory
from tests.operations import partial_assessment

URL = "/api/v1/orgs/acme"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture
def api(organization, ana):
    scopes = ["reports:read", "reports:write", "assessments:read", "units:read"]
    _key, secret = create_key([organization], scopes=scopes, by=ana)
    return Client(headers={"authorization": f"Bearer {secret}"})


def send(api, method, path, body=None, status=200, **headers):
    sent = json.dumps(body or {})
    response = api.generic(
        method, f"{URL}/{path}", sent, content_type="application/json", headers=headers
    )
    assert response.status_code == status, response.content
    return response.json()


def test_a_board_report_is_asked_for_and_fetched(api, organization):
    partial_assessment(organization)
    made = send(api, "POST", "board-reports", {"as_of": "2026-06-30", "language": "de"}, 201)
    path = f"{URL}/board-reports/{made['id']}"
    early = api.get(f"{path}/file.pdf")
    ahead = send(api, "POST", "board-reports", {"as_of": "2199-01-01"}, 400)
    long_ago = send(api, "POST", "board-reports", {"known_at": "0261-05-31T14:06:05.29Z"}, 400)

    render_board_report(made["id"])
    ready = api.get(path).json()
    pdf = api.get(f"{path}/file.pdf", headers={"accept": "application/pdf"})
    csv, xlsx = api.get(f"{path}/file.csv"), api.get(f"{path}/file.xlsx")

    assert (made["state"], made["asked_by"], early.status_code) == ("queued", "Ana", 404)
    assert ahead["errors"][0]["attr"] == "as_of"
    assert long_ago["errors"][0]["attr"] == "known_at"
    assert (ready["state"], len(ready["digest"])) == ("ready", 64)
    assert (pdf["Content-Type"], pdf.content[:4]) == ("application/pdf", b"%PDF")
    assert "acme-board-2026-06-30.pdf" in pdf["Content-Disposition"]
    assert csv.getvalue().count(b"\n") > 3
    assert xlsx.content[:2] == b"PK"
    assert api.get(f"{path}/file.exe").status_code == 404
    assert BoardReport.objects.count() == 1


def test_a_year_is_written_with_four_digits_however_long_ago():
    long_ago = datetime(261, 5, 31, 14, 6, 5, 290_000, tzinfo=UTC)

    assert UtcDateTimeField().to_representation(long_ago) == "0261-05-31T14:06:05.290000Z"


def test_the_look_is_chosen_with_a_logo_or_without(api, organization):
    first = api.get(f"{URL}/brand")
    plain = send(api, "PUT", "brand", {"colour": "#112233"}, **{"If-Match": first["ETag"]})
    send(api, "PUT", "brand", {"colour": "#445566"}, 412, **{"If-Match": first["ETag"]})
    odd = send(api, "PUT", "brand", {"colour": "blue"}, 400)
    form = {"colour": "#445566", "logo": SimpleUploadedFile("logo.txt", b"no picture")}
    no_picture = _put(api, form)
    with_logo = _put(api, {**form, "logo": SimpleUploadedFile("logo.png", PIXEL)})

    assert plain == {"colour": "#112233", "has_logo": False}
    assert odd["errors"][0]["attr"] == "colour"
    assert (no_picture.status_code, no_picture.json()["errors"][0]["attr"]) == (400, "logo")
    assert with_logo.json() == {"colour": "#445566", "has_logo": True}
    assert bytes(Brand.objects.get(organization=organization).logo) == PIXEL


def _put(api, form):
    return api.put(f"{URL}/brand", encode_multipart(BOUNDARY, form), content_type=MULTIPART_CONTENT)


def test_an_embed_is_made_and_ended(api, organization, client):
    chart = {"shows": "profile", "name": "Wiki", "origins": ["https://wiki.example.org"]}
    made = send(api, "POST", "embeds", chart, 201)
    framed_by_nobody = send(api, "POST", "embeds", {**chart, "origins": []}, 400)
    path = made["address"].partition("/embed/")[2]
    seen = client.get(f"/embed/{path}").status_code

    ended = send(api, "POST", f"embeds/{made['id']}/revoke")

    assert framed_by_nobody["errors"][0]["attr"] == "origins"
    assert (made["created_by"], seen) == ("Ana", 200)
    assert (ended["address"], ended["revoked_at"] is None) == ("", False)
    assert client.get(f"/embed/{path}").status_code == 404
    assert Embed.objects.get().revoked_by.name == "Ana"


def test_the_address_of_an_embed_is_repeated_and_stored_nowhere(
    api, organization, vera, login, django_assert_num_queries
):
    badge = {"shows": "areas", "name": "Wiki"}
    twice = [
        send(api, "POST", "embeds", badge, 201, **{"Idempotency-Key": "deploy-7"}) for _ in range(2)
    ]
    embed = Embed.objects.get()
    before = timezone.now()
    path = f"embeds/{embed.pk}"
    tag = api.get(f"{URL}/{path}")["ETag"]
    foreign = UnitVersionFactory(unit__key="theirs").unit.key
    no_unit = send(api, "POST", "embeds", {**badge, "unit": foreign}, 400)
    send(api, "POST", f"{path}/revoke", **{"If-Match": tag})
    send(api, "POST", f"{path}/revoke", status=412, **{"If-Match": tag})
    after = send(api, "POST", "embeds", badge, 201, **{"Idempotency-Key": "deploy-7"})
    then = api.get(f"{URL}/{path}", {"known_at": before.isoformat()}).json()
    for number in range(3):
        create_embed(organization, shows="areas", name=f"Page {number}", by=embed.created_by)

    assert twice[0] == twice[1]
    assert twice[0]["snippet"] == (
        f'<img src="{twice[0]["address"]}" alt="Badge: areas at target" height="22">'
    )
    assert find_embed(twice[0]["address"].rpartition("/")[2].removesuffix(".svg")) is None
    kept = IdempotentAnswer.objects.get(key="deploy-7").answer
    assert (kept["id"], kept["address"], kept["snippet"]) == (embed.pk, "", "")
    assert (after["id"], after["address"]) == (embed.pk, "")
    assert no_unit["errors"][0]["attr"] == "unit"
    assert (then["revoked_at"], then["address"], then["name"]) == (None, "", "Wiki")
    # 1 the key, 2 the organisation, 3 the count, 4 the page
    with django_assert_num_queries(4):
        assert api.get(f"{URL}/embeds", {"revoked": "false"}).json()["count"] == 3
    assert login(vera).get(f"{URL}/embeds").json()["code"] == "viewer"


def test_a_sheet_leaves_as_the_import_takes_it_back(api, organization):
    UnitVersionFactory(unit__organization=organization, unit__key="payments", name="Payments")

    csv, xlsx = api.get(f"{URL}/sheets/units.csv"), api.get(f"{URL}/sheets/units.xlsx")

    assert csv["Content-Type"] == "text/csv"
    assert b"payments" in csv.getvalue()
    assert xlsx.content[:2] == b"PK"
    assert api.get(f"{URL}/sheets/targets.csv").status_code == 200
    assert api.get(f"{URL}/sheets/roster.csv").json()["code"] == "missing_scope"
    assert api.get(f"{URL}/sheets/magic.csv").status_code == 404
    assert api.get(f"{URL}/sheets/units.exe").status_code == 404
