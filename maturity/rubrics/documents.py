"""Read a YAML file so that a fault in it can be named by line and key. Pure.

Less than YAML on purpose: no anchors, aliases or tags, bounded in size and depth. What is left
cannot grow while it is read, and every value stands on exactly one line.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

from maturity.errors import InvalidPack

Loader = yaml.SafeLoader | yaml.CSafeLoader

MAX_BYTES = 1_000_000
MAX_DEPTH = 20
# Enough to mend a file in a few rounds, short enough to be read.
MAX_FAULTS = 20

# libyaml reads ten times faster than PyYAML's own parser; wheels bring it, a bare build may not.
LOADER: type[Loader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A YAML file's content, and the line on which each of its keys and entries begins."""

    name: str
    content: Any
    lines: dict[Path, int] = field(repr=False)

    def line_of(self, path: Path) -> int:
        """The line of the place, or of the nearest one around it that the file holds."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def refuse(self, faults: list[tuple[Path, str]]) -> InvalidPack:
        """The refusal that names each fault by line and key, one per line of its message."""
        told = [
            f"{self.name}, line {self.line_of(path)}: "
            f"{'.'.join(map(str, path)) or 'file'}: {reason}"
            for path, reason in sorted(faults, key=lambda fault: self.line_of(fault[0]))
        ]
        if more := len(told) - MAX_FAULTS:
            told[MAX_FAULTS:] = [f"… and {more} more"] if more > 0 else []
        return InvalidPack("\n".join(told))


def load_yaml(raw: bytes | str) -> Any:
    """Plain YAML, safe types alone, for files that need no line numbers. Raises YAMLError."""
    return yaml.load(raw, Loader=LOADER)  # noqa: S506 - one of the two safe ones


def read_document(raw: bytes, *, name: str) -> Document:
    """Read one YAML document. Raises InvalidPack naming the line."""
    if len(raw) > MAX_BYTES:
        raise InvalidPack(f"{name}: is larger than {MAX_BYTES} bytes.")
    lines: dict[Path, int] = {}
    loader = None
    try:
        _refuse_what_grows(raw)
        loader = LOADER(raw)
        node = loader.get_single_node()
        content = None if node is None else _value(loader, node, (), lines)
    except (yaml.YAMLError, ValueError) as error:
        raise InvalidPack(f"{name}: {_told(error)}") from error
    finally:
        if loader is not None:
            loader.dispose()
    return Document(name, content, lines)


def _refuse_what_grows(raw: bytes) -> None:
    depth = 0
    for event in yaml.parse(raw, Loader=LOADER):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _fault(event, "anchors and aliases are not supported, write the text out")
        if getattr(event, "tag", None):
            raise _fault(event, "tags are not supported")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise _fault(event, f"nested deeper than {MAX_DEPTH} levels")


def _value(loader: Loader, node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(loader, part, (*path, place), lines) for place, part in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, path, lines)
    return _scalar(loader, node)


def _mapping(
    loader: Loader, node: yaml.MappingNode, path: Path, lines: dict[Path, int]
) -> dict[str | int, Any]:
    content: dict[str | int, Any] = {}
    for key_node, value_node in node.value:
        key = _scalar(loader, key_node) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str | int):
            raise _fault(key_node, "a key must be a word or a whole number")
        if key in content:
            raise _fault(key_node, f"the key {key!r} stands twice")
        lines[*path, key] = key_node.start_mark.line + 1
        content[key] = _value(loader, value_node, (*path, key), lines)
    return content


def _scalar(loader: Loader, node: yaml.Node) -> Any:
    try:
        value = loader.construct_object(node)
        if isinstance(value, str):
            value.encode()
    except ValueError as error:
        raise _fault(node, "is not a value that can be read") from error
    if isinstance(value, str) and "\0" in value:
        raise _fault(node, "holds the character NUL")
    return value


def _fault(place: Any, reason: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=reason, problem_mark=place.start_mark)


def _told(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return " ".join(str(error).split())
