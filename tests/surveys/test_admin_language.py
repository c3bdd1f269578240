"""A lead who reads German runs surveys: respondents and others are spoken to in their language."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.urls import reverse

from maturity.models import Event, Notification, NotificationChoice
from maturity.services.deliveries import send_due_deliveries
from maturity.services.payloads import payload_of
from surveys.models import Series
from surveys.services.messages import send_due_messages
from tests.surveys.conftest import answer, hire, ratings
from tests.surveys.factories import ReleaseFactory, SeriesFactory, WaveFactory


@pytest.fixture
def german(login, ana):
    ana.language = "de"
    ana.save()
    return login(ana)


def _post(client, name, row, form=None):
    return client.post(reverse(f"admin:surveys_{name}", args=[row.pk]), form or {})


def test_who_is_asked_is_mailed_in_the_words_of_the_survey(german, draft, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    hire(draft.organization, 5)

    _post(german, "wave_open", draft)
    send_due_messages()

    assert {sent.subject for sent in mail.outbox} == {
        "Spring pulse: your view of product ops at Acme"
    }


def test_that_a_wave_closed_is_stored_and_sent_in_english(german, vera, opened, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    wave = opened()
    NotificationChoice.objects.create(
        organization=wave.organization, user=vera, events=[Event.WAVE_CLOSED], rhythm="each"
    )
    answer(wave, [ratings(4)] * 6)

    _post(german, "wave_close", wave)
    send_due_deliveries()

    closed = Notification.objects.get(event="wave.closed")
    assert closed.title == "The survey “Spring pulse” is closed"
    assert b"is closed" in payload_of(closed)
    to_vera = [sent for sent in mail.outbox if sent.to == [vera.email]]
    to_ana = [sent for sent in mail.outbox if sent.to != [vera.email]]
    assert "is closed" in to_vera[0].body
    assert "is closed" not in to_ana[0].body


def test_why_a_series_slowed_down_is_stored_in_english(german, organization, bank):
    now = datetime.now(UTC)
    series = SeriesFactory(organization=organization)
    for days, rate in ((40, 0.5), (10, 0.4)):
        wave = WaveFactory(closed=True, organization=organization, series=series)
        ReleaseFactory(
            wave=wave, released_at=now - timedelta(days=days), response_rate=rate, responded=5
        )
    form = {
        "title": series.title,
        "instrument": series.instrument,
        "rule": series.rule,
        "starts_on": f"{series.starts_on:%Y-%m-%d}",
        "local_hour": series.local_hour,
        "roles": series.roles,
        "mode": series.mode,
    }

    answered = _post(german, "series_edit", series, form)

    assert answered.status_code == 302
    assert Series.objects.get().note.startswith("Fewer than 55 % answered twice in a row")
