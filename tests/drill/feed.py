"""Twenty writers for a minute, and four clients that keep nothing but their greatest position."""

from maturity.rubrics import SHIPPED, load_pack
from maturity.services.rubrics import publish_pack
from maturity.services.tenancy import create_organization
from tests.feed_writers import WRITERS, play

SECONDS = 60
LONGEST_TRANSACTION = 5


def run() -> bool:
    """Play it and say what came of it; whether every replica equals the tables."""
    organization = create_organization("feed-drill", name="Feed drill")
    rubric = publish_pack(load_pack(SHIPPED[0]))
    outcome = play(organization, rubric, seconds=SECONDS, longest=LONGEST_TRANSACTION)
    print(f"feed: {len(WRITERS)} writers for {SECONDS} s, transactions of up to", end=" ")
    print(f"{LONGEST_TRANSACTION} s: {outcome}", flush=True)
    for fault in outcome.faults:
        print(f"  {fault!r}", flush=True)
    return not (outcome.faults or outcome.lost or outcome.stale)
