"""Files that go with a mail, by event: the settings name who has them, nobody here knows them."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

from maturity.models import Notification


class Attachment(NamedTuple):
    """One file of a mail."""

    name: str
    content: bytes
    media_type: str


def attachments_of(notification: Notification) -> list[Attachment]:
    """The files that a notification's mail carries, read when it is sent; mostly none."""
    path = settings.MAIL_ATTACHMENTS.get(notification.event)
    if path is None:
        return []
    find: Callable[[Notification], Iterable[Attachment]] = import_string(path)
    return list(find(notification))
