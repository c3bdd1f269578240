"""The privacy gate: what may be shown of anonymous answers. Pure.

Every figure that leaves the survey passes here, whatever it is for. `judge_item` is the gate,
one item and all groups at a time; `labels` is what happens before, at opening.
"""

from surveys.privacy.decisions import (
    DETAIL_FROM,
    HIDDEN,
    Decision,
    Thresholds,
    decide,
    decide_comments,
    may_show_detail,
    may_show_turnout,
)
from surveys.privacy.gate import Answers, Groups, Ledger, judge_item, may_publish, publish
from surveys.privacy.labels import Labels, kept_labels, merged_labels
from surveys.privacy.overlap import differs_safely
from surveys.privacy.people import People, Rule, count, union
from surveys.privacy.tree import release

__all__ = [
    "DETAIL_FROM",
    "HIDDEN",
    "Answers",
    "Decision",
    "Groups",
    "Labels",
    "Ledger",
    "People",
    "Rule",
    "Thresholds",
    "count",
    "decide",
    "decide_comments",
    "differs_safely",
    "judge_item",
    "kept_labels",
    "may_publish",
    "may_show_detail",
    "may_show_turnout",
    "merged_labels",
    "publish",
    "release",
    "union",
]
