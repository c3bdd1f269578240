"""What the demo organisations asked since they have Plumbline, and how people answered it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reports.services.demo.stories import CONTENT, MATURE, MIXED, SCALING, UNHAPPY
from surveys.models import Wave

Weights = tuple[int, ...]
PULSE, FULL = Wave.Instrument.PULSE, Wave.Instrument.FULL


@dataclass(frozen=True)
class Asked:
    """A wave that opened about `days` ago, and what people were told of it.

    `moods`: how people feel about what an item asks, as weights of the answers 1 to 5, for an
    item that is put the other way round in reverse; `hours`: what chores take them a week.
    """

    days: int
    title: str
    instrument: str
    heard: str
    doing: str
    usual: Weights = MIXED
    moods: Mapping[str, Weights] = field(default_factory=dict)
    recommend: Weights = (1, 1, 1, 1, 2, 3, 4, 5, 5, 3, 2)
    hours: float = 9.0
    comments: bool = False


def _moods(mood: Weights, *items: str) -> dict[str, Weights]:
    return dict.fromkeys(items, mood)


# Nobody at Northlight says that decisions are taken from them or that there is no way up.
_FINE = _moods(CONTENT, "AUT1", "AUT2", "CAR1", "CAR2", "EAR1")
# Before the reviews took days and the dashboards were there; and since.
_HELPED = _moods(CONTENT, "LEV1", "LEV2", "GAT1", "GAT2", "GAT3")
_BLIND = _moods(UNHAPPY, "ANA1", "ANA2", "ANA3", "TOO3", "FBK1")
_WAITING = _moods(UNHAPPY, "LEV1", "LEV2", "GAT1", "GAT2", "GAT3", "TOO2", "TOO3", "FBK1")
_SEEING = _moods(CONTENT, "ANA1", "ANA2", "ANA3")
# Meridian's tickets, surveys and interviews lie in one place, which PMs do not find.
_UNHEARD = _moods(UNHAPPY, "FBK1", "FBK2", "FBK3")
_WELL: Weights = (0, 0, 0, 1, 1, 2, 2, 5, 7, 6, 5)

ASKED: dict[str, tuple[Asked, ...]] = {
    SCALING.slug: (
        Asked(
            224,
            "First survey",
            FULL,
            heard="The numbers are somewhere else each time, and nobody trusts them.",
            doing="One set of dashboards with agreed definitions, team by team.",
            moods=_FINE | _HELPED | _BLIND,
        ),
        Asked(
            140,
            "First pulse",
            PULSE,
            heard="The dashboards help. The launch review takes longer with every launch.",
            doing="We count how long each review takes, and show it to everybody.",
            moods=_FINE | _WAITING | {"ANA1": MIXED, "LEV1": MIXED},
        ),
        Asked(
            63,
            "Second survey",
            FULL,
            heard="Launches wait for sign-offs, and nobody says what would turn a no into a yes.",
            doing="Launches on a short list need no review soon; each no names its remedy.",
            moods=_FINE | _WAITING | _SEEING,
            comments=True,
        ),
    ),
    MATURE.slug: (
        Asked(
            224,
            "First survey",
            FULL,
            heard="Most of you find your way alone. A whole day a week goes into reports.",
            doing="Dashboards replace two of the three monthly reports.",
            usual=CONTENT,
            moods=_UNHEARD | {"LEV1": MIXED},
            recommend=_WELL,
        ),
        Asked(
            63,
            "Second survey",
            FULL,
            heard="Half a working day still goes into status reports; feedback stays out of sight.",
            doing="The weekly status report ends; a team of PMs rebuilds the feedback space.",
            usual=CONTENT,
            moods=_UNHEARD,
            recommend=_WELL,
            hours=5.0,
        ),
    ),
}
COMMENTS = (
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
