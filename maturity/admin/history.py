"""History pages: what the database wrote down about changes, for people to read."""

from datetime import datetime

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from maturity.models.history import event_models
from maturity.selectors.history import HistoryPage

TEMPLATE = "admin/history.html"


def is_tracked(model: type[Model]) -> bool:
    """Whether changes of this model are kept; of what never changes there are none."""
    return any(model is getattr(events, "pgh_tracked_model", None) for events in event_models())


def moment_asked_for(request: HttpRequest) -> datetime | None:
    """The moment before which the page is to go on; whatever cannot be read: from now."""
    try:
        moment = parse_datetime(request.GET.get("before", ""))
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def history_page(request: HttpRequest, row: Model, page: HistoryPage) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "opts": row._meta,
        "original": row,
        "title": _("History of %(row)s") % {"row": row},
        "history": page,
    }
    return render(request, TEMPLATE, context)
