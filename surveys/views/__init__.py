"""Pages for people who are asked. A link is the only credential, and no page leaves a trace."""

from surveys.views.answering import respond
from surveys.views.opt_outs import opt_out
from surveys.views.results import results

__all__ = ["opt_out", "respond", "results"]
