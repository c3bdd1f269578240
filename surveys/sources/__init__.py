"""What we accept of surveys that somebody else ran: one row per answer, or one per person."""

from surveys.sources.answers import Answer, read_answers
from surveys.sources.eligible import read_eligible
from surveys.sources.mapping import Mapping, load_mapping
from surveys.sources.wide import read_wide

__all__ = ["Answer", "Mapping", "load_mapping", "read_answers", "read_eligible", "read_wide"]
