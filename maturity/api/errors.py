"""Every refusal is RFC 9457 `application/problem+json`, whatever raised it."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    ObjectDoesNotExist,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as ModelValidationError
from django.utils.translation import gettext_lazy as _
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import ErrorResponse
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from maturity.errors import DomainError, Stale

MEDIA_TYPE = "application/problem+json"


class Refused(exceptions.APIException):
    """A service refused the operation; the code is the DomainError's and stays stable."""

    status_code = HTTPStatus.CONFLICT


class PreconditionFailed(exceptions.APIException):
    """What the client saw (If-Match) is no longer what stands there."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_code = "stale"


class TooLarge(exceptions.APIException):
    """The body is larger than any that is read into memory."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = _("The body is too large.")


class Gone(exceptions.APIException):
    """What the client builds upon is no longer kept."""

    status_code = HTTPStatus.GONE


def faults_of(refusal: ModelValidationError) -> dict[str, Any]:
    """What a model or a service refused, by field; `non_field_errors`: no single one."""
    faults: dict[str, Any] = serializers.as_serializer_error(refusal)
    general = faults.pop(NON_FIELD_ERRORS, None)
    return faults if general is None else {**faults, "non_field_errors": general}


def problem(status: HTTPStatus, errors: list[dict[str, str | None]]) -> dict[str, Any]:
    """The body of a refusal; each error has `attr` (or None), `code` and `detail`."""
    detail = " ".join(
        f"{error['attr']}: {error['detail']}" if error["attr"] else f"{error['detail']}"
        for error in errors
    )
    return {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": errors[0]["code"],
        "errors": errors,
        # Where many clients look for something to show.
        "error": {"message": detail},
    }


class ProblemFormatter(ExceptionFormatter):
    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        errors = [
            {"attr": error.attr, "code": error.code, "detail": error.detail}
            for error in error_response.errors
        ]
        return problem(HTTPStatus(self.exc.status_code), errors)


_PLAIN: tuple[tuple[type[Exception], type[exceptions.APIException]], ...] = (
    # It was there when the address was read, and somebody else removed it.
    (ObjectDoesNotExist, exceptions.NotFound),
    (RequestDataTooBig, TooLarge),
    (SuspiciousOperation, exceptions.ParseError),
)


class ProblemHandler(ExceptionHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, Stale):
            return PreconditionFailed(str(exc), code=exc.code)
        if isinstance(exc, DomainError):
            return Refused(str(exc), code=exc.code)
        if isinstance(exc, ModelValidationError):
            return exceptions.ValidationError(faults_of(exc))
        for kind, refusal in _PLAIN:
            if isinstance(exc, kind):
                return refusal()
        known: Exception = super().convert_known_exceptions(exc)
        return known

    def format_exception(self, exc: exceptions.APIException) -> dict[str, Any]:
        problem: dict[str, Any] = ProblemFormatter(exc, self.context, self.exc).run()
        return problem

    def get_response(self, exc: exceptions.APIException, data: dict[str, Any]) -> Response:
        response: Response = super().get_response(exc, data)
        response.content_type = MEDIA_TYPE
        return response


def handle(exc: Exception, context: Any) -> Response | None:
    """DRF's EXCEPTION_HANDLER."""
    response: Response | None = ProblemHandler(exc, context).run()
    return response


class ProblemErrorSerializer(serializers.Serializer):
    attr = serializers.CharField(
        allow_null=True, help_text="The parameter or field at fault; null: the whole request."
    )
    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="For people.")


class ProblemMessageSerializer(serializers.Serializer):
    message = serializers.CharField(help_text="The same text as `detail`.")


class ProblemSerializer(serializers.Serializer):
    """What went wrong, as RFC 9457 problem details."""

    type = serializers.CharField(help_text="Always `about:blank`: `title` names the status.")
    title = serializers.CharField(help_text="The HTTP status in words.")
    status = serializers.IntegerField(help_text="The HTTP status.")
    detail = serializers.CharField(help_text="What to do about it, for people.")
    code = serializers.CharField(help_text="The first error's code. Stable, for programs.")
    errors = ProblemErrorSerializer(  # type: ignore[assignment]  # the name is RFC 9457's habit
        many=True, help_text="Each fault on its own."
    )
    error = ProblemMessageSerializer(help_text="For clients that look for `error.message`.")
