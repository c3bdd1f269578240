"""Pages about notifications: what one wants to hear of, and the link that ends one's mails."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from maturity.forms import time_zones
from maturity.models import Event, Membership, NotificationChoice
from maturity.services.mails import find_subscription
from maturity.services.mails import unsubscribe as end_mails
from maturity.services.notifications import choose, wish_of


class ChoiceForm(forms.Form):
    """What a member hears of, how often, and when not."""

    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=Event.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    rhythm = forms.ChoiceField(
        label=_("How often"),
        choices=NotificationChoice.Rhythm.choices,
        widget=forms.RadioSelect,
    )
    timezone = forms.ChoiceField(label=_("Your time zone"), choices=time_zones)
    quiet_from = forms.TimeField(
        label=_("Quiet from"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    quiet_to = forms.TimeField(
        label=_("Quiet until"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notifications(request: HttpRequest, slug: str) -> HttpResponse:
    """A member's own choice in one organisation; 404 for who is no member of it."""
    mine = Membership.objects.select_related("organization", "user").filter(user=request.user.pk)
    membership = get_object_or_404(mine, organization__slug=slug)
    choice = NotificationChoice.objects.filter(
        organization=membership.organization, user=membership.user
    ).first()
    wish = wish_of(membership, choice)
    initial = {
        "events": sorted(wish.events),
        "rhythm": wish.rhythm,
        "timezone": str(wish.zone),
        "quiet_from": wish.quiet[0] if wish.quiet else None,
        "quiet_to": wish.quiet[1] if wish.quiet else None,
    }
    form = ChoiceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            choose(membership, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, gettext("Your choice is kept."))
            return redirect("maturity:notifications", slug)
    context = {"form": form, "organization": membership.organization}
    return render(request, "maturity/notifications.html", context)


@never_cache
@csrf_exempt  # mail programs post here by themselves (RFC 8058); the token is the authority
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask, and end the mails on POST: programs that open links only ever GET."""
    membership = find_subscription(token)
    done = membership is not None and request.method == "POST"
    if membership is not None and done:
        end_mails(membership)
    context = {"membership": membership, "done": done}
    return render(request, "maturity/unsubscribe.html", context, status=200 if membership else 404)
