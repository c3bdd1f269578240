"""Pages of the operational API. Named in settings: imports no DRF view."""

from typing import Any

from rest_framework import pagination
from rest_framework.request import Request
from rest_framework.response import Response

from maturity.api import parameters


class PageNumberPagination(pagination.PageNumberPagination):
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1_000

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return parameters.integer(request.query_params, self.page_query_param, least=1) or 1

    def get_page_size(self, request: Request) -> int:
        return parameters.page_size(
            request.query_params,
            self.page_size_query_param,
            default=self.page_size,
            maximum=self.max_page_size,
        )

    def get_paginated_response(self, data: Any) -> Response:
        response: Response = super().get_paginated_response(data)
        if response.data["next"]:
            response["Link"] = f'<{response.data["next"]}>; rel="next"'
        return response

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            _parameter(self.page_query_param, "Which page, from 1 on.", minimum=1, default=1),
            _parameter(
                self.page_size_query_param,
                f"Rows per page; more than {self.max_page_size:,} is read as that.",
                minimum=1,
                default=self.page_size,
            ),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        address = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "Rows on all pages.", "example": 1},
                "next": {**address, "description": "The next page; null: last.", "example": None},
                "previous": {**address, "description": "The page before.", "example": None},
                "results": schema,
            },
        }


def _parameter(name: str, description: str, **bounds: int) -> dict[str, Any]:
    return {
        "name": name,
        "required": False,
        "in": "query",
        "description": description,
        "schema": {"type": "integer", **bounds},
    }
