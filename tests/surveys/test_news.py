"""What an organisation is told of its waves: that one is over, and that results can be read."""

import threading

import pytest
from django.db import connection

from maturity.models import Delivery, Notification
from surveys.models import Release
from surveys.services.news import tell_closed
from surveys.services.waves import close_wave
from tests.factories import OrganizationFactory
from tests.reports.scenes import release
from tests.surveys.conftest import answer, ratings


def told():
    return list(Notification.objects.order_by("pk").values_list("event", "title", "data"))


def test_closing_tells_that_it_is_over_and_that_results_are_released(opened, ana):
    wave = opened(6)
    answer(wave, [ratings(4)] * 6)

    close_wave(wave)

    about = {"name": "Spring pulse", "wave_id": wave.pk}
    assert told() == [
        ("wave.closed", "The survey “Spring pulse” is closed", about),
        ("wave.results_released", "The results of “Spring pulse” are released", about),
    ]
    assert Delivery.objects.filter(user=ana).count() == 2


@pytest.mark.django_db(transaction=True)
def test_told_three_times_at_once_it_is_one_row_each():
    release(OrganizationFactory(), {})
    released = Release.objects.select_related("wave__organization").get()

    def tell():
        try:
            tell_closed(released.wave, released)
        finally:
            connection.close()

    threads = [threading.Thread(target=tell) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [event for event, _title, _data in told()] == ["wave.closed", "wave.results_released"]
