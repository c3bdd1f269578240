"""Measure how long a table's answers take until they can be sent."""

import time
from typing import Any

from django.http import HttpResponseBase

from reports.feed.tables import Table
from reports.services.durations import note_duration


class Timed:
    """For a view of one `table`: a file counts until its first byte."""

    table: Table

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponseBase:
        began = time.perf_counter()
        response: HttpResponseBase = super().dispatch(*args, **kwargs)
        if response.status_code < 400:
            note_duration(self.table.name, time.perf_counter() - began)
        return response
