"""Pages for people who are asked. A link is the only credential, and no page leaves a trace."""

from surveys.views.answering import respond
from surveys.views.results import results

__all__ = ["respond", "results"]
