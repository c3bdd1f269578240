"""What asking and answering refuse, in words for the person who tried."""

from maturity.errors import DomainError


class WaveRefused(DomainError):
    """A wave cannot be opened as things are; the message says what to do first."""

    code = "wave_refused"


class NotFollowedUp(WaveRefused):
    """The people asked last time have not been told what came of it."""

    code = "not_followed_up"


class AlreadyPublished(DomainError):
    """What was published to everybody who was asked can no longer change."""

    code = "already_published"


class WaveNotDraft(DomainError):
    """The wave was opened already; what was asked is frozen."""

    code = "wave_not_draft"


class WaveNotOpen(DomainError):
    """Only an open wave can be closed."""

    code = "wave_not_open"


class WaveNotClosed(DomainError):
    """Only a closed wave can be opened again."""

    code = "wave_not_closed"


class LinkUnknown(DomainError):
    """No invitation belongs to this link."""

    code = "link_unknown"


class NotYetOpen(DomainError):
    """The wave is announced, but answering has not begun."""

    code = "not_yet_open"


class TooLate(DomainError):
    """The wave takes no answers any more."""

    code = "too_late"


class AlreadyAnswered(DomainError):
    """This invitation was answered; there is one response per person."""

    code = "already_answered"


class SeriesEnded(DomainError):
    """The series was ended for good; nothing of it goes on."""

    code = "series_ended"


class LinkRevoked(DomainError):
    """The invitation behind this link was taken back."""

    code = "link_revoked"


class LinkReplaced(DomainError):
    """A newer link took the place of this one."""

    code = "link_replaced"


class ReviewRefused(DomainError):
    """This does not count as a review of the translation."""

    code = "review_refused"
