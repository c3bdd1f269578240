"""Open planned waves when their time has come, or call them off and say why."""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from maturity.errors import DomainError
from surveys.errors import WaveRefused
from surveys.models import Invitation, Wave
from surveys.planning import FIGURES, Past, reason_to_skip
from surveys.services.allotments import planned_groups, refuse_beyond_budget, share_out
from surveys.services.cohorts import open_cohort
from surveys.services.follow_ups import missing_follow_up
from surveys.services.opening_plans import OpeningPlan, plan_opening, questions_of
from surveys.services.waves import cancel_wave, open_wave


def due_openings(*, at: datetime | None = None) -> list[int]:
    """The ids of the planned waves whose time has come."""
    due = Wave.objects.due_to_open(at=at or timezone.now())
    return list(due.order_by("due_at", "pk").values_list("pk", flat=True))


@transaction.atomic
def open_if_due(wave_id: int) -> Wave | None:
    """Open a planned wave that is due, or call it off with the reason on its row.

    Safe to run twice at once; returns the wave where this call dealt with it.
    """
    now = timezone.now()
    locked = Wave.objects.select_for_update(of=("self",)).select_related("organization", "series")
    wave: Wave | None = locked.due_to_open(at=now).filter(pk=wave_id).first()
    if wave is None:
        return None
    try:
        # The reason is stored, in English whoever's request this runs in.
        with translation.override(settings.LANGUAGE_CODE), transaction.atomic():
            if wave.cohort:
                return open_cohort(wave, now=now)
            refuse_to_open(wave, plan_opening(wave, opens_at=now))
            return open_wave(wave, opens_at=now)
    except DomainError as refusal:
        return cancel_wave(wave, reason=str(refusal)[:300])


def what_stands_in_the_way(wave: Wave, *, now: datetime) -> str:
    """Why a planned wave would be called off if it opened now; empty: it would open."""
    if wave.opens_on is None:
        return ""
    try:
        if wave.cohort:
            refuse_beyond_budget(wave, questions_of(wave, wave.bank.definition()))
            return ""
        plan = plan_opening(wave, opens_at=now)
        refuse_to_open(wave, plan)
        share_out(wave, plan.questions, planned_groups(wave, plan))
    except DomainError as refusal:
        return str(refusal)
    return ""


def refuse_to_open(wave: Wave, plan: OpeningPlan) -> None:
    """Raise WaveRefused where the bank's rules skip a wave of a series."""
    past = _past_of(wave, plan)
    reason = reason_to_skip(past, opens_on=plan.opens_on)
    rules = FIGURES.skipping
    if reason == "gap" and past.last_opened_on is not None:
        day = past.last_opened_on
        raise WaveRefused(
            _("The last one opened on %(day)s; at least %(days)d days lie between two.")
            % {"day": date_format(day), "days": rules.minimum_gap_days.value}
        )
    if reason == "not_shared":
        raise WaveRefused(_("The last results were not shared with those who were asked."))
    if reason == "joined_lately":
        raise WaveRefused(
            _("%(joined)d of %(count)d people were asked in another survey within %(days)d days.")
            % {"joined": past.joined, "count": past.audience, "days": rules.joined_days.value}
        )


def _past_of(wave: Wave, plan: OpeningPlan) -> Past:
    opened = Wave.objects.filter(series=wave.series_id).exclude(opens_at=None)
    last = opened.order_by("-opens_at").first()
    since = plan.opens_at - timedelta(days=FIGURES.skipping.joined_days.value)
    lately = Invitation.objects.filter(
        wave__organization=wave.organization_id,
        wave__opens_at__gte=since,
        person__in=[person.pk for person in plan.people],
    )
    return Past(
        last_opened_on=None if last is None else opened_on(last),
        shared=bool(wave.override_reason) or missing_follow_up(wave) is None,
        audience=len(plan.people),
        joined=lately.values("person").distinct().count(),
    )


def opened_on(wave: Wave) -> date:
    """The organisation's day on which a wave was opened."""
    opens_at = wave.opens_at or timezone.now()
    return wave.opens_on or opens_at.astimezone(wave.organization.zone).date()
