"""The entity data model: what OData clients are told about the feed's tables."""

from collections.abc import Iterable
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

from reports.feed.tables import TABLES, Column, Table
from reports.feed.tables.base import Kind

NAMESPACE = "Plumbline"
CONTAINER = "Feed"
KEY = "id"
EDM: dict[Kind, str] = {
    "integer": "Edm.Int64",
    "number": "Edm.Double",
    "string": "Edm.String",
    "boolean": "Edm.Boolean",
    "date": "Edm.Date",
    "moment": "Edm.DateTimeOffset",
}
# What JSON cannot tell by itself, as full metadata names it.
ANNOTATED: dict[Kind, str] = {
    "integer": "#Int64",
    "number": "#Double",
    "date": "#Date",
    "moment": "#DateTimeOffset",
}
MICROSECONDS = "6"


def set_name(table: Table) -> str:
    """The entity set of a table: area_levels is AreaLevels."""
    return "".join(part.title() for part in table.name.split("_"))


def type_name(table: Table) -> str:
    return f"{set_name(table)}Row"


ENTITY_SETS = {set_name(table): table for table in TABLES}


def service_document(root: str) -> dict[str, Any]:
    """What there is, below the address `root`."""
    return {
        "@odata.context": f"{root}$metadata",
        "value": [{"name": name, "kind": "EntitySet", "url": name} for name in ENTITY_SETS],
    }


@cache
def metadata() -> bytes:
    """The `$metadata` document (CSDL in XML, OData 4.0)."""
    edmx = ET.Element(
        "edmx:Edmx",
        {"xmlns:edmx": "http://docs.oasis-open.org/odata/ns/edmx", "Version": "4.0"},
    )
    schema = ET.SubElement(
        ET.SubElement(edmx, "edmx:DataServices"),
        "Schema",
        {"xmlns": "http://docs.oasis-open.org/odata/ns/edm", "Namespace": NAMESPACE},
    )
    for table in ENTITY_SETS.values():
        _describe(schema, table)
    container = ET.SubElement(schema, "EntityContainer", {"Name": CONTAINER})
    for name, table in ENTITY_SETS.items():
        kind = {"Name": name, "EntityType": f"{NAMESPACE}.{type_name(table)}"}
        ET.SubElement(container, "EntitySet", kind)
    document: bytes = ET.tostring(edmx, encoding="utf-8", xml_declaration=True)
    return document


def context_of(root: str, table: Table, selected: Iterable[Column] | None, entity: bool) -> str:
    """The `@odata.context` of rows; `selected` is None where all columns are shown."""
    names = "" if selected is None else f"({','.join(column.name for column in selected)})"
    return f"{root}$metadata#{set_name(table)}{names}{'/$entity' if entity else ''}"


def _describe(schema: ET.Element, table: Table) -> None:
    entity = ET.SubElement(schema, "EntityType", {"Name": type_name(table)})
    ET.SubElement(ET.SubElement(entity, "Key"), "PropertyRef", {"Name": KEY})
    for column in table.columns:
        facets = {"Name": column.name, "Type": EDM[column.kind]}
        if not column.nullable:
            facets["Nullable"] = "false"
        if column.kind == "moment":
            facets["Precision"] = MICROSECONDS
        ET.SubElement(entity, "Property", facets)
