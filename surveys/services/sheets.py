"""What one person is asked, in which words: the questions behind a link."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import ceil

from surveys.banks import BankRules, Wording
from surveys.models import Invitation, Question, Wave, WaveItem
from surveys.planning import minutes_of
from surveys.services.allotments import put_to
from surveys.services.languages import frozen_languages, shown_in, wording_in


@dataclass(frozen=True)
class Sheet:
    """An invitation's questions in their order, with the words of one of the wave's languages.

    `languages`: the codes on offer. `is_draft`: these words are a translation that two reviewers
    had not approved when the wave opened. `minutes`: how long these questions take.
    """

    invitation: Invitation
    questions: tuple[Question, ...]
    rules: BankRules
    wording: Wording
    language: str
    languages: tuple[str, ...]
    is_draft: bool
    minutes: int


def sheet_for(invitation: Invitation, *, language: str = "") -> Sheet:
    """The sheet behind a link, in the language asked for or the person's own; two queries."""
    wave = invitation.wave
    items = list(wave.items.select_related("question"))
    questions = put_to(items, audience=invitation.audience, group=invitation.group)
    frozen = frozen_languages(wave)
    offered = list(frozen)
    chosen = language if language in offered else shown_in(invitation.shown_in, offered)
    row = frozen[chosen]
    return Sheet(
        invitation=invitation,
        questions=tuple(questions),
        rules=wave.bank.definition(),
        wording=wording_in(wave, row, questions),
        language=chosen,
        languages=tuple(offered),
        is_draft=row is not None and row.draft,
        minutes=minutes_for(wave, items, questions),
    )


def minutes_for(wave: Wave, items: Collection[WaveItem], asked: Sequence[Question]) -> int:
    """How long one person's questions take, in whole minutes.

    Whoever is asked all of a wave's items takes as long as the bank says its instrument does;
    who is asked a part of them, as long as that part.
    """
    planned = wave.planned_minutes() if len(asked) == len(items) else None
    return planned or ceil(minutes_of(asked))
