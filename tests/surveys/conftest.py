"""A published bank, a roster, and waves that people answer."""

import time
from collections.abc import Callable, Iterable

import pytest
from django.db import connection

from maturity.models import Organization, Person
from surveys.models import BankVersion, Invitation, Wave, WaveSecret
from surveys.services.answers import Submission, submit_response
from surveys.services.banks import publish_bank
from surveys.services.invitations import token_for
from surveys.services.traces import remove_traces
from surveys.services.waves import create_wave, open_wave, override_follow_up
from tests.factories import PersonFactory, PlacementFactory
from tests.packs import shipped_bank

# The pulse's agree5 items; GAT2 is the reversed one.
RATINGS = ("LEV1", "ANA1", "EXP1", "RES1", "TOO3", "FBK1", "ONB3", "GAT1", "GAT2", "AUT1")


def hire(organization: Organization, count: int) -> list[Person]:
    """Put PMs on the roster."""
    people = PersonFactory.create_batch(count, organization=organization)
    for person in people:
        PlacementFactory(person=person)
    return people


def open_anyway(wave: Wave) -> Wave:
    """Open a draft although nobody was told yet what came of the last wave."""
    return open_wave(override_follow_up(wave, reason="It is only a test.", by=None))


def tokens(wave: Wave) -> list[str]:
    """The tokens of a wave's links, as the mails carry them."""
    secret = bytes(WaveSecret.objects.get(wave=wave).secret)
    rows = wave.invitations.values_list("pk", "link_number")
    return [token_for(secret, pk, number) for pk, number in rows]


def answer(wave: Wave, sheets: Iterable[Submission]) -> None:
    """Submit one sheet after the other, each for a person who has not answered yet."""
    waiting = Invitation.objects.filter(wave=wave, responded=False).order_by("pk")
    for invitation, sheet in zip(list(waiting), sheets, strict=False):
        submit_response(invitation, sheet)


def ratings(value: int, **other: int) -> Submission:
    """A sheet that gives every rating item one value, save those named."""
    return Submission(dict.fromkeys(RATINGS, value) | other)


def database_parameters() -> dict:
    """How psycopg reaches the test's database, for a connection of one's own."""
    parameters = connection.get_connection_params()
    return {key: parameters[key] for key in ("dbname", "user", "host", "port") if key in parameters}


def clean_up() -> int:
    """Remove traces; autovacuum's own look at the tables may be in the way for a moment."""
    deadline = time.monotonic() + 20
    while not (cleaned := remove_traces()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return cleaned


@pytest.fixture
def bank(db: None) -> BankVersion:
    """The shipped bank, published."""
    version, _is_new = publish_bank(shipped_bank())
    return version


@pytest.fixture
def draft(organization: Organization, bank: BankVersion) -> Wave:
    return create_wave(organization, title="Spring pulse")


@pytest.fixture
def opened(draft: Wave) -> Callable[[int], Wave]:
    """Open the draft for so many PMs."""

    def _opened(people: int = 12) -> Wave:
        hire(draft.organization, people)
        return open_wave(draft)

    return _opened
