"""How an operation of the API is described for the table of who may do what."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ORG = "/api/v1/orgs/{org}"
VIEWER, OPS_LEAD, OWNER = "viewer", "ops_lead", "owner"


@dataclass(frozen=True)
class Operation:
    """How to call one operation, for a row and for its organisation."""

    address: str
    scope: str
    row: Callable[..., Any]
    # One row is addressed, several of one organisation, or those of every visible one.
    shows: str
    read: Callable[[dict], list[int]]
    # The row that the address names, where the rows shown stand below it.
    parent: str = ""
    # An export has a connection of its own, which sees only what is committed.
    committed: bool = False
    # Who reads it at least.
    role: str = VIEWER
    # Whether other rows of the organisation are shown beside it.
    beside_others: bool = False
    # Whether every tenant reads the same rows.
    shared: bool = False


@dataclass(frozen=True)
class Write:
    """How to write through one operation: to which row's address, with which scope and body."""

    scope: str
    row: Callable[..., Any]
    body: dict | list | Callable[[Any], dict]
    done: int = 200
    role: str = OPS_LEAD
    # What a key needs besides, to hand it out.
    beside: tuple[str, ...] = ()
    # Whether every tenant writes below the same row, what is theirs alone.
    shared: bool = False


def results(body: dict) -> list[int]:
    return [row["id"] for row in body["results"]]


def own_id(body: dict) -> list[int]:
    return [body["id"]]


def lists(
    noun: str,
    scope: str,
    row: Callable[..., Any],
    read: Callable[[Any], list[Any]] = results,
    **more: Any,
) -> dict[str, Operation]:
    address = f"{ORG}/{noun}"
    return {f"GET {address}": Operation(address, scope, row, "organisation", read, **more)}


def reads(
    noun: str, scope: str, row: Callable[..., Any], name: str = "{id}", **more: Any
) -> dict[str, Operation]:
    address = f"{ORG}/{noun}/{name}"
    return {f"GET {address}": Operation(address, scope, row, "row", own_id, **more)}


def below(
    address: str,
    scope: str,
    row: Callable[..., Any],
    parent: str = "",
    read: Callable[[Any], list[Any]] = results,
    **more: Any,
) -> dict[str, Operation]:
    """What stands below one row: about the row itself, or what names it as its `parent`."""
    address = f"{ORG}/{address}"
    return {f"GET {address}": Operation(address, scope, row, "row", read, parent=parent, **more)}
