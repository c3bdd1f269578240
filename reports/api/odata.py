"""OData v4 at /odata/v4/: the feed's tables for Power BI, Excel, Tableau and whoever speaks it.

The same door, keys and scope as the feed; read only. A 401 asks for Basic credentials, which is
what these clients can send: the key is the password.
"""

import re
import time
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAcceptable, NotFound
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from maturity.api.auth import KEY_PARAMETER, PasswordAuthentication, visible_organization_ids
from maturity.api.base import PrivateAnswers
from maturity.api.errors import handle
from maturity.api.renderers import to_json
from maturity.services.changes import stamp_batch
from reports.feed.odata import model, options
from reports.feed.odata.refusals import NotUnderstood
from reports.feed.odata.rows import (
    EntityQuery,
    Metadata,
    count_entities,
    fingerprint_of,
    read_entities,
    read_entity,
    read_position,
)
from reports.feed.tables import Table
from reports.services.durations import note_duration

VERSION = "4.0"
PAGE_SIZE = 5_000
MAX_PAGE_SIZE = 10_000
_LEVELS = ("none", "minimal", "full")
_MEDIA = "application/json;odata.metadata={};odata.streaming=true;IEEE754Compatible=false"
_MAX_PAGE_SIZE = re.compile(r"(?:^|[,;\s])(?:odata\.)?maxpagesize\s*=\s*\"?([0-9]{1,18})", re.ASCII)


class AsAsked(BaseContentNegotiation):
    """Each resource has one form; what of it is wanted is read where it is made."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        return next(iter(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class ODataView(PrivateAnswers, APIView):
    """One kind of resource. Its schema is `$metadata`, so it stands in no other."""

    http_method_names: ClassVar[list[str]] = ["get", "head"]
    authentication_classes = [PasswordAuthentication, SessionAuthentication]
    content_negotiation_class = AsAsked
    read_scope = "feed:read"
    schema = None
    known_options: tuple[str, ...] = ("$format",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        _refuse_old_clients(request)
        self.sent = _read_query(request)
        options.refuse_unknown(self.sent, self.known_options, (KEY_PARAMETER,))

    def get_exception_handler(self) -> Any:
        return refuse

    def finalize_response(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, *args, **kwargs)
        response["OData-Version"] = VERSION
        return response

    def root(self, request: Request) -> str:
        return str(request.build_absolute_uri(reverse("odata-service")))

    def table(self, name: str) -> Table:
        if name not in model.ENTITY_SETS:
            raise NotFound(_("There is no entity set %s.") % name)
        return model.ENTITY_SETS[name]

    def query(self, request: Request, name: str) -> EntityQuery:
        """Which rows; what is committed by now is numbered first, or it would not be seen."""
        table = self.table(name)
        query = EntityQuery(
            table=table,
            organization_ids=tuple(visible_organization_ids(request)),
            options=options.read_options(self.sent, table),
            metadata=metadata_level(request, self.sent),
        )
        if "$skiptoken" not in self.sent:
            stamp_batch()
        return query


class ServiceView(ODataView):
    """What there is."""

    def get(self, request: Request) -> HttpResponse:
        level = metadata_level(request, self.sent)
        document = model.service_document(self.root(request))
        if level == "none":
            del document["@odata.context"]
        return _json(to_json(document), level)


class MetadataView(ODataView):
    """The model, as XML."""

    def get(self, request: Request) -> HttpResponse:
        if self.sent.get("$format", "xml") not in {"xml", "application/xml"}:
            raise NotAcceptable(_("$metadata is XML alone."))
        return HttpResponse(model.metadata(), content_type="application/xml;charset=utf-8")


class EntitySetView(ODataView):
    """Rows of one table, in pages whose size the client may lower or raise."""

    known_options = options.OF_SETS

    def get(self, request: Request, name: str) -> HttpResponse:
        query = self.query(request, name)
        mark = fingerprint_of(query.table, query.organization_ids, _system(self.sent))
        if "$skiptoken" in self.sent:
            query = _behind(query, self.sent["$skiptoken"], mark)
        page_size, applied = _page_size(request)
        began = time.perf_counter()
        count = self._count(query)
        page = read_entities(query, page_size, count)
        note_duration(query.table.name, time.perf_counter() - began)
        parts = []
        if query.metadata != "none":
            context = model.context_of(
                self.root(request), query.table, query.options.selected, entity=False
            )
            parts.append(f'"@odata.context":{_text(context)}')
        if count is not None:
            parts.append(f'"@odata.count":{count}')
        parts.append(f'"value":[{",".join(page.rows)}]')
        if page.next is not None:
            following = self.sent | {"$skiptoken": page.next.sign(mark)}
            address = f"{request.path}?{urlencode(following, safe='$,*')}"
            parts.append(f'"@odata.nextLink":{_text(request.build_absolute_uri(address))}')
        response = _json(f"{{{','.join(parts)}}}".encode(), query.metadata)
        if applied:
            response["Preference-Applied"] = f"odata.maxpagesize={page_size}"
        return response

    def _count(self, query: EntityQuery) -> int | None:
        if not query.options.count:
            return None
        if query.position is not None and query.position.count is not None:
            return query.position.count
        return count_entities(query)


class EntityView(ODataView):
    """One row by its key: Scores(1)."""

    known_options = options.OF_ENTITIES

    def get(self, request: Request, name: str, key: str) -> HttpResponse:
        query = self.query(request, name)
        number = options.read_key(key)
        row = None if number is None else read_entity(query, number)
        if row is None:
            raise NotFound
        if query.metadata != "none":
            context = model.context_of(
                self.root(request), query.table, query.options.selected, entity=True
            )
            row = f'{{"@odata.context":{_text(context)},{row[1:]}'
        return _json(row.encode(), query.metadata)


class CountView(ODataView):
    """How many rows there are: Scores/$count."""

    known_options = options.OF_COUNTS

    def get(self, request: Request, name: str) -> HttpResponse:
        count = count_entities(self.query(request, name))
        return HttpResponse(str(count), content_type="text/plain;charset=utf-8")


class UnknownResource(ODataView):
    """Whatever else lies below /odata/ is a 404 as OData clients read it."""

    def get(self, request: Request) -> HttpResponse:
        raise NotFound(_("There is nothing at this address."))


def refuse(exc: Exception, context: Any) -> Response | None:
    """A refusal in OData's shape, whatever raised it."""
    if isinstance(exc, NotUnderstood):
        error = {"code": exc.code, "message": exc.message, "target": exc.target}
        return _refusal({"error": error}, 400)
    response = handle(exc, context)
    if response is None:
        return None
    problem = response.data
    refusal = _refusal(
        {"error": {"code": problem["code"], "message": problem["detail"]}}, response.status_code
    )
    for name, value in response.headers.items():
        refusal.headers.setdefault(name, value)
    return refusal


def metadata_level(request: Request, sent: Mapping[str, str]) -> Metadata:
    """How much metadata rows carry: `$format`, else `Accept`. Raises NotAcceptable."""
    if "$format" in sent:
        text = sent["$format"]
        wanted = [_media_type("application/json" if text == "json" else text)]
    else:
        wanted = [
            (
                f"{each.main_type}/{each.sub_type}",
                {name: str(value) for name, value in each.params.items()},
            )
            for each in request._request.accepted_types
        ]
    for kind, parameters in wanted or [("*/*", {})]:
        level = parameters.get("odata.metadata", "minimal")
        if kind in {"application/json", "application/*", "*/*"} and level in _LEVELS:
            return cast("Metadata", level)
    raise NotAcceptable(_("Rows are JSON: accept application/json."))


def _media_type(text: str) -> tuple[str, dict[str, str]]:
    kind, *parameters = text.split(";")
    pairs = (parameter.partition("=") for parameter in parameters)
    return kind.strip().lower(), {name.strip(): value.strip() for name, _is, value in pairs}


def _read_query(request: Request) -> dict[str, str]:
    """Each option once."""
    sent = {}
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise NotUnderstood(name, _("Give this option once."), "repeated_option")
        sent[name] = values[0]
    return sent


def _refuse_old_clients(request: Request) -> None:
    for header in ("OData-MaxVersion", "OData-Version"):
        text = request.headers.get(header, VERSION)
        if not re.fullmatch(r"4\.[0-9]{1,2}", text.strip(), re.ASCII):
            raise NotUnderstood(header, _("This is OData 4.0."), "version")


def _page_size(request: Request) -> tuple[int, bool]:
    """The rows of a page, and whether the client chose them."""
    form = _MAX_PAGE_SIZE.search(request.headers.get("Prefer", ""))
    if form is None or int(form[1]) == 0:
        return PAGE_SIZE, False
    return min(int(form[1]), MAX_PAGE_SIZE), True


def _behind(query: EntityQuery, token: str, mark: str) -> EntityQuery:
    return EntityQuery(
        table=query.table,
        organization_ids=query.organization_ids,
        options=query.options,
        metadata=query.metadata,
        position=read_position(token, mark),
    )


def _system(sent: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in sent.items() if name.startswith("$")}


def _text(value: str) -> str:
    return to_json(value).decode()


def _json(body: bytes, level: str) -> HttpResponse:
    return HttpResponse(body, content_type=f"{_MEDIA.format(level)};charset=utf-8")


def _refusal(body: dict[str, Any], status: int) -> Response:
    return Response(body, status=status, content_type=f"{_MEDIA.format('minimal')};charset=utf-8")
