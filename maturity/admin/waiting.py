"""A row that a worker is still busy with: its page loads itself anew until that is over."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

    _Admin = ModelAdmin[Any]
else:
    _Admin = object


class ShownUntilDone(_Admin):
    """For models with `is_waiting`; the template finds the row as `shown_as`."""

    shown_as: str

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        context = {self.shown_as: row, **(extra_context or {})}
        response = super().change_view(request, object_id, form_url, context)
        if row is not None and row.is_waiting:
            # Without a script, and gone as soon as there is nothing to wait for.
            response.headers["Refresh"] = "2"
        return response
