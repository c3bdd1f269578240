"""What people read before they answer: how long, who sees what, kept for how long, and why now."""

from datetime import timedelta

import pytest
import time_machine

from surveys.models import Wave
from surveys.services.messages import send_due_messages
from surveys.services.sheets import sheet_for
from surveys.services.translations import publish_translation
from surveys.services.waves import close_wave, create_wave, open_wave, override_follow_up
from tests.packs import shipped_translations
from tests.surveys.conftest import answer, hire, ratings, tokens
from tests.surveys.test_allotments import TUESDAY, roster, seconds, shared

__all__ = ["roster", "shared"]


def page_of(client, wave, number=0, **query):
    page = client.get(f"/s/{tokens(wave)[number]}", query)
    return " ".join(page.content.decode().split())


def test_a_shared_wave_says_the_minutes_of_what_this_person_is_asked(client, shared, mailoutbox):
    with time_machine.travel(TUESDAY + timedelta(hours=22), tick=False):
        page = page_of(client, shared)
        send_due_messages()

    # The pulse takes 4 minutes by its bank; no block is asked for more than two.
    assert {-(-seconds(sheet_for(i).questions) // 60) for i in shared.invitations.all()} == {2}
    assert "about 2 minutes" in page
    assert "4 minutes" not in page
    assert mailoutbox != []
    assert all("about 2 minutes" in mail.body for mail in mailoutbox)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "without your name, and only when at least 12 people wrote something. Leave out"),
        ("de", "nur wenn mindestens 12 Personen etwas geschrieben haben. Lassen Sie"),
    ],
)
def test_the_notice_beside_words_names_the_waves_own_number(
    client, organization, bank, language, sentence
):
    for each in shipped_translations():
        publish_translation(each)
    hire(organization, 12)
    draft = create_wave(organization, title="Own")
    Wave.objects.filter(pk=draft.pk).update(
        k=7, k_comment=12, retention_days=90, languages=["en", "de"], allow_draft_translations=True
    )
    draft.refresh_from_db()
    page = page_of(client, open_wave(draft), lang=language)

    assert sentence in page
    assert "10 people" not in page
    assert "10 Personen" not in page


def test_it_says_how_long_answers_are_kept_and_how_many_people_a_figure_needs(
    client, organization, bank
):
    hire(organization, 12)
    draft = create_wave(organization, title="Own")
    Wave.objects.filter(pk=draft.pk).update(k=7, k_comment=12, retention_days=90)
    draft.refresh_from_db()

    page = page_of(client, open_wave(draft))

    assert "Single answers are deleted 90 days after closing." in page
    assert "answered by fewer than 7 people of a group stays hidden" in page
    assert "only when at least 12 people wrote something" in page
    assert "data-confidential" not in page
    assert "data-override" not in page


def test_everybody_reads_why_a_wave_opens_before_the_last_ones_follow_up(client, opened):
    wave = opened()
    answer(wave, [ratings(4)] * 6)
    close_wave(wave)
    following = create_wave(wave.organization, title="Next")
    open_wave(override_follow_up(following, reason="The <b>merger</b> cannot wait.", by=None))

    page = page_of(client, following)

    assert "You have not been told yet what follows from the last survey." in page
    assert "“The &lt;b&gt;merger&lt;/b&gt; cannot wait.”" in page
