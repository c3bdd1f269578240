"""Parts of pages that are kept until what they show has changed.

A part is made once for all who may see the same. Its key holds the address, the language, the
clock's zone and the organisations' revision: one that is out of date is never found again, so
nothing has to be deleted. What the clock alone changes is shown KEPT_PAGES_SECONDS late at most.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.http import HttpRequest
from django.utils import timezone, translation


class Kept:
    """The parts of one page, for `{% kept %}` of the template tags.

    `revision` is that of the organisations whose data the page shows, as `selectors.revised()`
    read it before; `by` is whatever else they depend on, such as the reader's rights, by its
    repr(). `make` reads what the parts are rendered from, once and only where one has to be;
    what it raises is the page's answer. Whether the reader may see the page at all is asked
    before, every time.
    """

    def __init__(
        self,
        request: HttpRequest,
        make: Callable[[], Mapping[str, Any]],
        *,
        revision: Sequence[object],
        by: Iterable[object] = (),
    ) -> None:
        self._make = make
        self._told = (request.get_full_path(), revision, *by)

    @cached_property
    def context(self) -> Mapping[str, Any]:
        return self._make()

    def part(self, name: str, render: Callable[[], str]) -> str:
        """One part, as it was kept or as it is rendered now."""
        if not settings.KEPT_PAGES_SECONDS:
            return render()
        parts, key = caches["pages"], self._key(name)
        found: str | None = parts.get(key)
        if found is None:
            found = render()
            parts.set(key, found, settings.KEPT_PAGES_SECONDS)
        return found

    def _key(self, name: str) -> str:
        spoken = (translation.get_language(), timezone.get_current_timezone_name())
        told = repr((name, *spoken, *self._told))
        return sha256(told.encode()).hexdigest()
