"""Bodies of rows: JSON or CSV, bounded, handed on as they came."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import IO, Any

import orjson
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.parsers import BaseParser

MAX_ROWS = 10_000
MAX_BYTES = 16 * 1024 * 1024


class TooMuch(exceptions.APIException):
    """More than one request may bring."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_many_rows"
    default_detail = _("At most 10,000 rows and 16 MB a request: send the rest in another one.")


class JsonParser(BaseParser):
    """JSON as RFC 8259 has it: bounded, without NaN, lone surrogates or null characters."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body: bytes = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise TooMuch
        try:
            data = orjson.loads(body)
        except ValueError as exc:
            raise exceptions.ParseError(_("The body is not JSON.")) from exc
        if b"\\u0000" in body:
            _refuse_null(data)
        return data


class RawParser(BaseParser):
    """Gives the bytes; who reads them knows what they mean."""

    def parse(  # type: ignore[override]  # any value may stand for request.data
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        body: bytes = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise TooMuch
        return body


class RawJsonParser(RawParser):
    media_type = "application/json"


class RawCsvParser(RawParser):
    media_type = "text/csv"


def json_rows(body: bytes) -> Sequence[object]:
    """Return the objects of a JSON list; each is judged on its own later."""
    try:
        rows = json.loads(body, parse_float=str, parse_int=str, parse_constant=_refuse)
    except (ValueError, RecursionError) as exc:
        raise exceptions.ParseError(_("The body is not JSON.")) from exc
    if not isinstance(rows, list):
        raise exceptions.ParseError(_("The body is not a list of rows."))
    if len(rows) > MAX_ROWS:
        raise TooMuch
    return rows


def csv_rows(body: bytes) -> bytes:
    """Return a CSV file that holds no more rows than one request may bring."""
    lines = body.count(b"\n") + (not body.endswith(b"\n"))
    if lines - 1 > MAX_ROWS:
        raise TooMuch
    return body


def _refuse_null(data: Any) -> None:
    """PostgreSQL stores none, in text as little as in JSON. Raises, naming the field if it can."""
    text = _("Null characters are not allowed.")
    for name, value in data.items() if isinstance(data, dict) else ():
        if _holds_null(value):
            raise exceptions.ValidationError({name: [text]})
    if _holds_null(data):
        raise exceptions.ParseError(text)


def _holds_null(data: Any) -> bool:
    waiting = [data]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str) and "\x00" in part:
            return True
        if isinstance(part, dict):
            waiting += [*part.keys(), *part.values()]
        elif isinstance(part, list):
            waiting += part
    return False


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
