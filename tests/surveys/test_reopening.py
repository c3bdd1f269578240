"""A wave that was open again: a second version for k people more, nothing for fewer."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from surveys import tasks
from surveys.errors import LinkReplaced, WaveNotClosed, WaveRefused
from surveys.models import (
    Comment,
    Invitation,
    LedgerEntry,
    LedgerSecret,
    Message,
    OutsideResponse,
    Release,
    ReleasedCell,
    Response,
    RetiredLink,
)
from surveys.selectors import released_wave
from surveys.services.answers import Submission
from surveys.services.invitations import find_invitation
from surveys.services.reopening import reopen_wave
from surveys.services.retention import delete_due_answers
from surveys.services.waves import close_wave
from tests.surveys.conftest import answer, ratings, tokens
from tests.surveys.factories import WaveFactory

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
APRIL = date(2026, 4, 30)
MIXED = [ratings(value) for value in (4, 2, 5, 1, 4, 2, 4, 1, 5, 2, 4, 3)]


@pytest.fixture
def closed(opened):
    """A wave of 30, closed after 12 answers."""
    with time_machine.travel(MONDAY, tick=False):
        wave = opened(30)
        answer(wave, MIXED)
    with time_machine.travel(MONDAY + timedelta(days=5), tick=False):
        close_wave(wave)
    wave.refresh_from_db()
    return wave


@pytest.fixture
def again(closed):
    def _again(sheets):
        with time_machine.travel(MONDAY + timedelta(days=10), tick=False):
            wave = reopen_wave(closed, closes_on=APRIL)
            answer(wave, sheets)
            return close_wave(wave)

    return _again


@pytest.mark.parametrize("more", [1, 4])
def test_fewer_than_k_more_are_not_published(again, closed, more):
    assert again([ratings(5)] * more) is None

    assert Release.objects.count() == 1
    assert released_wave(closed).responded == 12
    assert Response.objects.filter(wave=closed).count() == 12 + more


def test_k_more_make_version_2_and_version_1_stays(again, closed):
    release = again([ratings(v) for v in (5, 1, 4, 2, 5)])

    assert (release.version, release.responded) == (2, 17)
    assert Release.objects.get(version=1).responded == 12
    cells = ReleasedCell.objects.filter(key="ANA1", kind="item").order_by("release__version")
    assert list(cells.values_list("n", "favourable")) == [(12, 6), (17, 9)]


def test_nobody_more_is_the_same_once_more(again):
    release = again([])

    assert (release.version, release.responded) == (2, 12)


def test_an_item_that_fewer_than_k_more_answered_is_hidden_in_version_2(again):
    sheets = [ratings(value) for value in (5, 1, 4, 2, 5)]
    for sheet in sheets[:2]:
        del sheet.answers["LEV1"]

    again(sheets)

    second = {c.key: c.state for c in ReleasedCell.objects.filter(release__version=2, kind="item")}
    assert (second["ANA1"], second["LEV1"]) == ("shown", "suppressed")


def test_new_answers_all_on_one_side_are_no_difference_to_show(again):
    again([ratings(5, ANA1=value) for value in (5, 1, 4, 2, 5)])

    second = {c.key: c.state for c in ReleasedCell.objects.filter(release__version=2, kind="item")}
    assert (second["ANA1"], second["LEV1"]) == ("shown", "suppressed")


def test_a_few_new_comments_are_not_told_from_the_old(opened):
    wave = opened(30)
    said = [Submission(ratings(4).answers, (), {"OPN1": f"Text {n}"}) for n in range(21)]
    answer(wave, said[:12])
    close_wave(wave)
    wave = reopen_wave(wave, closes_on=timezone.now().date() + timedelta(days=40))
    answer(wave, said[12:])

    close_wave(wave)

    states = ReleasedCell.objects.filter(kind="comments", key="OPN1").order_by("release__version")
    assert list(states.values_list("state", "n")) == [("shown", 12), ("suppressed", None)]


def test_everybody_gets_a_new_link_and_old_ones_say_so(closed):
    before = set(Invitation.objects.values_list("token_hash", flat=True))
    old_messages = Message.objects.count()

    with time_machine.travel(MONDAY + timedelta(days=10), tick=False):
        wave = reopen_wave(closed, closes_on=APRIL)

        assert not before & set(Invitation.objects.values_list("token_hash", flat=True))
        assert RetiredLink.objects.count() == 30
        assert Message.objects.filter(number=2).count() == 30
        assert Message.objects.count() == old_messages + 30
        for token in tokens(wave):
            find_invitation(token)


def test_retired_links_are_one_for_everybody_and_do_not_say_who_answered(closed):
    before = set(closed.invitations.values_list("token_hash", flat=True))

    with time_machine.travel(MONDAY + timedelta(days=10), tick=False):
        reopen_wave(closed, closes_on=APRIL)

    with connection.cursor() as cursor:
        table = RetiredLink._meta.db_table
        cursor.execute(f"SELECT token_hash FROM {table} ORDER BY ctid")  # noqa: S608
        lying = [token_hash for (token_hash,) in cursor.fetchall()]
        cursor.execute(f"SELECT count(DISTINCT xmin::text) FROM {table}")  # noqa: S608
        transactions = cursor.fetchone()[0]
    # 12 of the 30 have answered; their old links lie among the others, in the hashes' own order.
    assert lying == sorted(before)
    assert (len(lying), transactions) == (30, 1)
    columns = {field.name for field in RetiredLink._meta.get_fields()}
    assert columns == {"token_hash", "organization", "wave"}
    messages = Message.objects.filter(wave=closed, kind="invitation", number=2)
    assert messages.values("person").distinct().count() == 30
    assert messages.values("due_at", "state", "attempts").distinct().count() == 1


def test_old_links_lead_to_the_newer_mail(opened):
    wave = opened(6)
    old = tokens(wave)[0]
    close_wave(wave)

    reopen_wave(wave, closes_on=timezone.now().date() + timedelta(days=40))

    with pytest.raises(LinkReplaced):
        find_invitation(old)


def test_an_open_wave_cannot_be_opened_again(opened):
    with pytest.raises(WaveNotClosed):
        reopen_wave(opened(12), closes_on=APRIL)


def test_not_while_another_one_is_open(closed):
    WaveFactory(organization=closed.organization, opened=True)

    with (
        time_machine.travel(MONDAY + timedelta(days=10), tick=False),
        pytest.raises(WaveRefused, match="is still open"),
    ):
        reopen_wave(closed, closes_on=APRIL)


def test_not_for_a_day_that_is_over(closed):
    with (
        time_machine.travel(MONDAY + timedelta(days=10), tick=False),
        pytest.raises(WaveRefused, match="choose a later day"),
    ):
        reopen_wave(closed, closes_on=date(2026, 3, 4))


class TestRetention:
    def test_raw_answers_go_after_their_days_and_cells_stay(self, closed):
        cells = ReleasedCell.objects.count()
        last_day = closed.closed_at + timedelta(days=400)

        assert delete_due_answers(at=last_day - timedelta(seconds=1)) == 0
        assert Response.objects.count() == 12
        assert delete_due_answers(at=last_day) == 1
        assert delete_due_answers(at=last_day) == 0

        for table in (Response, Comment, LedgerEntry, LedgerSecret):
            assert not table.objects.exists()
        assert not Invitation.objects.filter(responded=True).exists()
        assert ReleasedCell.objects.count() == cells
        closed.refresh_from_db()
        assert (closed.answers_deleted_at, closed.traces_removed_at) == (last_day, None)

    def test_then_it_cannot_be_opened_again(self, closed):
        delete_due_answers(at=closed.closed_at + timedelta(days=400))

        with pytest.raises(WaveRefused, match="were deleted"):
            reopen_wave(closed, closes_on=date(2027, 6, 1))

    def test_an_open_waves_answers_are_never_due(self, opened):
        opened(6)

        assert delete_due_answers(at=timezone.now() + timedelta(days=4_000)) == 0

    def test_the_task_deletes_what_is_due(self, closed, monkeypatch):
        queued = []
        monkeypatch.setattr(tasks.remove_traces, "delay", lambda: queued.append("traces"))

        with time_machine.travel(closed.closed_at + timedelta(days=401), tick=False):
            tasks.delete_due_answers()

        assert not Response.objects.exists()
        assert not OutsideResponse.objects.exists()
        assert queued == ["traces"]
