"""You said, we did: written after closing, published once, mailed to everybody who was asked."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from maturity.models import Notification
from surveys.errors import AlreadyPublished, NotFollowedUp, TooLate, WaveRefused
from surveys.models import FollowUp, Message
from surveys.services.answers import Submission, submit_response
from surveys.services.follow_ups import publish_follow_up, save_follow_up
from surveys.services.links import results_link
from surveys.services.messages import send_due_messages
from surveys.services.waves import close_wave, create_wave, open_wave, override_follow_up
from tests.factories import OrganizationFactory
from tests.surveys.conftest import answer, hire, ratings

TEXTS = {"heard": "Sign-offs take too long.", "doing": "Two of five go in May."}


@pytest.fixture
def closed(opened):
    wave = opened(8)
    answer(wave, [ratings(4)] * 6)
    close_wave(wave)
    wave.refresh_from_db()
    return wave


def test_an_open_wave_has_nothing_to_answer_to(opened, ana):
    with pytest.raises(WaveRefused, match="once the wave is closed"):
        save_follow_up(opened(5), by=ana, **TEXTS)

    assert not FollowUp.objects.exists()


def test_a_draft_may_be_rewritten(closed, ana):
    save_follow_up(closed, by=ana, **TEXTS)

    note = save_follow_up(closed, heard="Waits.", doing="Less of it.", by=ana)

    assert FollowUp.objects.get() == note
    assert (note.heard, note.author, note.published_at) == ("Waits.", ana, None)


@pytest.mark.parametrize("missing", ["heard", "doing"])
def test_both_halves_are_needed(closed, ana, missing):
    with pytest.raises(ValidationError, match=missing):
        save_follow_up(closed, by=ana, **{**TEXTS, missing: "  "})


def test_publishing_mails_the_results_to_everybody_who_was_asked(closed, ana, mailoutbox):
    publish_follow_up(save_follow_up(closed, by=ana, **TEXTS))
    Message.objects.filter(kind="results").update(due_at=closed.opens_at)
    Message.objects.filter(kind="invitation").update(state="dropped")

    assert send_due_messages() == 8

    mail = mailoutbox[0]
    assert mail.subject == "Spring pulse at Acme: what came of it"
    for part in (*TEXTS.values(), results_link(closed), "whether or not they answered"):
        assert part in mail.body


def test_what_was_published_stays(closed, ana):
    note = publish_follow_up(save_follow_up(closed, by=ana, **TEXTS))

    with pytest.raises(AlreadyPublished):
        save_follow_up(closed, heard="Nothing.", doing="Nothing.", by=ana)
    with pytest.raises(AlreadyPublished):
        publish_follow_up(note)
    with pytest.raises(IntegrityError, match="published"), transaction.atomic():
        FollowUp.objects.update(heard="Nothing.")
    assert Message.objects.filter(kind="results").count() == 8


class TestAskingAgain:
    """A wave of no series answers for the last one of the organisation, of whatever series."""

    @pytest.fixture
    def another(self, closed):
        return create_wave(closed.organization, title="Another")

    def test_nobody_is_asked_again_before_they_were_told(self, another):
        with pytest.raises(NotFollowedUp, match="“Spring pulse” has no published"):
            open_wave(another)

        another.refresh_from_db()
        assert another.status == "draft"

    def test_a_draft_of_the_follow_up_is_not_enough(self, closed, another, ana):
        save_follow_up(closed, by=ana, **TEXTS)

        with pytest.raises(NotFollowedUp):
            open_wave(another)

    def test_once_it_is_published_the_next_one_opens(self, closed, another, ana):
        publish_follow_up(save_follow_up(closed, by=ana, **TEXTS))

        assert open_wave(another).status == "open"

    def test_a_reason_lets_it_open_all_the_same(self, another, ana):
        another = override_follow_up(another, reason="The reorganisation.", by=ana)

        assert open_wave(another).override_reason == "The reorganisation."

    def test_other_organisations_owe_nothing(self, closed):
        stranger = create_wave(OrganizationFactory(), title="Elsewhere")
        hire(stranger.organization, 5)

        assert open_wave(stranger).status == "open"


def test_a_wave_of_the_past_is_written_down_and_nobody_is_told(organization, bank, ana):
    now = timezone.now()
    hire(organization, 8)
    wave = create_wave(organization, title="Last year's")
    wave = open_wave(wave, opens_at=now - timedelta(days=300))
    invitation = wave.invitations.first()
    with pytest.raises(TooLate):
        submit_response(invitation, Submission())
    submit_response(invitation, Submission(), at=wave.opens_at + timedelta(days=1))

    release = close_wave(wave, at=wave.closes_at)
    told = wave.closes_at + timedelta(days=6)
    publish_follow_up(save_follow_up(wave, by=ana, **TEXTS), at=told)

    wave.refresh_from_db()
    assert wave.closed_at == wave.closes_at == release.released_at
    assert wave.follow_up.published_at == told
    assert not Message.objects.filter(kind="results").exists()
    assert not Notification.objects.exists()
