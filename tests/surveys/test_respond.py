"""The page behind the link: GET changes nothing, POST counts once, every link gets an answer."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from surveys.models import IntakeComment, IntakeResponse, Invitation, Response
from surveys.services.waves import close_wave, create_wave, open_wave
from tests.surveys.conftest import RATINGS, hire, tokens

PULSE = dict.fromkeys(RATINGS, "4") | {"REC0": "9", "OPN1": "Start earlier."}


@pytest.fixture
def link(opened) -> str:
    return f"/s/{tokens(opened())[0]}"


class TestLooking:
    def test_the_page_asks_everything_and_changes_nothing(self, client, link):
        page = client.get(link)

        assert page.status_code == 200
        text = page.content.decode()
        assert text.count('data-step="question"') == 12
        assert text.count('type="radio"') == 10 * 6 + 11
        assert not IntakeResponse.objects.exists()
        assert not Invitation.objects.filter(responded=True).exists()

    def test_a_mail_scanner_that_follows_links_uses_nothing_up(self, client, link):
        for _ in range(3):
            client.get(link)
            client.head(link)

        assert client.post(link, PULSE).status_code == 303

    def test_it_says_who_asks_until_when_and_the_thresholds(self, client, link):
        with time_machine.travel(timezone.now()):
            text = client.get(link).content.decode()

        assert "Acme asks its product managers" in text
        assert "12 questions, about 4 minutes" in " ".join(text.split())
        assert "(Europe/Berlin)" in text
        assert "fewer than 5 people of a group stays hidden" in " ".join(text.split())
        assert "at least 10 people wrote something" in text

    def test_it_shows_the_very_row_that_is_stored(self, client, link):
        shown = client.get(link).context

        client.post(link, {"LEV1": "4", "TOO3": "na", "OPN1": "Words."})

        row, note = json.loads(shown["response_row"]), json.loads(shown["comment_rows"][0])
        stored = IntakeResponse.objects.values().get()
        comment = IntakeComment.objects.values().get()
        assert row == stored | {"id": "random", "answers": {}, "not_applicable": []}
        assert note == comment | {"id": "random", "text": ""}
        assert list(row) == [field.attname for field in IntakeResponse._meta.concrete_fields]

    def test_its_price_does_not_depend_on_the_audience(
        self, client, opened, django_assert_num_queries
    ):
        link = f"/s/{tokens(opened(20))[0]}"

        # 1 invitation with wave, organisation and bank; 1 whether the person is still there;
        # 1 questions; 1 languages; 1 last results;
        # 1 whether mails are stopped
        with django_assert_num_queries(6):
            client.get(link)


class TestAnswering:
    def test_answers_are_stored_and_the_link_says_so(self, client, link):
        answered = client.post(link, PULSE)

        assert (answered.status_code, answered["Location"]) == (303, link)
        stored = IntakeResponse.objects.get()
        assert stored.answers == dict.fromkeys(RATINGS, 4) | {"REC0": 9}
        assert IntakeComment.objects.get().text == "Start earlier."
        thanks = client.get(link)
        assert thanks.status_code == 200
        assert "Your answers are in" in thanks.content.decode()

    def test_a_second_submit_is_told_so_and_changes_nothing(self, client, link):
        client.post(link, PULSE)

        again = client.post(link, PULSE | {"LEV1": "1"})

        assert again.status_code == 409
        assert "Your answers are in" in again.content.decode()
        assert IntakeResponse.objects.get().answers["LEV1"] == 4

    def test_a_phone_without_cookies_can_answer(self, link):
        strict = Client(enforce_csrf_checks=True)

        answered = strict.post(link, PULSE, headers={"origin": "null"})

        assert answered.status_code == 303
        assert IntakeResponse.objects.count() == 1

    def test_no_cookie_is_ever_set(self, client, link):
        for response in (client.get(link), client.post(link, PULSE), client.get(link)):
            assert not response.cookies

    def test_questions_may_stay_open(self, client, link):
        client.post(link, {"GAT1": "2", "ANA1": "", "OPN1": "  "})

        stored = IntakeResponse.objects.get()
        assert (stored.answers, stored.not_applicable) == ({"GAT1": 2}, [])
        assert not IntakeComment.objects.exists()

    def test_does_not_apply_is_missing_with_its_reason(self, client, link):
        client.post(link, {"GAT1": "2", "TOO3": "na"})

        stored = IntakeResponse.objects.get()
        assert (stored.answers, stored.not_applicable) == ({"GAT1": 2}, ["TOO3"])

    def test_what_was_not_asked_is_not_stored(self, client, link):
        client.post(link, {"GAT1": "2", "LEV2": "3", "person": "7"})

        assert IntakeResponse.objects.get().answers == {"GAT1": 2}

    def test_a_text_of_1000_characters_fits_whatever_its_line_ends(self, client, link):
        text = "x" * 499 + "\n" + "y" * 500

        client.post(link, {"OPN1": text.replace("\n", "\r\n")})

        assert IntakeComment.objects.get().text == text

    def test_hours_of_the_full_survey(self, client, organization, bank):
        hire(organization, 5)
        wave = open_wave(create_wave(organization, title="Full", instrument="full"))
        link = f"/s/{tokens(wave)[0]}"

        assert client.post(link, {"LEV3": "61"}).status_code == 400
        assert client.post(link, {"LEV3": "2.5"}).status_code == 400
        assert client.post(link, {"LEV3": "0"}).status_code == 303
        assert IntakeResponse.objects.get().answers == {"LEV3": 0}


class TestRefusals:
    @pytest.mark.parametrize(
        ("posted", "item", "said"),
        [
            ({"LEV1": "6"}, "LEV1", "Choose one of the answers shown."),
            ({"LEV1": "0"}, "LEV1", "Choose one of the answers shown."),
            ({"LEV1": "four"}, "LEV1", "Choose one of the answers shown."),
            ({"REC0": "11"}, "REC0", "Choose one of the answers shown."),
            ({"REC0": "na"}, "REC0", "Choose one of the answers shown."),
            ({"OPN1": "x" * 1001}, "OPN1", "Keep it to 1000 characters; these are 1001."),
            ({"OPN1": "a\x00b"}, "OPN1", "Null characters are not allowed."),
        ],
    )
    def test_a_bad_value_names_the_item_and_stores_nothing(self, client, link, posted, item, said):
        refused = client.post(link, PULSE | posted)

        assert refused.status_code == 400
        assert [q.key for q in refused.context["faulty"]] == [item]
        assert said in refused.content.decode()
        assert not IntakeResponse.objects.exists()
        assert not IntakeComment.objects.exists()
        assert client.post(link, PULSE).status_code == 303

    def test_what_was_typed_is_still_there(self, client, link):
        refused = client.post(link, PULSE | {"LEV1": "6", "OPN1": "My <words>"})

        text = refused.content.decode()
        assert "My &lt;words&gt;" in text
        assert text.count(" checked>") == len(RATINGS)

    def test_an_empty_sheet_is_no_response(self, client, link):
        refused = client.post(link, {})

        assert refused.status_code == 400
        assert "Answer at least one question" in refused.content.decode()
        assert not Invitation.objects.filter(responded=True).exists()

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("token", ["x", "0" * 43, "ü" * 43, "a.b~c"])
    def test_an_unknown_link_is_told_what_to_do(self, client, db, method, token):
        page = getattr(client, method)(f"/s/{token}")

        assert page.status_code == 404
        assert "does not belong to a survey" in page.content.decode()

    def test_a_wave_that_has_not_opened_says_when(self, client, draft):
        hire(draft.organization, 5)
        wave = open_wave(draft, opens_at=timezone.now() + timedelta(days=1))
        link = f"/s/{tokens(wave)[0]}"

        for page in (client.get(link), client.post(link, PULSE)):
            assert page.status_code == 403
            assert "has not opened yet" in page.content.decode()
        assert not IntakeResponse.objects.exists()

    def test_late_answers_count_for_30_minutes_then_the_page_says_it_is_over(self, client, opened):
        wave = opened()
        first, second = (f"/s/{token}" for token in tokens(wave)[:2])

        with time_machine.travel(wave.closes_at + timedelta(minutes=29)):
            assert "Answers are still taken until" in client.get(first).content.decode()
            assert client.post(first, PULSE).status_code == 303
        with time_machine.travel(wave.closes_at + timedelta(minutes=30)):
            late = client.post(second, PULSE)
            look = client.get(second)

        assert (late.status_code, look.status_code) == (410, 410)
        assert "This survey is closed" in late.content.decode()
        assert IntakeResponse.objects.count() == 1

    def test_after_closing_links_still_say_how_things_stand(self, client, opened):
        wave = opened()
        answered, silent = (f"/s/{token}" for token in tokens(wave)[:2])
        client.post(answered, PULSE)
        close_wave(wave)

        assert client.get(answered).status_code == 200
        assert client.get(silent).status_code == 410
        assert client.post(silent, PULSE).status_code == 410
        assert Response.objects.count() == 1

    def test_other_methods_are_refused(self, client, link):
        assert client.put(link).status_code == 405
        assert client.delete(link).status_code == 405


class TestLeavingNoTrace:
    @pytest.mark.parametrize("method", ["get", "post", "put"])
    def test_headers_keep_the_link_to_itself(self, client, link, method):
        for path in (link, "/s/unknown-but-long-enough-token"):
            response = getattr(client, method)(path)

            assert response["Referrer-Policy"] == "no-referrer"
            assert "no-store" in response["Cache-Control"]
            assert response["X-Robots-Tag"] == "noindex, nofollow"
            assert "unsafe" not in response["Content-Security-Policy"]

    def test_the_page_loads_nothing_from_elsewhere_and_has_no_inline_code(self, client, link):
        text = client.get(link).content.decode()

        assert "http" not in text.replace("http-equiv", "")
        assert text.count("<script") == text.count("<script src=")
        assert "<style" not in text
        assert "style=" not in text

    def test_the_link_is_not_in_the_page(self, client, link):
        assert link not in client.get(link).content.decode()
