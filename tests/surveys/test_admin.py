"""The lead's pages: draft, preview, open, close, read; what viewers and outsiders cannot do."""

import threading
import time
from datetime import UTC, datetime

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from surveys import tasks
from surveys.models import IntakeResponse, Message, Release, ReleasedCell, Wave
from surveys.services.answers import Submission
from surveys.services.waves import close_wave, open_wave
from tests.surveys.conftest import RATINGS, answer, hire, ratings
from tests.surveys.factories import WaveFactory

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _url(name: str, wave: Wave) -> str:
    return reverse(f"admin:surveys_wave_{name}", args=[wave.pk])


@pytest.fixture
def queued(monkeypatch) -> list[str]:
    """The tasks that were handed to the broker."""
    sent: list[str] = []
    for task in (tasks.send_due_messages, tasks.remove_traces):
        monkeypatch.setattr(task, "delay", lambda name=task.name: sent.append(name))
    return sent


class TestDrafting:
    def test_a_lead_drafts_a_wave(self, login, ana, organization, bank):
        form = {
            "organization": organization.pk,
            "title": "Spring pulse 2026",
            "instrument": "pulse",
            "closes_on": "2099-03-13",
        }

        created = login(ana).post(reverse("admin:surveys_wave_add"), form)

        wave = Wave.objects.get()
        assert created["Location"] == _url("change", wave)
        assert (wave.title, wave.status, wave.bank) == ("Spring pulse 2026", "draft", bank)

    def test_not_for_another_organisation(self, login, carl, organization, bank):
        form = {"organization": organization.pk, "title": "Spring", "instrument": "pulse"}

        login(carl).post(reverse("admin:surveys_wave_add"), form)

        assert not Wave.objects.exists()

    def test_a_viewer_drafts_nothing(self, login, vera, organization, bank):
        form = {"organization": organization.pk, "title": "Spring", "instrument": "pulse"}

        refused = login(vera).post(reverse("admin:surveys_wave_add"), form)

        assert refused.status_code == 403
        assert not Wave.objects.exists()

    def test_the_draft_shows_its_questions_and_may_be_changed(self, login, ana, draft):
        client = login(ana)

        page = client.get(_url("change", draft)).content.decode()
        client.post(
            _url("change", draft),
            {"title": "Other", "instrument": "full", "closes_on": "", "audiences": ["pm"]},
        )

        assert page.count("data-question=") == 12
        draft.refresh_from_db()
        assert (draft.title, draft.instrument) == ("Other", "full")

    def test_an_opened_wave_may_not(self, login, ana, opened):
        wave = opened()

        refused = login(ana).post(_url("change", wave), {"title": "Other", "instrument": "full"})

        assert refused.status_code == 403
        wave.refresh_from_db()
        assert wave.title == "Spring pulse"

    def test_drafts_may_be_deleted_opened_waves_not(self, login, ana, opened, draft):
        client = login(ana)
        wave = opened()

        refused = client.post(_url("delete", wave), {"post": "yes"})

        assert refused.status_code == 403
        assert Wave.objects.filter(pk=wave.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_a_draft_that_is_opened_while_it_is_saved_is_refused(login, ana, draft):
    hire(draft.organization, 12)
    client, statuses = login(ana), []

    def save() -> None:
        form = {"title": "Too late", "instrument": "pulse", "closes_on": "2099-03-13"}
        try:
            statuses.append(client.post(_url("change", draft), form).status_code)
        finally:
            connection.close()

    saving = threading.Thread(target=save)
    with transaction.atomic():
        open_wave(draft)
        saving.start()
        _wait_until_somebody_waits()
    saving.join()

    draft.refresh_from_db()
    assert statuses == [403]
    assert (draft.status, draft.title) == ("open", "Spring pulse")


def _wait_until_somebody_waits() -> None:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits for the row")


class TestOpening:
    def test_the_page_says_what_opening_means_and_changes_nothing(self, login, ana, draft):
        hire(draft.organization, 7)

        with time_machine.travel(MONDAY, tick=False):
            page = login(ana).get(_url("open", draft))

        text = " ".join(page.content.decode().split())
        assert "<dd data-audience>7</dd>" in text
        assert "<dd data-k>5 " in text
        assert "Friday 13 March 2026, 23:59:59" in text
        assert "7 mails with a personal link leave at once." in text
        draft.refresh_from_db()
        assert draft.status == "draft"

    def test_confirming_opens_and_sends_at_once(
        self, login, ana, draft, queued, django_capture_on_commit_callbacks
    ):
        hire(draft.organization, 7)

        with django_capture_on_commit_callbacks(execute=True):
            opened = login(ana).post(_url("open", draft))

        assert opened["Location"] == _url("change", draft)
        draft.refresh_from_db()
        assert (draft.status, draft.eligible) == ("open", 7)
        assert Message.objects.filter(kind="invitation").count() == 7
        assert queued == ["surveys.tasks.send_due_messages"]

    def test_a_refusal_says_why(self, login, ana, draft, queued):
        hire(draft.organization, 4)
        client = login(ana)

        for page in (client.get(_url("open", draft)), client.post(_url("open", draft))):
            assert page.status_code == 409
            assert "Only 4 product managers are on the roster" in page.content.decode()
        assert queued == []

    @pytest.mark.parametrize("name", ["open", "close"])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_viewers_and_outsiders_neither_open_nor_close(
        self, login, vera, carl, draft, name, method
    ):
        hire(draft.organization, 7)

        assert getattr(login(vera), method)(_url(name, draft)).status_code == 403
        assert getattr(login(carl), method)(_url(name, draft)).status_code == 404
        draft.refresh_from_db()
        assert draft.status == "draft"

    def test_a_viewer_is_offered_no_button(self, login, vera, draft):
        page = login(vera).get(_url("change", draft)).content.decode()

        assert "data-wave-status" in page
        assert "data-open" not in page


class TestClosing:
    def test_confirming_closes_and_releases(
        self, login, ana, opened, queued, django_capture_on_commit_callbacks
    ):
        wave = opened()
        answer(wave, [ratings(4)] * 6)
        client = login(ana)

        assert client.get(_url("close", wave)).status_code == 200
        wave.refresh_from_db()
        assert wave.status == "open"
        with django_capture_on_commit_callbacks(execute=True):
            client.post(_url("close", wave))

        wave.refresh_from_db()
        assert wave.status == "closed"
        assert Release.objects.get().responded == 6
        assert queued == ["surveys.tasks.remove_traces"]

    def test_the_second_click_is_told_so(self, login, ana, opened, queued):
        wave = opened()
        client = login(ana)
        client.post(_url("close", wave))

        again = client.post(_url("close", wave))

        assert again.status_code == 409
        assert Release.objects.count() == 1


class TestWhatIsShown:
    def test_the_list_shows_counts_and_local_times(self, login, ana, draft):
        hire(draft.organization, 12)
        with time_machine.travel(MONDAY, tick=False):
            login(ana).post(_url("open", draft))
            answer(draft, [ratings(4)] * 3)

        page = login(ana).get(reverse("admin:surveys_wave_changelist")).content.decode()

        assert "13 Mar 2026, 23:59 Europe/Berlin" in page
        assert [w.response_count for w in Wave.objects.with_response_count()] == [3]

    def test_the_list_is_flat_in_queries(self, login, ana, opened, django_assert_num_queries):
        wave = opened()
        client = login(ana)
        with CaptureQueriesContext(connection) as with_one:
            client.get(reverse("admin:surveys_wave_changelist"))
        WaveFactory.create_batch(5, organization=wave.organization, bank=wave.bank)

        with django_assert_num_queries(len(with_one)):
            client.get(reverse("admin:surveys_wave_changelist"))

    def test_an_open_wave_shows_the_number_of_answers_alone(self, login, ana, opened):
        wave = opened()
        answer(wave, [Submission(ratings(2).answers, (), {"OPN1": "Secret words"})] * 6)

        client = login(ana)

        page = client.get(_url("change", wave)).content.decode()
        assert "6 of 12" in page
        assert "Secret words" not in page
        assert client.get(_url("results", wave)).status_code == 404

    def test_the_results_show_released_cells_only(self, login, vera, opened):
        wave = opened()
        mixed = (4, 2, 4, 2, 4, 1)
        sheets = [ratings(4, ANA1=value) for value in mixed]
        for sheet in sheets[:2]:
            del sheet.answers["EXP1"]
        answer(wave, [Submission(s.answers, (), {"OPN1": "Secret words"}) for s in sheets])
        close_wave(wave)

        page = login(vera).get(_url("results", wave)).content.decode()

        assert "6 of 12" in page
        assert 'data-item="ANA1" data-state="shown"' in page
        assert 'data-item="EXP1" data-state="suppressed"' in page
        assert 'data-item="LEV1" data-state="one_sided"' in page
        assert "at least 80%" in page
        assert "Secret words" not in page
        assert page.count('wv-quiet">Not enough answers to show') == 2

    def test_under_k_responses_the_page_says_just_that(self, login, ana, opened):
        wave = opened()
        answer(wave, [ratings(4)] * 4)
        close_wave(wave)

        client = login(ana)

        page = client.get(_url("results", wave)).content.decode()
        assert "Fewer than 5 people answered" in page
        assert "data-item" not in page
        assert "4 of" not in page
        assert (
            "fewer than 5" in client.get(reverse("admin:surveys_wave_changelist")).content.decode()
        )

    def test_outsiders_read_no_results(self, login, carl, opened):
        wave = opened()
        close_wave(wave)

        assert login(carl).get(_url("results", wave)).status_code == 404
        assert login(carl).get(_url("change", wave)).status_code == 302

    def test_a_lead_sees_which_mails_failed_a_viewer_does_not(self, login, ana, vera, opened):
        wave = opened()
        message = Message.objects.filter(wave=wave).select_related("person").first()
        Message.objects.filter(pk=message.pk).update(state="failed", failure="Refused 550")

        address = message.person.email

        assert address in login(ana).get(_url("change", wave)).content.decode()
        assert address not in login(vera).get(_url("change", wave)).content.decode()

    def test_no_page_of_the_admin_shows_answers_or_who_gave_them(self):
        registered = {model.__name__ for model in admin.site._registry if model in _survey_models()}

        assert registered == {
            *("BankTranslation", "Message", "OutsideWave", "PrivacySetting", "RefusedAddress"),
            *("Series", "Wave"),
        }

    def test_nothing_of_an_answer_is_released_before_closing(self, opened):
        wave = opened()
        answer(wave, [ratings(4)] * 12)

        assert IntakeResponse.objects.count() == 12
        assert not ReleasedCell.objects.exists()
        assert len(RATINGS) == 10


def _survey_models() -> set:
    return set(apps.get_app_config("surveys").get_models())
