"""The demo's surveys: what was asked before Plumbline, one that was answered, one that waits."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from maturity.models import Organization, User
from maturity.services.imports import import_file
from reports.services.demo.signals.files import between, csv_file
from reports.services.demo.stories import CONTENT, MIXED, UNHAPPY, Story
from surveys.models import FollowUp, Invitation, Question, Wave, WaveItem, WaveSecret
from surveys.services.answers import Submission, submit_response
from surveys.services.follow_ups import publish_follow_up, save_follow_up
from surveys.services.invitations import link_for, token_for
from surveys.services.waves import close_wave, create_wave, open_wave

# How people answer an item where product ops is in their way, as weights of the answers 1 to 5;
# where it helps they are content. GAT2 says that one waits for a sign-off: agreeing is bad news.
_MOOD = {"ANA1": CONTENT, "EXP1": MIXED, "FBK1": UNHAPPY, "GAT1": UNHAPPY, "TOO3": UNHAPPY}
_MOOD["GAT2"] = CONTENT
_CONTENT_MOOD = {"GAT2": tuple(reversed(CONTENT)), "LEV1": MIXED}
_COMMENTS = (
    "Stop asking for a review when only a label changes.",
    "The research library is hard to search, so I ask around.",
    "More ready-made dashboards like the one for activation.",
    "Say what would turn a no into a yes.",
    "Start a short list of launches that need no review.",
    "The roadmap hub saves me a weekly deck. Keep it.",
    "Fewer templates, better ones.",
    "Help with recruiting participants made our last study possible.",
    "Publish what other teams learned in one place.",
    "Retire the insight digest, nobody reads it.",
    "Office hours for experiment set-up would help.",
    "Tell us earlier when a gate changes.",
)
_RESPONDING = 0.8
_HEARD = "Launches wait for sign-offs, and nobody says what would turn a no into a yes."
_DOING = "From next month on, launches on a short list need no review; each no names its remedy."
_HEARD_CONTENT = (
    "Most of you find your way alone. Half a working week still goes into status reports."
)
_DOING_CONTENT = "The weekly status report ends in January; the dashboards say the same, every day."
_RECOMMEND = (1, 1, 1, 1, 2, 3, 4, 5, 5, 3, 2)
_RECOMMEND_CONTENT = (0, 0, 0, 1, 1, 2, 2, 5, 7, 6, 5)

RESPONSES = "round_key respondent_key item_key value is_na group_keys scale_min scale_max"
ELIGIBLE = "round_key group_key eligible"
_ASKED_BEFORE = ("ANA1", "EXP1", "RES1", "TOO3", "FBK1", "ONB3", "GAT1", "AUT1")
_QUARTER = timedelta(days=91)


def import_past_waves(story: Story, organization: Organization, lead: User, today: date) -> None:
    """Bring in the quarterly surveys of before, which get better wave by wave."""
    if not story.waves:
        return
    rounds = [today - _QUARTER * back for back in range(story.waves, 0, -1)]
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
            unit = story.units[person % len(story.units)][0]
            for item in _ASKED_BEFORE:
                weights = CONTENT if seed.random() < share else MIXED
                value = seed.choices(range(1, 6), weights)[0]
                yield _round_key(day), f"p{person:02}", item, value, "false", unit, 1, 5


def _eligible(story: Story, rounds: list[date]) -> Iterator[tuple[object, ...]]:
    for number, day in enumerate(rounds):
        people = round(between(story.pms, number / len(rounds)))
        yield _round_key(day), None, people
        for place, (key, _name) in enumerate(story.units):
            yield _round_key(day), key, len(range(place, people, len(story.units)))


def run_closed_wave(organization: Organization, *, content: bool) -> None:
    """Open a pulse, answer it for most PMs, release it; where all is well, say what follows."""
    wave = open_wave(create_wave(organization, title="First pulse"))
    seed = random.Random(organization.slug)  # noqa: S311
    items = [
        item.question for item in WaveItem.objects.filter(wave=wave).select_related("question")
    ]
    invitations = list(Invitation.objects.filter(wave=wave))
    for number, invitation in enumerate(invitations[: round(len(invitations) * _RESPONDING)]):
        submit_response(invitation, _submission(items, seed, number, content=content))
    close_wave(wave)
    if content:
        _tell_what_follows(organization, heard=_HEARD_CONTENT, doing=_DOING_CONTENT)


def _submission(
    items: list[Question], seed: random.Random, number: int, *, content: bool
) -> Submission:
    moods, usual = (_CONTENT_MOOD, CONTENT) if content else (_MOOD, MIXED)
    answers: dict[str, int] = {}
    comments: dict[str, str] = {}
    for question in items:
        if question.scale == "text":
            if number < len(_COMMENTS) and not content:
                comments[question.key] = _COMMENTS[number]
        elif question.scale == "recommend11":
            weights = _RECOMMEND_CONTENT if content else _RECOMMEND
            answers[question.key] = seed.choices(range(11), weights)[0]
        else:
            answers[question.key] = seed.choices(range(1, 6), moods.get(question.key, usual))[0]
    return Submission(answers=answers, comments=comments)


def open_link(organization: Organization) -> str | None:
    """A link that nobody answered yet; a new wave is opened where none is open."""
    wave = Wave.objects.for_organization(organization).open().first()
    if wave is None:
        _tell_what_follows(organization, heard=_HEARD, doing=_DOING)
        wave = open_wave(create_wave(organization, title="Second pulse"))
    invitation = Invitation.objects.filter(wave=wave, responded=False).first()
    if invitation is None:
        return None
    secret = bytes(WaveSecret.objects.get(wave=wave).secret)
    return link_for(token_for(secret, invitation.pk))


def _tell_what_follows(organization: Organization, *, heard: str, doing: str) -> None:
    """Nobody is asked again before they were told what came of the last time."""
    last = Wave.objects.for_organization(organization).filter(status=Wave.Status.CLOSED).first()
    if last is not None and not FollowUp.objects.published().filter(wave=last).exists():
        lead = User.objects.filter(memberships__organization=organization).first()
        publish_follow_up(save_follow_up(last, heard=heard, doing=doing, by=lead))
