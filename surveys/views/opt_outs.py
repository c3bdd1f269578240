"""No more mails: one click from a mail program, or a page for people. Looking changes nothing."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from surveys.errors import LinkUnknown
from surveys.services.opt_outs import Subscription, find_subscription
from surveys.services.opt_outs import opt_in as take_back
from surveys.services.opt_outs import opt_out as stop
from surveys.views.private import leaves_no_trace, page, preferred_language

ONE_CLICK = "One-Click"


# Exempt from the CSRF check as the answer page is: the link is the only credential, and a mail
# program that posts to it (RFC 8058) has neither cookie nor page.
@csrf_exempt
@leaves_no_trace
@require_http_methods(["GET", "HEAD", "POST"])
def opt_out(request: HttpRequest, token: str) -> HttpResponse:
    """Stop a person's mails, or take that back. Only POST changes anything."""
    try:
        subscription = find_subscription(token)
    except LinkUnknown:
        context = {"subscription": None}
        language = preferred_language(request)
        return page(request, "surveys/opt_out.html", context, status=404, language=language)
    if request.method == "POST":
        return _act(request, subscription)
    return page(
        request,
        "surveys/opt_out.html",
        {"subscription": subscription, "organization": subscription.person.organization},
        status=200,
        language=subscription.person.language,
        organization=subscription.person.organization,
    )


def _act(request: HttpRequest, subscription: Subscription) -> HttpResponse:
    if request.POST.get("List-Unsubscribe") == ONE_CLICK:
        stop(subscription)
        return HttpResponse(status=204)
    scope = request.POST.get("scope")
    if scope == "back":
        take_back(subscription)
    elif scope in {"series", "all"}:
        stop(subscription, everything=scope == "all")
    return HttpResponseRedirect(request.path, status=303)
