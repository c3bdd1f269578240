"""Links of an open wave, person by person: take one back, or send a new one.

The page never reads who has answered; what is done here has the same outcome either way.
"""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext

from maturity.errors import DomainError
from surveys.admin.asking import AskingAdmin
from surveys.models import Invitation, Wave
from surveys.services.links import replace_link, revoke_link
from surveys.tasks import send_due_messages

PER_PAGE = 50
ACTS: dict[str, Callable[[Invitation], None]] = {"revoke": revoke_link, "replace": replace_link}


class LinksAdmin(AskingAdmin):
    """The page with a wave's links; the wave's own admin says who may see and change it."""

    _editable_wave: Callable[[HttpRequest, int], Wave]
    _page: Callable[..., HttpResponse]

    def get_urls(self) -> list[URLPattern]:
        links = path(
            "<int:wave_id>/links/",
            self.admin_site.admin_view(self.links_page),
            name="surveys_wave_links",
        )
        return [links, *super().get_urls()]

    def links_page(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        """Everybody who was invited; on POST one link is revoked or replaced."""
        wave = self._editable_wave(request, wave_id)
        invited = _invited(wave)
        if request.method == "POST":
            self._act(request, wave, invited)
            return redirect(request.get_full_path())
        asked = request.GET.get("q", "").strip()
        if asked:
            invited = invited.filter(
                Q(person__name__icontains=asked) | Q(person__email__icontains=asked)
            )
        shown = Paginator(invited, PER_PAGE).get_page(request.GET.get("page"))
        context = {"invited": shown, "asked": asked, "open": wave.status == Wave.Status.OPEN}
        return self._page(request, "links", wave, gettext("Links"), context)

    def _act(self, request: HttpRequest, wave: Wave, invited: QuerySet[Invitation]) -> None:
        act = ACTS.get(request.POST.get("do", ""))
        invitation = _chosen(invited, request.POST.get("invitation", ""))
        if act is None:
            raise Http404
        try:
            act(invitation)
        except DomainError as error:
            messages.error(request, str(error))
            return
        if act is replace_link:
            transaction.on_commit(send_due_messages.delay, robust=True)
            text, noted = gettext("A new link is on its way."), gettext("Replaced a link")
        else:
            text, noted = gettext("The link no longer works."), gettext("Revoked a link")
        messages.success(request, text)
        # Without a name: this log outlives the person's data.
        self.log_change(request, wave, noted)


def _invited(wave: Wave) -> QuerySet[Invitation]:
    """The invitations as far as a lead may know them."""
    rows = Invitation.objects.filter(wave=wave).select_related("person")
    return rows.only(
        "id", "wave_id", "state", "link_number", "person__name", "person__email"
    ).order_by("person__email", "id")


def _chosen(invited: QuerySet[Invitation], pk: str) -> Invitation:
    try:
        found = invited.filter(pk=pk).first()
    except ValidationError as error:
        raise Http404 from error
    if found is None:
        raise Http404
    return found
