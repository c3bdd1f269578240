"""The shape of a feed table: columns with where they come from and what they mean.

A row starts from its publication state `c` (SyncChange) and joins everything else to it, so
that a deleted row is the same row with every column null but its keys.
"""

from dataclasses import dataclass
from typing import Any, Literal

from maturity.insights.disclosure import BAND
from maturity.insights.evidence import FEW_PEOPLE

Kind = Literal["integer", "number", "string", "boolean", "date", "moment"]


@dataclass(frozen=True)
class Column:
    """`sql` gives a value of PostgreSQL's own type: bigint, double precision, text and so on."""

    name: str
    sql: str
    kind: Kind
    meaning: str
    example: Any
    # A key is there on a tombstone, too.
    is_key: bool = False
    nullable: bool = True

    @property
    def as_native(self) -> str:
        """The value in a type that columnar formats carry: 64 bits wide, moments with a zone."""
        return f"({self.sql})::{_NATIVE[self.kind]}"

    @property
    def as_text(self) -> str:
        """The value as every text format writes it."""
        return moment(self.sql) if self.kind == "moment" else self.sql

    @property
    def as_json(self) -> str:
        """SQL for the value's JSON text; never null."""
        if self.kind == "moment":
            text = f"'\"' || {moment(self.sql)} || '\"'"
        elif self.kind in {"string", "date"}:
            text = f"to_json({self.sql})::text"
        else:
            text = f"({self.sql})::text"
        return f"coalesce({text}, 'null')"


@dataclass(frozen=True)
class Table:
    """One feed table. `row_id` is null where the row is gone."""

    name: str
    summary: str
    row: str
    joins: str
    row_id: str
    created_at: str
    filters: dict[str, str]
    columns: tuple[Column, ...]

    @property
    def noun(self) -> str:
        """The name as types are named: AreaLevels."""
        return "".join(word.title() for word in self.name.split("_"))

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]


_NATIVE = {
    "integer": "bigint",
    "number": "double precision",
    "string": "text",
    "boolean": "boolean",
    "date": "date",
    "moment": "timestamptz",
}


def moment(sql: str) -> str:
    """UTC with always six digits: equal moments are equal text, and text sorts like time."""
    return f"""to_char({sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def keys(noun: str) -> tuple[Column, ...]:
    return (
        Column("id", "c.entity_id", "integer", f"Id of the {noun}.", 4711, True, False),
        Column(
            "organization_id",
            "c.organization_id",
            "integer",
            "Id of the organisation.",
            1,
            True,
            False,
        ),
        Column(
            "organization", "o.slug", "string", "Slug of the organisation.", "acme", True, False
        ),
    )


def unit() -> tuple[Column, ...]:
    """Of `s.unit_id`; needs UNIT_JOIN."""
    return (
        Column("unit_id", "s.unit_id", "integer", "Id of the unit; null: everybody.", None),
        Column("unit", "u.key", "string", "Key of the unit; null: the whole organisation.", None),
    )


UNIT_JOIN = "LEFT JOIN maturity_unit u ON u.id = s.unit_id"


def area(area_id: str) -> tuple[Column, ...]:
    """Of `a`, a row of maturity_area."""
    return (
        Column("area_id", area_id, "integer", "Id of the area.", 3),
        Column("area", "a.key", "string", "Key of the area.", "data_access"),
        Column("area_name", "a.name", "string", "Name of the area.", "Data access"),
    )


def capability() -> tuple[Column, ...]:
    """Of `s.capability_id`; needs CAPABILITY_JOIN."""
    return (
        *area("k.area_id"),
        Column("capability_id", "s.capability_id", "integer", "Id of the capability.", 9),
        Column("capability", "k.key", "string", "Key of the capability.", "event_taxonomy"),
        Column("capability_name", "k.name", "string", "Name of the capability.", "Event taxonomy"),
        *RUBRIC,
    )


RUBRIC = (
    Column("rubric", "r.key", "string", "Key of the rubric.", "product-ops-core"),
    Column("rubric_version", "r.version", "string", "Version of the rubric.", "1.0.0"),
)
CAPABILITY_JOIN = """
        LEFT JOIN maturity_capability k ON k.id = s.capability_id
        LEFT JOIN maturity_area a ON a.id = k.area_id
        LEFT JOIN maturity_rubricversion r ON r.id = k.rubric_id
"""
AREA_JOIN = """
        LEFT JOIN maturity_area a ON a.id = s.area_id
        LEFT JOIN maturity_rubricversion r ON r.id = a.rubric_id
"""
# Where the table itself does not say when a row came to be: when it was first published.
FIRST_SEEN = "CASE WHEN {row_id} IS NOT NULL THEN c.created_at END"


def recorded_at() -> Column:
    return Column(
        "recorded_at",
        "s.recorded_at",
        "moment",
        "When it was put on the record.",
        "2026-07-01T08:30:00.000000Z",
    )


def but_few(count: str) -> str:
    """SQL for a count of people; null where it is one of 1 to k - 1."""
    return f"CASE WHEN {count} NOT BETWEEN 1 AND {FEW_PEOPLE - 1} THEN {count} END"


def band(count: str) -> str:
    """SQL for the same as a band: as much as anybody may know."""
    return (
        f"CASE WHEN {count} = 0 THEN '0' WHEN {count} < {FEW_PEOPLE} THEN '{BAND}'"
        f" WHEN {count} >= {FEW_PEOPLE} THEN '{FEW_PEOPLE}+' END"
    )


def state(created_at: str, row_id: str) -> tuple[Column, ...]:
    return (
        Column(
            "created_at",
            created_at,
            "moment",
            "When the row came to be; it never changes.",
            "2026-07-01T08:30:00.000000Z",
        ),
        Column(
            "seq",
            "c.seq",
            "integer",
            "Position in the feed. Keep the greatest one and send it back as `since_seq`.",
            912,
            True,
            False,
        ),
        Column(
            "synced_at",
            "c.synced_at",
            "moment",
            "The same position as a time; send the greatest back as `updated_since`.",
            "2026-07-01T08:30:01.000912Z",
            True,
            False,
        ),
        Column(
            "is_deleted",
            f"{row_id} IS NULL",
            "boolean",
            "True: the row is gone, only its keys are left.",
            False,
            True,
            False,
        ),
    )
