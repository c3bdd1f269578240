"""What opening a draft would freeze, and what stands in its way; nothing is done here."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from maturity.models import Person
from surveys.banks import PM, PM_NEW, BankRules, Instrument, select_items, with_parts
from surveys.errors import NotFollowedUp, WaveNotDraft, WaveRefused
from surveys.models import Question, Series, Wave
from surveys.planning import exists
from surveys.services.audiences import Audience, audience_on, questions_for
from surveys.services.follow_ups import missing_follow_up
from surveys.services.groups import Eligible, placed_in_units
from surveys.services.languages import plan_languages, shown_in
from surveys.services.schedule import closing_instant, last_day
from surveys.services.translations import Standing


@dataclass(frozen=True)
class OpeningPlan:
    """What opening a draft now would freeze."""

    audience: Audience
    opens_on: date
    questions: tuple[Question, ...]
    languages: tuple[Standing, ...]
    opens_at: datetime
    closes_at: datetime
    accepts_until: datetime

    @property
    def people(self) -> tuple[Person, ...]:
        return tuple(person for person, _label in self.audience.people)


def plan_opening(wave: Wave, *, opens_at: datetime) -> OpeningPlan:
    """Work out what opening at that moment means, without doing it; at most six queries.

    Raises WaveNotDraft, or WaveRefused saying what stands in the way.
    """
    if wave.status != Wave.Status.DRAFT:
        raise WaveNotDraft(_("This wave was opened already; what it asks can no longer change."))
    _refuse_second_open_wave(wave)
    _refuse_without_follow_up(wave)
    rules = wave.bank.definition()
    questions = questions_of(wave, rules)
    if not questions:
        raise WaveRefused(_("The question bank holds no questions for this survey."))
    opens_on = _opening_day(wave, opens_at=opens_at)
    audience = audience_on(wave, questions, on=opens_on)
    _refuse_small_audience(wave, audience, on=opens_on)
    closes_at = _closing(wave, rules, opens_on=opens_on, opens_at=opens_at)
    return OpeningPlan(
        audience=audience,
        opens_on=opens_on,
        questions=tuple(questions_for(questions, audience.labels)),
        languages=tuple(plan_languages(wave)),
        opens_at=opens_at,
        closes_at=closes_at,
        accepts_until=closes_at + timedelta(minutes=rules.rules.field_time.grace_minutes),
    )


def questions_of(wave: Wave, rules: BankRules) -> list[Question]:
    """What a draft would ask its audience, in order; nothing if the bank lacks the instrument."""
    if wave.instrument == Series.Instrument.CUSTOM:
        instrument: Instrument | None = Instrument(items=tuple(wave.item_keys))
    else:
        instrument = rules.instruments.get(wave.instrument)
    if instrument is None:
        return []
    wanted = with_parts(wave.audiences)
    return select_items(wave.bank.questions.all(), instrument, audiences=wanted)


def would_be_asked(wave: Wave, plan: OpeningPlan) -> list[Eligible]:
    """Everybody in the plan with what their answers may tell of them; one query."""
    offered = [wave.bank.language, *(row.translation.language for row in plan.languages)]
    units = placed_in_units(wave, [person.pk for person in plan.people], on=plan.opens_on)
    return [
        Eligible(person.pk, label, units.get(person.pk), shown_in(person.language, offered))
        for person, label in plan.audience.people
    ]


def _refuse_second_open_wave(wave: Wave) -> None:
    same = {"series": wave.series_id, "cohort_day": wave.cohort_day}
    siblings = Wave.objects.for_organization(wave.organization).open()
    for name, value in same.items():
        siblings = siblings.filter(**({name: value} if value else {f"{name}__isnull": True}))
    other = siblings.first()
    if other is not None:
        raise WaveRefused(
            _("“%(title)s” is still open. Close it first: one survey at a time.")
            % {"title": other.title}
        )


def _refuse_without_follow_up(wave: Wave) -> None:
    if wave.override_reason:
        return
    last = missing_follow_up(wave)
    if last is not None:
        raise NotFollowedUp(
            _(
                "“%(title)s” has no published “you said, we did” yet. Publish it first, or give "
                "a reason that everybody who is asked will read."
            )
            % {"title": last.title}
        )


def _opening_day(wave: Wave, *, opens_at: datetime) -> date:
    """The day a wave opens: the planned one, unless that has passed by on the own clocks."""
    today = opens_at.astimezone(wave.organization.zone).date()
    return max(wave.opens_on, today) if wave.opens_on else today


def _refuse_small_audience(wave: Wave, audience: Audience, *, on: date) -> None:
    """A wave for PMs needs k of them, any other k of those it is for."""
    for_pms = PM in wave.audiences
    if audience.people and (not for_pms or audience.labels & {PM, PM_NEW}):
        return
    count = sum(audience.too_few.get(role, 0) for role in (PM, PM_NEW))
    details = {
        "day": date_format(on),
        "count": count,
        "k": wave.k,
    }
    if not for_pms:
        raise WaveRefused(
            _(
                "On %(day)s the roster holds too few people whom this survey is for. It needs at "
                "least %(k)s of a kind, because results of fewer people are never shown."
            )
            % details
        )
    if not count:
        raise WaveRefused(
            _("Nobody is a product manager on the roster on %(day)s. Add people first.") % details
        )
    message = ngettext(
        "Only %(count)s product manager is on the roster on %(day)s. A survey needs at least "
        "%(k)s, because results of fewer people are never shown.",
        "Only %(count)s product managers are on the roster on %(day)s. A survey needs at least "
        "%(k)s, because results of fewer people are never shown.",
        count,
    )
    raise WaveRefused(message % details)


def _closing(wave: Wave, rules: BankRules, *, opens_on: date, opens_at: datetime) -> datetime:
    organization = wave.organization
    day = wave.closes_on or last_day(
        organization,
        opens_on=opens_on,
        working_days_open=rules.rules.field_time.working_days_open,
    )
    closes_at = closing_instant(day, organization.zone)
    if not exists(day, organization.zone) or closes_at <= opens_at:
        raise WaveRefused(
            _("The survey cannot close on %(day)s: choose a later day.") % {"day": date_format(day)}
        )
    return closes_at
