"""What whoever runs this installation looks at: the feed's stamps, keys, speed and exports."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from maturity.models import ApiKey, SyncChange
from reports.feed.exports import slots_in_use
from reports.feed.tables import TABLES
from reports.services.durations import durations_of

KEYS_PER_PAGE = 50
# Stamping runs every second; a change that waits for longer than this waits for a reason.
LATE_SECONDS = 10


@require_safe
@login_required
def operation(request: HttpRequest) -> HttpResponse:
    """For operators alone; to everybody else there is no such page."""
    if not getattr(request.user, "is_superuser", False):
        raise Http404
    now = timezone.now()
    oldest = SyncChange.objects.aggregate(oldest=Min("dirty_since"))["oldest"]
    waiting = None if oldest is None else (now - oldest).total_seconds()
    keys = (
        ApiKey.objects.usable(at=now)
        .annotate(opened=Count("organizations"))
        .order_by("last_used_at", "pk")
    )
    context = {
        "now": now,
        "oldest": oldest,
        "waiting": waiting,
        "is_late": waiting is not None and waiting > LATE_SECONDS,
        "page": Paginator(keys, KEYS_PER_PAGE).get_page(request.GET.get("page")),
        "durations": durations_of(table.name for table in TABLES),
        "slots_used": slots_in_use(),
        "slots": settings.EXPORT_SLOTS,
    }
    return render(request, "reports/operation.html", context)
