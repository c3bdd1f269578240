"""What leads do with a running series, page by page; viewers and outsiders do none of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from surveys.models import FollowUp, Message, Series, Wave
from surveys.services.series import create_series
from tests.surveys.conftest import hire
from tests.surveys.factories import SeriesFactory, WaveFactory

NOW = datetime(2026, 3, 5, 9, tzinfo=UTC)
PAGES = ("call_off", "override", "extend", "follow_up", "resend")


@pytest.fixture(autouse=True)
def _march():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def lead(login, ana):
    return login(ana)


@pytest.fixture
def planned(organization, bank) -> Wave:
    hire(organization, 5)
    series = create_series(
        organization, title="Pulse", rule="FREQ=MONTHLY;BYDAY=1TU", starts_on=date(2026, 3, 1)
    )
    return series.waves.planned().order_by("opens_on").first()


def address(page: str, wave: Wave) -> str:
    return reverse(f"admin:surveys_wave_{page}", args=[wave.pk])


@pytest.mark.parametrize("page", PAGES)
class TestWhoMay:
    def test_a_viewer_may_not(self, page, login, vera, planned):
        client = login(vera)

        for method in (client.get, client.post):
            assert method(address(page, planned)).status_code == 403

    def test_to_an_outsider_there_is_no_such_wave(self, page, login, carl, planned):
        client = login(carl)

        for method in (client.get, client.post):
            assert method(address(page, planned)).status_code == 404

    def test_a_lead_gets_the_page(self, page, lead, organization, bank):
        wave = WaveFactory(opened=True, organization=organization, bank=bank)

        assert lead.get(address(page, wave)).status_code == 200


class TestPlanned:
    def test_its_page_says_when_it_opens_and_what_stands_in_the_way(self, lead, planned):
        url = reverse("admin:surveys_wave_change", args=[planned.pk])

        assert "Tuesday 7 April 2026" in lead.get(url).content.decode()

        planned.organization.people.all().delete()
        page = lead.get(url).content.decode()
        assert "As things stand it would not be held" in page
        assert "Nobody is a product manager" in page

    def test_it_is_called_off_with_a_reason(self, lead, planned):
        assert lead.post(address("call_off", planned), {"reason": ""}).status_code == 200

        lead.post(address("call_off", planned), {"reason": "Easter."})

        planned.refresh_from_db()
        assert (planned.status, planned.reason) == ("cancelled", "Easter.")
        listed = lead.get(reverse("admin:surveys_wave_changelist")).content.decode()
        assert "Easter." in listed

    def test_the_override_names_who_gave_it(self, lead, ana, planned):
        lead.post(address("override", planned), {"reason": "Answers come along."})

        planned.refresh_from_db()
        assert (planned.override_reason, planned.override_by) == ("Answers come along.", ana)


class TestOpenAndClosed:
    def test_an_open_wave_is_extended(self, lead, organization, bank):
        wave = WaveFactory(opened=True, organization=organization, bank=bank)

        refused = lead.post(address("extend", wave), {"closes_on": "2026-06-01"})
        assert "Choose a day from" in refused.content.decode()
        lead.post(address("extend", wave), {"closes_on": "2026-03-20"})

        wave.refresh_from_db()
        assert wave.extended_from == wave.opens_at + timedelta(days=14)

    def test_a_follow_up_is_drafted_and_then_published(self, lead, ana, organization, bank):
        wave = WaveFactory(closed=True, organization=organization, bank=bank)
        texts = {"heard": "Waits.", "doing": "Fewer gates."}

        lead.post(address("follow_up", wave), texts)
        assert FollowUp.objects.get().published_at is None
        lead.post(address("follow_up", wave), texts | {"publish": "on"})

        note = FollowUp.objects.get()
        assert (note.author, note.published_at) == (ana, NOW)
        again = lead.post(address("follow_up", wave), texts)
        assert "can no longer change" in again.content.decode()


class TestSeries:
    FORM = {
        "title": "Pulse",
        "instrument": "pulse",
        "rule": "FREQ=MONTHLY;BYDAY=1TU",
        "starts_on": "2026-03-01",
        "local_hour": "10",
        "roles": ["pm"],
        "reminder_offsets": "2, 5, 9",
        "mode": "anonymous",
    }

    def test_a_lead_sets_one_up_and_sees_its_dates(self, lead, organization, bank):
        data = self.FORM | {"organization": organization.pk}

        page = lead.post(reverse("admin:surveys_series_add"), data, follow=True)

        assert Series.objects.get().reminder_offsets == [2, 5, 9]
        text = page.content.decode()
        assert "Tuesday 7 April 2026" in text
        assert "Minutes from 1 January 2026 to 31 March 2026" in text

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"rule": "FREQ=NEVER"}, "FREQ is one of"),
            ({"rule": "\0"}, "Null characters"),
            ({"reminder_offsets": "2; x"}, "whole numbers"),
            ({"reminder_offsets": "1,2,3,4"}, "reminds_thrice"),
            ({"instrument": "custom", "item_keys": "NOPE"}, "Not in the question bank: NOPE"),
            ({"starts_on": "soon"}, "Enter a valid date"),
            ({"roles": []}, "This field is required"),
        ],
    )
    def test_what_is_wrong_is_said_beside_the_field(self, lead, organization, bank, wrong, said):
        data = self.FORM | {"organization": organization.pk} | wrong

        page = lead.post(reverse("admin:surveys_series_add"), data)

        assert page.status_code == 200
        assert said in page.content.decode()
        assert not Series.objects.exists()

    def test_it_is_changed_and_paused(self, lead, organization, bank):
        series = SeriesFactory(organization=organization, title="Pulse")

        lead.post(
            reverse("admin:surveys_series_edit", args=[series.pk]), self.FORM | {"paused": "on"}
        )

        series.refresh_from_db()
        assert series.paused

    @pytest.mark.parametrize(("who", "status"), [("vera", 403), ("carl", 404)])
    def test_others_may_not(self, who, status, request, login, organization):
        series = SeriesFactory(organization=organization)
        client = login(request.getfixturevalue(who))

        for method in (client.get, client.post):
            url = reverse("admin:surveys_series_edit", args=[series.pk])
            assert method(url, self.FORM).status_code == status


def test_the_list_of_mails_knows_no_reminders(lead, organization, bank):
    wave = WaveFactory(opened=True, organization=organization, bank=bank)
    person = hire(organization, 1)[0]
    for kind in ("invitation", "reminder"):
        Message.objects.create(
            organization=organization, wave=wave, person=person, kind=kind, due_at=NOW
        )

    address_of_list = reverse("admin:surveys_message_changelist")
    listed = lead.get(address_of_list).context["cl"].result_list
    filtered = lead.get(address_of_list, {"kind": "reminder"}).context["cl"].result_list

    assert [message.kind for message in listed] == ["invitation"]
    assert list(filtered) == []
