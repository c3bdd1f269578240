"""The ops lead's workplace: one module per noun; importing it registers them all."""

from maturity.admin import (
    assessments,
    endpoints,
    erasures,
    evaluations,
    findings,
    import_jobs,
    imports,
    keys,
    organizations,
    people,
    rubrics,
    thresholds,
    units,
    users,
)

__all__ = [
    "assessments",
    "endpoints",
    "erasures",
    "evaluations",
    "findings",
    "import_jobs",
    "imports",
    "keys",
    "organizations",
    "people",
    "rubrics",
    "thresholds",
    "units",
    "users",
]
