"""Reading an OpenAPI document: what is referred to stands somewhere else."""

from typing import Any


def followed(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """The part itself, or what its reference leads to."""
    reference = part.get("$ref")
    if reference is None:
        return part
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found
