"""The demo's surveys: one that was answered and released, one that waits for an answer."""

import random

from maturity.models import Organization, User
from surveys.models import FollowUp, Invitation, Wave, WaveItem, WaveSecret
from surveys.services.answers import Submission, submit_response
from surveys.services.follow_ups import publish_follow_up, save_follow_up
from surveys.services.invitations import link_for, token_for
from surveys.services.waves import close_wave, create_wave, open_wave

# How people at Northlight tend to answer, as weights of the answers 1 to 5.
_CONTENT = (1, 2, 4, 9, 5)
_MIXED = (2, 5, 6, 5, 2)
_UNHAPPY = (5, 8, 4, 3, 1)
_MOOD = {"ANA1": _CONTENT, "EXP1": _MIXED, "FBK1": _UNHAPPY, "GAT1": _UNHAPPY, "TOO3": _UNHAPPY}
# GAT2 says that one waits for a sign-off: agreeing is bad news.
_MOOD["GAT2"] = _CONTENT
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
_RESPONDING = 21
_HEARD = "Launches wait for sign-offs, and nobody says what would turn a no into a yes."
_DOING = "From next month on, launches on a short list need no review; each no names its remedy."


def run_closed_wave(organization: Organization) -> None:
    """Open a pulse, answer it for most PMs, close and release it."""
    wave = open_wave(create_wave(organization, title="First pulse"))
    seed = random.Random(organization.slug)  # noqa: S311
    items = [
        item.question for item in WaveItem.objects.filter(wave=wave).select_related("question")
    ]
    invitations = list(Invitation.objects.filter(wave=wave))
    for number, invitation in enumerate(invitations[:_RESPONDING]):
        answers: dict[str, int] = {}
        comments: dict[str, str] = {}
        for question in items:
            if question.scale == "text":
                if number < len(_COMMENTS):
                    comments[question.key] = _COMMENTS[number]
            elif question.scale == "recommend11":
                answers[question.key] = seed.choices(range(11), (1, 1, 1, 1, 2, 3, 4, 5, 5, 3, 2))[
                    0
                ]
            else:
                mood = _MOOD.get(question.key, _MIXED)
                answers[question.key] = seed.choices(range(1, 6), mood)[0]
        submit_response(invitation, Submission(answers=answers, comments=comments))
    close_wave(wave)


def open_link(organization: Organization) -> str | None:
    """A link that nobody answered yet; a new wave is opened where none is open."""
    wave = Wave.objects.for_organization(organization).open().first()
    if wave is None:
        _tell_what_follows(organization)
        wave = open_wave(create_wave(organization, title="Second pulse"))
    invitation = Invitation.objects.filter(wave=wave, responded=False).first()
    if invitation is None:
        return None
    secret = bytes(WaveSecret.objects.get(wave=wave).secret)
    return link_for(token_for(secret, invitation.pk))


def _tell_what_follows(organization: Organization) -> None:
    """Nobody is asked again before they were told what came of the last time."""
    last = Wave.objects.for_organization(organization).filter(status=Wave.Status.CLOSED).first()
    if last is not None and not FollowUp.objects.published().filter(wave=last).exists():
        lead = User.objects.filter(memberships__organization=organization).first()
        publish_follow_up(save_follow_up(last, heard=_HEARD, doing=_DOING, by=lead))
