"""Refusals that a user can act on. Pages show them, the API answers 409 with the code."""


class DomainError(Exception):
    """An operation was refused and nothing changed. The message is shown to people."""

    code = "refused"


class AlreadySubmitted(DomainError):
    """A submitted assessment is part of the record and can no longer change."""

    code = "already_submitted"


class Incomplete(DomainError):
    """Something that the operation needs is missing."""

    code = "incomplete"


class Conflict(DomainError):
    """Somebody else changed the same thing meanwhile."""

    code = "conflict"


class InvalidPack(DomainError):
    """A rubric pack or question bank does not hold what it must; the message names where."""

    code = "invalid_pack"


class VersionExists(DomainError):
    """This version was published with other content; a published version never changes."""

    code = "version_exists"


class RubricRetired(DomainError):
    """A retired rubric version takes no new assessments."""

    code = "rubric_retired"


class CyclicTree(DomainError):
    """A unit would stand below itself at some date."""

    code = "cyclic_tree"


class AlreadyErased(DomainError):
    """This person or account was erased before; nothing but its id is left."""

    code = "already_erased"


class Stale(DomainError):
    """What the change was based on is no longer what stands there: look again first."""

    code = "stale"


class FindingOver(DomainError):
    """The pitfall cleared, so nothing is left to decide about it."""

    code = "finding_resolved"


class NotIndependent(DomainError):
    """Who would approve or validate this has written it, asked for it, or leads product ops."""

    code = "not_independent"


class AlreadyDecided(DomainError):
    """This was validated, refused, superseded or withdrawn before."""

    code = "already_decided"


class LastOwner(DomainError):
    """Nobody would own the organisation any more."""

    code = "last_owner"


class UnsafeUpload(DomainError):
    """A file that is too large, empty, or not of a kind that is kept as evidence."""

    code = "unsafe_upload"
