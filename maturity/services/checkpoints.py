"""Judge an organisation without replaying what was replayed before."""

from datetime import date

from maturity.insights import Checkpoint, Digests, Facts, Thresholds, Verdict, resume
from maturity.models import Organization, ReplayCheckpoint


def judge_onwards(
    organization: Organization,
    facts: Facts,
    *,
    as_of: date,
    thresholds: Thresholds,
    digests: Digests,
) -> list[Verdict]:
    """What run_checks() concludes, from the last month that still is what it was; two queries.

    The caller holds the record's lock. Whoever deletes the checkpoints gets the same verdicts.
    """
    rows = ReplayCheckpoint.objects.for_organization(organization)
    kept = [
        Checkpoint(end, digest, tuple(memories))
        for end, digest, memories in rows.values_list("period_end", "digest", "memories")
    ]
    verdicts, made = resume(facts, kept, as_of=as_of, thresholds=thresholds, digests=digests)
    ReplayCheckpoint.objects.bulk_create(
        [
            ReplayCheckpoint(
                organization=organization,
                period_end=each.end,
                digest=each.digest,
                memories=list(each.memories),
            )
            for each in made
        ],
        update_conflicts=True,
        unique_fields=["organization", "period_end"],
        update_fields=["digest", "memories"],
    )
    return verdicts
