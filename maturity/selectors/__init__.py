"""Reads that cross models, one noun a file. Reads of the record take `as_of`, `known_at`."""

from maturity.selectors.area_levels import AreaNow, areas_now, capabilities_beside
from maturity.selectors.confidence import confidence_in_force
from maturity.selectors.drafts import draft_diff
from maturity.selectors.exemptions import exemptions_in_force, exemptions_known, verdict_of
from maturity.selectors.facts import digest_of, facts_for
from maturity.selectors.scores import (
    effective_scores,
    effective_scores_of_all,
    effective_scores_on,
    known_now,
    last_recorded,
)
from maturity.selectors.standing import (
    Standing,
    standing_of,
    standings,
    standings_of_many,
    standings_on,
)
from maturity.selectors.successions import homes, last_parents, successors
from maturity.selectors.targets import targets_in_force, targets_known
from maturity.selectors.units import UnitNode, unit_tree
from maturity.selectors.work import WorkList, work_list

__all__ = [
    "AreaNow",
    "Standing",
    "UnitNode",
    "WorkList",
    "areas_now",
    "capabilities_beside",
    "confidence_in_force",
    "digest_of",
    "draft_diff",
    "effective_scores",
    "effective_scores_of_all",
    "effective_scores_on",
    "exemptions_in_force",
    "exemptions_known",
    "facts_for",
    "homes",
    "known_now",
    "last_parents",
    "last_recorded",
    "standing_of",
    "standings",
    "standings_of_many",
    "standings_on",
    "successors",
    "targets_in_force",
    "targets_known",
    "unit_tree",
    "verdict_of",
    "work_list",
]
