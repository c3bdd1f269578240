"""What drf-spectacular makes of the API: its contract, `tests/openapi.yaml` as committed."""

CONTRACT = {
    "TITLE": "Plumbline API",
    "DESCRIPTION": (
        "Product-operations maturity for scripts and BI tools.\n\n"
        "`/api/v1/feed/…` gives flat, incremental tables of every organisation a key may see; "
        "`/api/v1/orgs/{org}/…` is about one organisation. Timestamps are UTC with six digits. "
        "Refusals are RFC 9457 problem details. An organisation that is not yours is 404."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "SERVERS": [{"url": "/", "description": "This installation"}],
    "TAGS": [
        {"name": "feed", "description": "Flat tables for BI and ELT tools, read incrementally."},
        {"name": "findings", "description": "Pitfalls that were raised, with their evidence."},
        {"name": "initiatives", "description": "What is done about findings, and what came out."},
        {"name": "scores", "description": "Levels on the record, on both time axes."},
        {"name": "assessments", "description": "Whole assessments, and drafts of them."},
        {"name": "targets", "description": "Which level is to be reached by when."},
        {"name": "evidence", "description": "What levels rest on: links and files."},
        {"name": "exemptions", "description": "What does not apply, and who else agreed."},
        {"name": "rubrics", "description": "What maturity is measured against."},
        {"name": "units", "description": "The dated tree of units."},
        {"name": "people", "description": "The roster: who may be asked."},
        {"name": "surveys", "description": "Series and waves, and what they released."},
        {"name": "reports", "description": "Board reports, how they look, and embeds."},
        {"name": "keys", "description": "Keys for scripts and BI tools."},
        {"name": "settings", "description": "Settings, members and the change history."},
        {"name": "webhooks", "description": "What an organisation's channels are told."},
        {"name": "signals", "description": "Rows of the import formats, sent by scripts."},
    ],
    "APPEND_COMPONENTS": {
        "headers": {
            "RateLimit": {
                "description": "What is left: `r` requests now, all of them again in `t` seconds.",
                "schema": {"type": "string", "examples": ['"key";r=5988;t=1']},
            },
            "RateLimit-Policy": {
                "description": "The limit: `q` requests at once and as many again in `w` seconds.",
                "schema": {"type": "string", "examples": ['"key";q=6000;w=60']},
            },
            "Retry-After": {
                "description": "Come back in so many seconds.",
                "schema": {"type": "integer", "minimum": 1, "maximum": 120, "examples": [5]},
            },
        }
    },
    "WEBHOOKS": ["maturity.api.webhooks.NOTIFICATION"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Choices stand where they are used: by name, two resources' kinds or states would collide.
    "POSTPROCESSING_HOOKS": [
        "maturity.api.schema.complete",
        "maturity.api.schema.share_problems",
        "maturity.api.schema.without_enum_ids",
    ],
}
