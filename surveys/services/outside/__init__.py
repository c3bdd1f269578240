"""Outside surveys: brought in by file, released through the same gate as our own."""

from surveys.services.outside.imports import import_responses

__all__ = ["import_responses"]
