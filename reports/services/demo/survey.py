"""The demo's surveys: what was asked before Plumbline, one that was answered, one that waits."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from maturity.models import Organization, User
from maturity.services.imports import import_file
from reports.services.demo.asked import ASKED, COMMENTS, Asked
from reports.services.demo.signals.files import between, csv_file
from reports.services.demo.stories import CONTENT, MIXED, Story
from surveys.banks import PM
from surveys.models import Invitation, Question, Wave, WaveItem, WaveSecret
from surveys.services.answers import Submission, submit_response
from surveys.services.follow_ups import publish_follow_up, save_follow_up
from surveys.services.invitations import link_for, token_for
from surveys.services.releases.answers import is_for
from surveys.services.waves import change_draft, close_wave, create_wave, open_wave

_RESPONDING = 0.8
_WISH = "OPN1"

RESPONSES = "round_key respondent_key item_key value is_na group_keys scale_min scale_max"
ELIGIBLE = "round_key group_key eligible"
_ASKED_BEFORE = ("ANA1", "EXP1", "RES1", "TOO3", "FBK1", "ONB3", "GAT1", "AUT1")
_QUARTER = timedelta(days=91)
# For so long they have asked with Plumbline.
_QUARTERS_OF_OWN = 2


def import_past_waves(story: Story, organization: Organization, lead: User, today: date) -> None:
    """Bring in the quarterly surveys of before, which get better wave by wave."""
    if not story.waves:
        return
    last = _QUARTERS_OF_OWN
    rounds = [today - _QUARTER * (last + back) for back in range(story.waves, 0, -1)]
    import_file(
        organization,
        "survey_responses",
        csv_file(RESPONSES, _past_answers(story, rounds)),
        name="survey_responses.csv",
        by=lead,
        options={"groups": "tree", "eligible": csv_file(ELIGIBLE, _eligible(story, rounds))},
    )


def _round_key(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


def _past_answers(story: Story, rounds: list[date]) -> Iterator[tuple[object, ...]]:
    seed = random.Random(f"{story.slug} before")  # noqa: S311
    for number, day in enumerate(rounds):
        share = number / len(rounds)
        people = round(between(story.pms, share))
        for person in range(round(people * _RESPONDING)):
            unit = story.unit_of(person)
            for item in _ASKED_BEFORE:
                weights = CONTENT if seed.random() < share else MIXED
                value = seed.choices(range(1, 6), weights)[0]
                yield _round_key(day), f"p{person:02}", item, value, "false", unit, 1, 5


def _eligible(story: Story, rounds: list[date]) -> Iterator[tuple[object, ...]]:
    for number, day in enumerate(rounds):
        people = round(between(story.pms, number / len(rounds)))
        yield _round_key(day), None, people
        for key, count in Counter(map(story.unit_of, range(people))).items():
            yield _round_key(day), key, count


def run_closed_waves(organization: Organization, lead: User, today: date) -> None:
    """Ask what was asked, at its time: most PMs answer, all are told what follows."""
    for asked in ASKED.get(organization.slug, ()):
        seed = random.Random(f"{organization.slug} {asked.days}")  # noqa: S311
        opens_at = _tuesday_at_ten(today - timedelta(days=asked.days), organization)
        wave = open_wave(_draft(organization, asked.title, asked.instrument), opens_at=opens_at)
        items = [
            item.question for item in WaveItem.objects.filter(wave=wave).select_related("question")
        ]
        # In the order of the roster: the links themselves are random.
        invitations = list(Invitation.objects.filter(wave=wave).order_by("person"))
        for number, invitation in enumerate(invitations[: round(len(invitations) * _RESPONDING)]):
            submission = _submission(asked, items, seed, number)
            submit_response(invitation, submission, at=opens_at + timedelta(hours=number))
        close_wave(wave, at=wave.closes_at)
        _tell_what_follows(wave, asked, lead)


def _draft(organization: Organization, title: str, instrument: str) -> Wave:
    """In English and German, which nobody at the organisation has approved yet."""
    wave = create_wave(organization, title=title, instrument=instrument)
    return change_draft(wave, languages=["de"], allow_draft_translations=True)


def _tuesday_at_ten(day: date, organization: Organization) -> datetime:
    """The last Tuesday up to a day, when mail reaches people at work."""
    tuesday = day - timedelta(days=(day.weekday() - 1) % 7)
    return datetime.combine(tuesday, time(10), organization.zone)


def _tell_what_follows(wave: Wave, asked: Asked, lead: User) -> None:
    """Nobody is asked again before they were told what came of the last time."""
    follow_up = save_follow_up(wave, heard=asked.heard, doing=asked.doing, by=lead)
    if wave.closes_at is not None:
        publish_follow_up(follow_up, at=wave.closes_at + timedelta(days=6))


def _submission(
    asked: Asked, items: list[Question], seed: random.Random, number: int
) -> Submission:
    answers: dict[str, int] = {}
    comments: dict[str, str] = {}
    for question in items:
        if not is_for(question, PM):
            continue
        if question.scale == "text":
            if asked.comments and question.key == _WISH and number < len(COMMENTS):
                comments[question.key] = COMMENTS[number]
        elif question.scale == "hours":
            answers[question.key] = min(60, max(0, round(seed.gauss(asked.hours, 2.5))))
        elif question.scale == "recommend11":
            answers[question.key] = seed.choices(range(11), asked.recommend)[0]
        else:
            answers[question.key] = _agreement(asked, question, seed)
    return Submission(answers=answers, comments=comments)


def _agreement(asked: Asked, question: Question, seed: random.Random) -> int:
    weights = asked.moods.get(question.key, asked.usual)
    return seed.choices(range(1, 6), weights[::-1] if question.reverse else weights)[0]


def open_link(organization: Organization) -> str | None:
    """A link that nobody answered yet; a new wave is opened where none is open."""
    wave = Wave.objects.for_organization(organization).open().first()
    if wave is None:
        wave = open_wave(_draft(organization, "Second pulse", Wave.Instrument.PULSE))
    invitation = Invitation.objects.filter(wave=wave, responded=False).first()
    if invitation is None:
        return None
    secret = bytes(WaveSecret.objects.get(wave=wave).secret)
    return link_for(token_for(secret, invitation.pk))
