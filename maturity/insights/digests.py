"""Digests of facts: equal digests mean equal inputs, row for row."""

import hashlib
from dataclasses import fields
from functools import lru_cache
from pathlib import Path

from maturity.insights.facts import Facts

# Whatever a judgement may depend on besides facts and thresholds.
_JUDGEMENT = ("insights", "stats")


class Digests:
    """Digests of facts that share most of their rows: each row is written out once."""

    def __init__(self) -> None:
        # The rows are kept, so that no other row can get the id of one that is gone.
        self._written: dict[int, tuple[object, bytes]] = {}

    def of(self, facts: Facts) -> str:
        """Return the SHA-256 (hexadecimal) of the facts in the order of their rows."""
        parts: list[bytes] = []
        for field in fields(facts):
            value = getattr(facts, field.name)
            parts.append(f"\n{field.name}:".encode())
            if isinstance(value, tuple):
                parts += map(self._row, value)
            else:
                rows = sorted(value) if isinstance(value, frozenset) else value
                parts += (f"\n{row!r}".encode() for row in rows)
        return hashlib.sha256(b"".join(parts)).hexdigest()

    def _row(self, row: object) -> bytes:
        found = self._written.get(id(row))
        if found is None:
            found = self._written[id(row)] = row, f"\n{row!r}".encode()
        return found[1]


@lru_cache(maxsize=1)
def judgement_digest() -> str:
    """Return the SHA-256 (hexadecimal) of the code and numbers that judge, as installed.

    What was remembered by other code is not built upon, and nobody has to raise a version.
    """
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for package in _JUDGEMENT:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in {".py", ".yaml"}:
                digest.update(f"\n{path.relative_to(root)}:".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
