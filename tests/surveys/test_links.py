"""Links a lead takes back or replaces, and what their holders are told; answering is secret."""

from http import HTTPStatus

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from surveys.errors import WaveNotOpen
from surveys.models import (
    IntakeResponse,
    Invitation,
    Message,
    OptOut,
    ResultsLink,
    RetiredLink,
    WaveSecret,
)
from surveys.services.invitations import hash_of, token_for
from surveys.services.links import path_to_results, replace_link, results_link, revoke_link
from surveys.services.messages import send_due_messages
from surveys.services.waves import close_wave, open_wave
from surveys.tasks import send_due_messages as send_task
from tests.surveys.conftest import hire, tokens


@pytest.fixture
def wave(opened):
    return opened()


def _holder(wave, place: int = 0) -> tuple[Invitation, str]:
    """One invitation with the link its person holds."""
    secret = bytes(WaveSecret.objects.get(wave=wave).secret)
    invitation = wave.invitations.order_by("pk")[place]
    return invitation, f"/s/{token_for(secret, invitation.pk, invitation.link_number)}"


class TestRevoking:
    def test_a_revoked_link_takes_no_answer_and_says_what_to_do(self, client, wave):
        invitation, link = _holder(wave)

        revoke_link(invitation)

        for page in (client.get(link), client.post(link, {"LEV1": "4"})):
            assert page.status_code == HTTPStatus.GONE
            assert "This link was withdrawn" in page.content.decode()
            assert "ask whoever runs the survey for a new link" in page.content.decode()
        assert not IntakeResponse.objects.exists()

    def test_it_does_not_tell_whether_there_is_an_answer(self, client, wave):
        answered, used = _holder(wave, 0)
        silent, unused = _holder(wave, 1)
        client.post(used, {"LEV1": "4"})

        revoke_link(answered)
        revoke_link(silent)

        pages = [client.get(link).content for link in (used, unused)]
        keys = [row.token_hash[:16].encode() for row in (answered, silent)]
        assert pages[0].replace(keys[0], b"") == pages[1].replace(keys[1], b"")

    def test_no_mail_goes_out_with_it(self, wave, mailoutbox):
        invitation, _link = _holder(wave)

        revoke_link(invitation)
        send_due_messages()

        assert len(mailoutbox) == 11
        dropped = Message.objects.get(person=invitation.person, kind="invitation")
        assert dropped.state == Message.State.DROPPED

    def test_only_in_an_open_wave(self, wave):
        invitation, _link = _holder(wave)
        close_wave(wave)

        for act in (revoke_link, replace_link):
            with pytest.raises(WaveNotOpen):
                act(invitation)


class TestReplacing:
    def test_the_old_link_points_to_the_newer_mail_and_the_new_one_answers(self, client, wave):
        invitation, old = _holder(wave)

        replace_link(invitation)

        _invitation, new = _holder(wave)
        assert new != old
        told = client.get(old)
        assert told.status_code == HTTPStatus.GONE
        assert "There is a newer link for you" in told.content.decode()
        assert client.post(old, {"LEV1": "4"}).status_code == HTTPStatus.GONE
        assert client.post(new, {"LEV1": "4"}).status_code == HTTPStatus.SEE_OTHER
        assert IntakeResponse.objects.count() == 1

    def test_the_mail_brings_the_new_link(self, wave, mailoutbox):
        invitation, old = _holder(wave)
        send_due_messages()
        mail.outbox.clear()

        replace_link(invitation)
        send_due_messages()

        _invitation, new = _holder(wave)
        assert [letter.to for letter in mailoutbox] == [[invitation.person.email]]
        assert new in mailoutbox[0].body
        assert old not in mailoutbox[0].body

    def test_it_can_be_done_again_and_after_revoking(self, client, wave):
        invitation, first = _holder(wave)

        replace_link(invitation)
        _invitation, second = _holder(wave)
        revoke_link(invitation)
        replace_link(invitation)

        _invitation, third = _holder(wave)
        assert RetiredLink.objects.count() == 2
        assert [client.get(link).status_code for link in (first, second, third)] == [410, 410, 200]

    def test_somebody_who_has_answered_still_has_one_response(self, client, wave):
        invitation, old = _holder(wave)
        client.post(old, {"LEV1": "4"})

        replace_link(invitation)

        _invitation, new = _holder(wave)
        assert client.post(new, {"LEV1": "1"}).status_code == HTTPStatus.CONFLICT
        assert IntakeResponse.objects.get().answers == {"LEV1": 4}

    def test_what_is_kept_of_an_old_link_names_nobody(self, wave):
        invitation, old = _holder(wave)

        replace_link(invitation)

        kept = RetiredLink.objects.values().get()
        assert kept == {
            "token_hash": hash_of(old.removeprefix("/s/")),
            "organization_id": wave.organization_id,
            "wave_id": wave.pk,
        }


class TestResultsLink:
    def test_it_is_made_once_and_cannot_be_guessed(self, wave):
        first, second = results_link(wave), results_link(wave)

        assert first == second
        assert len(ResultsLink.objects.get().token) == 43

    def test_closing_makes_it_so_that_looking_never_does(self, client, wave):
        link = tokens(wave)[0]
        assert path_to_results(wave) is None

        close_wave(wave)

        path = path_to_results(wave)
        assert path is not None
        assert f'href="{path}"' in client.get(f"/s/{link}").content.decode()
        assert ResultsLink.objects.count() == 1


class TestStoppedMails:
    def test_the_link_still_works_and_says_that_mails_have_stopped(self, client, wave):
        invitation, link = _holder(wave)
        OptOut.objects.create(organization=wave.organization, person=invitation.person)

        page = client.get(link)

        assert page.status_code == HTTPStatus.OK
        assert "data-no-mails" in page.content.decode()
        assert "data-no-mails" not in client.get(_holder(wave, 1)[1]).content.decode()
        assert client.post(link, {"LEV1": "4"}).status_code == HTTPStatus.SEE_OTHER


class TestUnknownLinks:
    @pytest.mark.parametrize("token", ["x", "ü" * 43, "a" * 42, "a" * 5_000])
    def test_what_cannot_be_a_link_costs_no_query(self, client, token):
        # Without the fixture `db` a query would be an error.
        assert client.get(f"/s/{token}").status_code == HTTPStatus.NOT_FOUND

    def test_all_of_them_get_the_very_same_answer(self, client, wave):
        pages = [client.get(f"/s/{token}") for token in ("x", "A" * 43, tokens(wave)[0][:-1] + "_")]

        assert {page.status_code for page in pages} == {404}
        assert len({page.content for page in pages}) == 1
        assert len({tuple(sorted(page.items())) for page in pages}) == 1


class TestLeadsPage:
    @pytest.fixture
    def address(self, wave) -> str:
        return reverse("admin:surveys_wave_links", args=[wave.pk])

    @pytest.fixture
    def quiet(self, monkeypatch) -> list[str]:
        sent: list[str] = []
        monkeypatch.setattr(send_task, "delay", lambda: sent.append("send"))
        return sent

    def test_a_lead_replaces_a_link_and_the_mail_leaves(
        self, login, ana, wave, address, quiet, django_capture_on_commit_callbacks
    ):
        invitation, _old = _holder(wave)

        with django_capture_on_commit_callbacks(execute=True):
            done = login(ana).post(address, {"do": "replace", "invitation": str(invitation.pk)})

        assert done.status_code == HTTPStatus.FOUND
        assert RetiredLink.objects.count() == 1
        assert quiet == ["send"]

    def test_the_page_is_the_same_whoever_has_answered(self, login, ana, client, wave, address):
        lead = login(ana)
        before = _without_csrf(lead.get(address).content.decode())

        client.post(_holder(wave)[1], {"LEV1": "4"})

        assert _without_csrf(lead.get(address).content.decode()) == before

    def test_it_never_reads_who_has_answered(self, login, ana, address):
        lead = login(ana)

        with CaptureQueriesContext(connection) as queries:
            lead.get(address)

        read = [query["sql"] for query in queries if 'FROM "surveys_invitation"' in query["sql"]]
        assert read
        assert not [sql for sql in read if "responded" in sql]

    @pytest.mark.parametrize(
        "posted",
        [
            {},
            {"do": "revoke"},
            {"do": "revoke", "invitation": "nonsense"},
            {"do": "revoke", "invitation": "00000000-0000-4000-8000-000000000000"},
        ],
    )
    def test_what_is_no_choice_is_404(self, login, ana, address, posted):
        assert login(ana).post(address, posted).status_code == HTTPStatus.NOT_FOUND

    def test_an_unknown_act_changes_nothing(self, login, ana, wave, address):
        invitation, _link = _holder(wave)

        refused = login(ana).post(address, {"do": "answer", "invitation": str(invitation.pk)})

        assert refused.status_code == HTTPStatus.NOT_FOUND
        assert not RetiredLink.objects.exists()

    def test_viewers_and_others_do_not_get_in(self, login, vera, carl, address):
        assert login(vera).get(address).status_code == HTTPStatus.FORBIDDEN
        assert login(carl).get(address).status_code == HTTPStatus.NOT_FOUND

    def test_its_price_does_not_depend_on_the_audience(
        self, login, ana, draft, django_assert_max_num_queries
    ):
        hire(draft.organization, 60)
        wave = open_wave(draft)
        address = reverse("admin:surveys_wave_links", args=[wave.pk])
        lead = login(ana)

        with django_assert_max_num_queries(8):
            page = lead.get(address)

        assert page.content.decode().count("data-invitation=") == 50


def _without_csrf(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "csrf" not in line)
