"""Survey waves: what was asked when, and how many answered once it is closed."""

from reports.feed.tables.base import FIRST_SEEN, Column, Table, keys, state

SURVEY_WAVES = Table(
    name="survey_waves",
    summary=(
        "One row per wave. While people answer nothing of it moves: response figures appear at "
        "closing, and only where enough people answered."
    ),
    row="surveys_wave s ON s.id = c.entity_id",
    joins="""
        LEFT JOIN surveys_series e ON e.id = s.series_id
        LEFT JOIN LATERAL (
            SELECT * FROM surveys_release r WHERE r.wave_id = s.id ORDER BY r.version DESC LIMIT 1
        ) r ON true
    """,
    row_id="s.id",
    created_at="c.created_at",
    filters={"wave": "s.key", "status": "s.status", "instrument": "s.instrument"},
    columns=(
        *keys("wave"),
        Column("wave", "s.key", "string", "Key of the wave.", "2026-q2"),
        Column("title", "s.title", "string", "Title of the wave.", "Second quarter"),
        Column(
            "series_id", "s.series_id", "integer", "Id of the series it belongs to; null: none.", 5
        ),
        Column("series", "e.key", "string", "Key of the series.", "quarterly"),
        Column(
            "cohort",
            "nullif(s.cohort, '')",
            "string",
            "The half-year whose joiners it asks; null: everybody.",
            None,
        ),
        Column(
            "instrument", "s.instrument", "string", "pulse, full, onboarding or custom.", "full"
        ),
        Column("mode", "s.mode", "string", "anonymous or confidential.", "anonymous"),
        Column("status", "s.status", "string", "draft, open, closed or cancelled.", "closed"),
        Column(
            "opens_at", "s.opens_at", "moment", "When it opened.", "2026-06-01T07:00:00.000000Z"
        ),
        Column(
            "closes_at",
            "s.closes_at",
            "moment",
            "When it closes, as announced.",
            "2026-06-12T22:00:00.000000Z",
        ),
        Column(
            "closed_at",
            "s.closed_at",
            "moment",
            "When it was closed.",
            "2026-06-12T22:30:00.000000Z",
        ),
        Column(
            "smallest_group_shown", "s.k", "integer", "Fewest people of whom anything is shown.", 5
        ),
        Column("release_id", "r.id", "integer", "Id of its newest release.", 31),
        Column("release_version", "r.version", "integer", "Version of its newest release.", 1),
        Column("eligible", "r.eligible", "integer", "PMs who were asked.", 24),
        Column("responded", "r.responded", "integer", "PMs who answered at least half.", 18),
        Column("response_rate", "r.response_rate", "number", "Their share.", 0.75),
        Column("response_band", "r.band", "string", "good, usable or directional.", "good"),
        Column(
            "released_at",
            "r.released_at",
            "moment",
            "When its newest results were released.",
            "2026-06-12T22:31:00.000000Z",
        ),
        *state(FIRST_SEEN.format(row_id="s.id"), "s.id"),
    ),
)
