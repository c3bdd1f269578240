"""One extension, forward, by a few days, before closing, and announced."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from surveys.errors import WaveNotOpen, WaveRefused
from surveys.models import Message, Wave
from surveys.services.extensions import extend_wave, extension_span
from surveys.services.messages import send_due_messages
from surveys.services.waves import close_wave, open_wave
from tests.surveys.conftest import hire

MONDAY = datetime(2026, 3, 16, 9, tzinfo=UTC)
# Opened on the 16th, it closes on Friday 27 March; the clocks change on the 29th.
CLOSES = datetime(2026, 3, 27, 22, 59, 59, tzinfo=UTC)


@pytest.fixture
def wave(draft) -> Wave:
    hire(draft.organization, 6)
    with time_machine.travel(MONDAY, tick=False):
        return open_wave(draft)


@pytest.fixture
def _friday():
    with time_machine.travel(CLOSES - timedelta(hours=12), tick=False):
        yield


@pytest.mark.usefixtures("_friday")
class TestExtending:
    def test_it_moves_the_one_closing_instant(self, wave):
        assert extension_span(wave) == (date(2026, 3, 28), date(2026, 4, 3))

        extended = extend_wave(wave, closes_on=date(2026, 4, 3))

        assert extended.extended_from == CLOSES
        # Summer time by then: one hour earlier in UTC.
        assert extended.closes_at == datetime(2026, 4, 3, 21, 59, 59, tzinfo=UTC)
        assert extended.accepts_until == extended.closes_at + timedelta(minutes=30)

    def test_everybody_is_told_whether_or_not_they_answered(self, wave, mailoutbox):
        Message.objects.exclude(kind="extension").delete()

        extend_wave(wave, closes_on=date(2026, 4, 1))

        assert send_due_messages() == 6
        assert "Wednesday 1 April 2026, 23:59 (Europe/Berlin)" in mailoutbox[0].body
        assert "If you have answered, there is nothing left to do." in mailoutbox[0].body

    @pytest.mark.parametrize("day", [date(2026, 3, 27), date(2026, 4, 4), date(2026, 3, 1)])
    def test_by_five_working_days_at_most(self, wave, day):
        with pytest.raises(WaveRefused, match="Choose a day from 28 March 2026 to 3 April 2026"):
            extend_wave(wave, closes_on=day)

        wave.refresh_from_db()
        assert (wave.closes_at, wave.extended_from) == (CLOSES, None)

    def test_once(self, wave):
        extend_wave(wave, closes_on=date(2026, 3, 30))

        with pytest.raises(WaveRefused, match="once already"):
            extend_wave(wave, closes_on=date(2026, 3, 31))

        assert Message.objects.filter(kind="extension").count() == 6

    def test_never_after_closing(self, wave):
        close_wave(wave)

        with pytest.raises(WaveNotOpen):
            extend_wave(wave, closes_on=date(2026, 3, 30))


def test_not_in_the_half_hour_of_grace(wave):
    with (
        time_machine.travel(CLOSES + timedelta(minutes=5), tick=False),
        pytest.raises(WaveNotOpen),
    ):
        extend_wave(wave, closes_on=date(2026, 3, 30))


@pytest.mark.parametrize(
    "change",
    [
        {"closes_at": CLOSES + timedelta(days=1)},
        {"closes_at": CLOSES - timedelta(days=1), "extended_from": CLOSES},
        {"eligible": 7},
        {"accepts_until": CLOSES + timedelta(hours=9)},
    ],
)
def test_the_database_knows_no_other_way(wave, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        Wave.objects.filter(pk=wave.pk).update(**change)
