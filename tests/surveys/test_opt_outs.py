"""No more mails: one click, or a page; only POST changes anything; taken back at any time."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from maturity.models import Person
from surveys.models import Message, OptOut, RefusedAddress
from surveys.services.mailings import resend_failed
from surveys.services.messages import send_due_messages
from surveys.services.opt_outs import find_subscription, note_refused, opt_out_link
from tests.factories import PersonFactory
from tests.surveys.factories import SeriesFactory


@pytest.fixture
def person(organization) -> Person:
    return PersonFactory(organization=organization)


@pytest.fixture
def series(organization):
    return SeriesFactory(organization=organization, title="Pulse")


def link_of(person, series=None) -> str:
    return opt_out_link(person.pk, series and series.pk).removeprefix("http://testserver")


def stopped(person) -> list:
    return sorted(OptOut.objects.filter(person=person).values_list("series", flat=True), key=str)


class TestOneClick:
    def test_every_mail_carries_it(self, opened, mailoutbox):
        opened(5)
        send_due_messages()

        headers = mailoutbox[0].extra_headers
        assert re.fullmatch(r"<http://testserver/o/[\w:-]+>", headers["List-Unsubscribe"])
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert headers["List-Unsubscribe"].strip("<>") in mailoutbox[0].body

    def test_a_mail_program_posts_without_cookie_or_page(self, person, series):
        strict = Client(enforce_csrf_checks=True)

        response = strict.post(link_of(person, series), {"List-Unsubscribe": "One-Click"})

        assert (response.status_code, response.content) == (204, b"")
        assert stopped(person) == [series.pk]

    def test_twice_is_once(self, person, series):
        for _ in range(2):
            Client().post(link_of(person, series), {"List-Unsubscribe": "One-Click"})

        assert stopped(person) == [series.pk]

    def test_without_a_series_all_surveys_are_meant(self, person):
        Client().post(link_of(person), {"List-Unsubscribe": "One-Click"})

        assert stopped(person) == [None]


class TestThePage:
    def test_looking_changes_nothing(self, person, series):
        for method in (Client().get, Client().head):
            assert method(link_of(person, series)).status_code == 200

        assert stopped(person) == []

    def test_it_leaves_no_trace_and_no_cookie(self, person, series):
        response = Client().get(link_of(person, series))

        assert response.cookies == {}
        assert response["Referrer-Policy"] == "no-referrer"
        assert "no-store" in response["Cache-Control"]

    @pytest.mark.parametrize(("scope", "expected"), [("series", "series"), ("all", None)])
    def test_people_choose_what_stops(self, person, series, scope, expected):
        response = Client().post(link_of(person, series), {"scope": scope}, follow=True)

        assert response.redirect_chain == [(link_of(person, series), 303)]
        assert stopped(person) == [series.pk if expected else None]

    def test_and_take_it_back(self, person, series):
        link = link_of(person, series)
        Client().post(link, {"scope": "series"})
        Client().post(link, {"scope": "all"})
        assert "Send me these mails again" in Client().get(link).content.decode()

        Client().post(link, {"scope": "back"})

        assert stopped(person) == []

    def test_nonsense_changes_nothing(self, person, series):
        for data in ({}, {"scope": "x"}, {"scope": "\0"}, {"List-Unsubscribe": "no"}):
            assert Client().post(link_of(person, series), data).status_code == 303

        assert stopped(person) == []

    @pytest.mark.parametrize("token", ["x", "a:b", "W10:x", "%00", "é", "9" * 4000])
    def test_an_unknown_link_is_told_so(self, db, token):
        response = Client().get(f"/o/{token}")

        assert response.status_code == 404
        assert "This link is not known" in response.content.decode()

    def test_a_series_of_others_is_none_of_theirs(self, person):
        foreign = SeriesFactory()

        token = link_of(person, foreign).rpartition("/")[2]

        assert find_subscription(token).series is None

    def test_its_price_is_fixed(self, person, series, django_assert_num_queries):
        # 1 person with organisation, 1 series, 1 what is stopped
        with django_assert_num_queries(3):
            Client().get(link_of(person, series))


class TestRefusedAddresses:
    def test_a_refused_address_gets_no_further_mail(self, opened, mailoutbox):
        wave = opened(5)
        bad = Person.objects.first()
        note_refused(bad, address=bad.email, reason="SMTPRecipientsRefused 550")

        assert send_due_messages() == 4

        failed = Message.objects.get(wave=wave, state="failed")
        assert (failed.person, failed.failure) == (bad, "the address was refused before")

    def test_a_new_address_starts_afresh(self, opened, mailoutbox):
        opened(5)
        bad = Person.objects.first()
        note_refused(bad, address=bad.email, reason="SMTPRecipientsRefused 550")
        Person.objects.filter(pk=bad.pk).update(email="new@acme.example")

        assert send_due_messages() == 5

    def test_it_is_noted_once(self, person):
        for address in (person.email, person.email.upper()):
            note_refused(person, address=address, reason="550")

        assert RefusedAddress.objects.count() == 1

    def test_sending_again_tries_the_address_once_more(self, opened, mailoutbox):
        wave = opened(5)
        bad = Person.objects.first()
        note_refused(bad, address=bad.email, reason="550")
        send_due_messages()

        assert resend_failed(wave, now=wave.opens_at) == 1

        assert not RefusedAddress.objects.exists()
        assert send_due_messages() == 1
        assert not Message.objects.filter(state="failed").exists()


def test_two_people_cannot_share_an_address(organization, person):
    twin = Person(organization=organization, email=person.email.upper())

    with pytest.raises(ValidationError, match="already on the roster"):
        twin.full_clean()
