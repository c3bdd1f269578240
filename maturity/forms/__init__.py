"""What people fill in, one noun a file."""

from maturity.forms.drafts import typed_of, values_of_typed
from maturity.forms.organizations import FirstOrganizationForm, time_zones
from maturity.forms.scope import NOTHING_SEEN, ScopeForm, moment_seen
from maturity.forms.score_sheet import (
    LEVELS,
    STATES,
    Fault,
    ScoreForm,
    ScoreSheetForm,
    WebAddressField,
    with_the_rest,
)

__all__ = [
    "LEVELS",
    "NOTHING_SEEN",
    "STATES",
    "Fault",
    "FirstOrganizationForm",
    "ScopeForm",
    "ScoreForm",
    "ScoreSheetForm",
    "WebAddressField",
    "moment_seen",
    "time_zones",
    "typed_of",
    "values_of_typed",
    "with_the_rest",
]
