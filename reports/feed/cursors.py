"""Signed, opaque positions in a feed."""

from dataclasses import dataclass

from django.core import signing

_SALT = "plumbline.feed.cursor"


class BadCursor(Exception):
    """The text is no cursor of ours, or one of another query."""


@dataclass(frozen=True)
class Cursor:
    """`seq` is the last row's; `began_at` the high water when the first page was read."""

    seq: int
    began_at: int

    def sign(self, fingerprint: str) -> str:
        return signing.dumps([self.seq, self.began_at, fingerprint], salt=_SALT)


def read_cursor(text: str, fingerprint: str) -> Cursor:
    """Raises BadCursor when it was tampered with or belongs to other filters."""
    try:
        seq, began_at, belongs_to = signing.loads(text, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadCursor from error
    if belongs_to != fingerprint:
        raise BadCursor
    return Cursor(seq, began_at)
