"""Confidential mode: waves of a series are linked, people are not named, and the link ends."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from surveys.errors import SeriesEnded, WaveNotClosed, WaveRefused
from surveys.models import (
    IntakeComment,
    IntakeResponse,
    Invitation,
    ReleasedChange,
    Response,
    Series,
    SeriesSecret,
    Wave,
)
from surveys.services.answers import submit_response
from surveys.services.reopening import reopen_wave
from surveys.services.retention import delete_due_answers
from surveys.services.series import change_series, create_series, end_series, plan_series
from surveys.services.series_secrets import link_for
from surveys.services.waves import close_wave, open_wave
from tests.surveys.conftest import hire, ratings, tokens
from tests.surveys.factories import SeriesFactory, WaveFactory

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
MONTHLY = {"title": "Pulse", "rule": "FREQ=MONTHLY;BYDAY=1TU", "starts_on": date(2026, 1, 1)}
CONFIDENTIAL = {**MONTHLY, "mode": "confidential"}
PEOPLE = 12


@pytest.fixture(autouse=True)
def _january():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def series(organization, bank) -> Series:
    hire(organization, PEOPLE)
    return create_series(organization, **CONFIDENTIAL)


def held(series, sheets, *, closing=True) -> Wave:
    """Open the next planned wave, answer it person by person, close it."""
    wave = series.waves.planned().order_by("opens_on").first()
    wave.override_reason = "a test"
    wave.save()
    with time_machine.travel(wave.due_at, tick=False):
        open_wave(wave)
        invited = Invitation.objects.filter(wave=wave).order_by("person_id")
        for invitation, sheet in zip(invited, sheets, strict=False):
            submit_response(invitation, sheet)
    if closing:
        with time_machine.travel(wave.due_at + timedelta(days=20), tick=False):
            close_wave(wave)
    wave.refresh_from_db()
    return wave


LOW = [ratings(4, ANA1=value) for value in (2, 1, 3, 2, 4, 2, 1, 3, 2, 2, 1, 3)]
HIGH = [ratings(4, ANA1=value) for value in (4, 5, 4, 4, 5, 3, 4, 5, 4, 4, 5, 4)]


def links(wave, table=Response):
    return {bytes(row.link) for row in table.objects.filter(wave=wave) if row.link is not None}


class TestLinks:
    def test_the_same_person_carries_the_same_link_in_every_wave(self, series):
        first, second = held(series, LOW), held(series, HIGH)

        assert len(links(first)) == PEOPLE
        assert links(first) == links(second)

    def test_the_link_is_the_hmac_of_the_person_under_the_series_secret(self, series):
        wave = held(series, LOW)

        secret = bytes(SeriesSecret.objects.get(series=series).secret)
        people = Invitation.objects.filter(wave=wave).values_list("person_id", flat=True)
        assert links(wave) == {link_for(secret, person) for person in people}

    def test_two_series_share_no_link(self, series, organization):
        other = create_series(organization, **{**CONFIDENTIAL, "title": "Other"})

        assert not links(held(series, LOW)) & links(held(other, LOW))

    def test_the_secret_is_made_when_the_first_wave_opens_and_only_once(self, series):
        assert not SeriesSecret.objects.exists()

        held(series, LOW)
        secret = bytes(SeriesSecret.objects.get().secret)
        held(series, LOW)

        assert bytes(SeriesSecret.objects.get().secret) == secret
        assert len(secret) == 32

    def test_an_anonymous_series_has_neither_secret_nor_link(self, organization, bank):
        hire(organization, PEOPLE)
        wave = held(create_series(organization, **MONTHLY), LOW)

        assert not SeriesSecret.objects.exists()
        assert links(wave) == set()

    def test_a_comment_is_never_linked(self):
        assert "link" not in {field.name for field in IntakeComment._meta.get_fields()}

    def test_links_go_with_the_answers(self, series):
        wave = held(series, LOW)

        delete_due_answers(at=wave.closed_at + timedelta(days=400))

        assert not Response.objects.exists()


class TestComparison:
    def test_ten_pairs_are_compared_with_themselves(self, series):
        held(series, LOW)
        held(series, HIGH)

        change = ReleasedChange.objects.get(key="ANA1", kind="item")
        # All twelve rose: of 2^12 ways to set the signs, two are as far from 0.
        assert change.is_paired is True
        assert change.p == pytest.approx(2 / 2**12)

    def test_nine_pairs_are_not(self, series):
        held(series, LOW[:9])
        held(series, HIGH[:9])

        assert ReleasedChange.objects.get(key="ANA1", kind="item").is_paired is False

    def test_anonymous_waves_are_never_paired(self, organization, bank):
        hire(organization, PEOPLE)
        series = create_series(organization, **MONTHLY)
        held(series, LOW)
        held(series, HIGH)

        assert ReleasedChange.objects.get(key="ANA1", kind="item").is_paired is False


class TestStricter:
    def test_waves_take_the_mode_of_their_series(self, series):
        assert set(series.waves.values_list("mode", flat=True)) == {"confidential"}

    def test_no_series_becomes_confidential_later(self, organization, bank):
        series = create_series(organization, **MONTHLY)

        with pytest.raises(ValidationError, match="promised") as refused:
            change_series(series, mode="confidential")

        assert list(refused.value.message_dict) == ["mode"]
        with pytest.raises(IntegrityError, match="anonymous and stays so"), transaction.atomic():
            Series.objects.update(mode="confidential")

    def test_only_a_wave_of_a_series_is_confidential(self, organization, bank):
        with (
            pytest.raises(IntegrityError, match="wave_confidential_only_in_series"),
            transaction.atomic(),
        ):
            WaveFactory(organization=organization, mode="confidential")

    def test_becoming_anonymous_forgets_every_link(self, series):
        closed = held(series, LOW)
        still_open = held(series, LOW, closing=False)

        change_series(series, mode="anonymous")

        assert set(series.waves.values_list("mode", flat=True)) == {"anonymous"}
        assert not SeriesSecret.objects.exists()
        assert links(closed) == links(still_open, IntakeResponse) == set()

    def test_a_link_stored_meanwhile_goes_at_closing(self, series):
        wave = held(series, LOW, closing=False)
        change_series(series, mode="anonymous")
        IntakeResponse.objects.filter(wave=wave).update(link=b"x" * 32)

        close_wave(Wave.objects.get(pk=wave.pk))

        assert links(wave) == set()
        assert Response.objects.filter(wave=wave).count() == PEOPLE


class TestEnd:
    def test_ending_deletes_the_secret_and_what_is_planned(self, series):
        wave = held(series, LOW)
        Wave.objects.filter(pk=wave.pk).update(traces_removed_at=NOW)

        end_series(series)

        assert not SeriesSecret.objects.exists()
        assert list(series.waves.all()) == [wave]
        assert plan_series(series.pk) == []
        wave.refresh_from_db()
        # The deleted secret still lies in the files until they are rewritten.
        assert wave.traces_removed_at is None

    def test_not_while_a_wave_is_open(self, series):
        held(series, LOW, closing=False)

        with pytest.raises(WaveNotClosed):
            end_series(series)

        series.refresh_from_db()
        assert (series.ended_at, series.waves.planned().count() > 0) == (None, True)

    def test_what_ended_stays_ended(self, series):
        end_series(series)

        for again in (end_series, lambda ended: change_series(ended, title="Again")):
            with pytest.raises(SeriesEnded):
                again(series)
        with pytest.raises(IntegrityError, match="has ended"), transaction.atomic():
            Series.objects.update(ended_at=None)

    def test_its_waves_are_not_opened_again(self, series):
        wave = held(series, LOW)
        end_series(series)

        with (
            time_machine.travel(wave.closed_at + timedelta(days=1), tick=False),
            pytest.raises(WaveRefused, match="has ended"),
        ):
            reopen_wave(wave, closes_on=wave.closed_at.date() + timedelta(days=9))


class TestPages:
    def test_the_row_shown_is_the_row_stored_its_link_included(self, series, client):
        wave = held(series, [], closing=False)
        token = tokens(wave)[0]
        with time_machine.travel(wave.opens_at, tick=False):
            page = client.get(reverse("surveys:respond", args=[token])).content.decode()
            client.post(reverse("surveys:respond", args=[token]), {"LEV1": "4"})

        shown = re.search(r"link&quot;: &quot;([0-9a-f]{64})&quot;", page)
        assert shown is not None
        assert links(wave, IntakeResponse) == {bytes.fromhex(shown[1])}
        for word in ("data-confidential", "data-link", "confidential, not anonymous"):
            assert word in page
        assert "nobody, you included" not in page

    def test_an_anonymous_page_shows_an_empty_link(self, opened, client):
        page = client.get(reverse("surveys:respond", args=[tokens(opened())[0]])).content.decode()

        assert "link&quot;: null" in page
        assert "data-confidential" not in page
        assert "data-link" not in page

    def test_a_lead_ends_a_series(self, login, ana, organization, bank):
        series = SeriesFactory(organization=organization)
        lead = login(ana)

        asked = lead.get(reverse("admin:surveys_series_end", args=[series.pk]))
        unsure = lead.post(reverse("admin:surveys_series_end", args=[series.pk]))
        done = lead.post(
            reverse("admin:surveys_series_end", args=[series.pk]), {"sure": "on"}, follow=True
        )

        assert "no way back" in asked.content.decode()
        assert unsure.status_code == 200
        page = done.content.decode()
        assert "data-ended" in page
        assert "data-edit" not in page
        again = lead.post(reverse("admin:surveys_series_end", args=[series.pk]), {"sure": "on"})
        assert "has ended" in again.content.decode()

    @pytest.mark.parametrize(("who", "status"), [("vera", 403), ("carl", 404)])
    def test_others_do_not(self, who, status, request, login, organization):
        series = SeriesFactory(organization=organization)

        url = reverse("admin:surveys_series_end", args=[series.pk])
        assert login(request.getfixturevalue(who)).post(url, {"sure": "on"}).status_code == status
