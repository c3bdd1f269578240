"""Call the writes of the table, each with its own body."""

import json
from typing import Any

from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.operations.writes import WRITES


def body_of(name: str, row: Any) -> Any:
    body = WRITES[name].body
    return body(row) if callable(body) else body


def call(client: Client, name: str, row: Any, body: Any, *, org: str = "", **headers: str) -> Any:
    """Send a body to an operation, as a form where there is a file in it."""
    method, _blank, path = name.partition(" ")
    address = path.format(
        org=org or row.organization.slug,
        id=row.pk,
        key=getattr(row, "key", ""),
        format_name="holidays",
    )
    if isinstance(body, dict) and "file" in body:
        body["file"].seek(0)
        sent, kind = encode_multipart(BOUNDARY, body), MULTIPART_CONTENT
    else:
        sent, kind = json.dumps(body), "application/json"
    return client.generic(method, address, sent, content_type=kind, headers=headers)
