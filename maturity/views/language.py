"""Choosing the language of the pages, without an account too."""

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from maturity.models import User
from maturity.services.tenancy import choose_language


@require_POST
def language(request: HttpRequest) -> HttpResponseBase:
    """Keep the choice in a cookie, and with the account of who is logged in; then go back.

    `next` leads nowhere but to a page of this installation.
    """
    chosen = request.POST.get("language", "")
    if isinstance(request.user, User) and chosen and check_for_language(chosen):
        choose_language(request.user, chosen)
    response: HttpResponseBase = set_language(request)
    return response
