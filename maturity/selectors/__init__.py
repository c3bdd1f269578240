"""Reads that cross models, one noun a file. Reads of the record take `as_of`, `known_at`."""

from maturity.selectors.area_levels import AreaNow, areas_now, capabilities_beside
from maturity.selectors.confidence import confidence_in_force
from maturity.selectors.drafts import draft_diff
from maturity.selectors.exemptions import exemptions_in_force, exemptions_known, verdict_of
from maturity.selectors.facts import digest_of, facts_for
from maturity.selectors.revisions import revised
from maturity.selectors.scores import (
    effective_scores,
    effective_scores_of_all,
    known_now,
    last_recorded,
)
from maturity.selectors.standing import (
    FullStanding,
    Standing,
    brief_standing_of,
    levels_of,
    standing_of,
    standings,
    standings_of_many,
)
from maturity.selectors.successions import homes, last_parents, successors
from maturity.selectors.targets import targets_in_force, targets_known
from maturity.selectors.timeline import Timeline, timeline_of
from maturity.selectors.units import UnitNode, unit_tree
from maturity.selectors.work import WorkList, work_list

__all__ = [
    "AreaNow",
    "FullStanding",
    "Standing",
    "Timeline",
    "UnitNode",
    "WorkList",
    "areas_now",
    "brief_standing_of",
    "capabilities_beside",
    "confidence_in_force",
    "digest_of",
    "draft_diff",
    "effective_scores",
    "effective_scores_of_all",
    "exemptions_in_force",
    "exemptions_known",
    "facts_for",
    "homes",
    "known_now",
    "last_parents",
    "last_recorded",
    "levels_of",
    "revised",
    "standing_of",
    "standings",
    "standings_of_many",
    "successors",
    "targets_in_force",
    "targets_known",
    "timeline_of",
    "unit_tree",
    "verdict_of",
    "work_list",
]
