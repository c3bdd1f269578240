"""Survey results: released cells, and nothing else."""

from reports.feed.tables.base import FIRST_SEEN, Column, Table, keys, state

SURVEY_RESULTS = Table(
    name="survey_results",
    summary=(
        "One row per released cell: an item, an area's index, the comments' number or the turnout"
        " of one group. What is hidden is not there, like what does not exist. A wave that was "
        "opened again has a second version beside the first: take the greatest `release_version`."
    ),
    row="surveys_publishedcell p ON p.id = c.entity_id",
    joins="""
        LEFT JOIN surveys_releasedcell s ON s.id = p.cell_id
        LEFT JOIN surveys_release r ON r.id = s.release_id
        LEFT JOIN surveys_wave w ON w.id = r.wave_id
        LEFT JOIN surveys_outsidewave x ON x.id = r.outside_id
    """,
    row_id="p.id",
    created_at="c.created_at",
    filters={
        "wave": "coalesce(w.key, x.key)",
        "group": "s.group_key",
        "kind": "s.kind",
        "key": "s.key",
    },
    columns=(
        *keys("released cell"),
        Column("release_id", "r.id", "integer", "Id of the release.", 31),
        Column("release_version", "r.version", "integer", "Version of the release.", 1),
        Column(
            "wave_id",
            "r.wave_id",
            "integer",
            "Id of the wave; null: a survey that somebody else ran.",
            12,
        ),
        Column("wave", "coalesce(w.key, x.key)", "string", "Key of the wave.", "2026-q2"),
        Column(
            "is_outside",
            "CASE WHEN p.id IS NOT NULL THEN r.outside_id IS NOT NULL END",
            "boolean",
            "Whether somebody else ran the survey.",
            False,
        ),
        Column(
            "group",
            "s.group_key",
            "string",
            "Key of the group; organization: everybody.",
            "organization",
        ),
        Column("kind", "s.kind", "string", "item, index, comments or turnout.", "item"),
        Column(
            "key",
            "nullif(s.key, '')",
            "string",
            "Key of the item or area; null: the turnout.",
            "LEV1",
        ),
        Column(
            "state",
            "s.state",
            "string",
            "shown, or one_sided: all answers lie on one side, only a bound is given.",
            "shown",
        ),
        Column("n", "s.n", "integer", "Valid answers.", 18),
        Column(
            "favourable_share",
            "s.favourable::float8 / nullif(s.n, 0)",
            "number",
            "Favourable answers of the valid ones.",
            0.666667,
        ),
        Column("eligible", "s.eligible", "integer", "People asked.", 24),
        Column(
            "not_applicable",
            "s.not_applicable",
            "integer",
            "Answers that say it does not apply.",
            1,
        ),
        Column("favourable", "s.favourable", "integer", "Favourable answers, after reversal.", 12),
        Column("low", "s.low", "number", "Lower limit of the favourable share, 95 %.", 0.5),
        Column("high", "s.high", "number", "Upper limit of the favourable share, 95 %.", 0.8),
        Column(
            "exact_low", "s.exact_low", "number", "The same, hypergeometric, up to 60 people.", 0.52
        ),
        Column(
            "exact_high",
            "s.exact_high",
            "number",
            "The same, hypergeometric, up to 60 people.",
            0.79,
        ),
        Column("worst", "s.worst", "number", "Share if all who are silent were unfavourable.", 0.5),
        Column("best", "s.best", "number", "Share if all who are silent were favourable.", 0.75),
        Column("mean", "s.mean", "number", "Mean of the answers, after reversal.", 3.7),
        Column("mean_low", "s.mean_low", "number", "Lower limit of the mean, 95 %.", 3.4),
        Column("mean_high", "s.mean_high", "number", "Upper limit of the mean, 95 %.", 4.0),
        Column("median", "s.median", "number", "Median of the answers.", 4.0),
        Column("enps", "s.enps", "number", "Promoters minus detractors, in points.", 20.0),
        Column("enps_low", "s.enps_low", "number", "Its lower limit, 95 %.", -15.0),
        Column("enps_high", "s.enps_high", "number", "Its upper limit, 95 %.", 50.0),
        Column("alpha", "s.alpha", "number", "Cronbach's alpha of an area's items.", None),
        Column("tau", "s.tau", "number", "Spread between teams.", None),
        Column(
            "at_least",
            "s.at_least",
            "integer",
            "All answers on one side: the share is at least this, in percent.",
            None,
        ),
        Column(
            "at_most",
            "s.at_most",
            "integer",
            "All answers on one side: the share is at most this, in percent.",
            None,
        ),
        Column(
            "distribution",
            "array_to_string(s.distribution, ',')",
            "string",
            "Answers as given, counted from the scale's lowest to its highest, with commas.",
            "0,2,4,9,3",
        ),
        Column(
            "released_at",
            "r.released_at",
            "moment",
            "When it was released.",
            "2026-06-12T22:31:00.000000Z",
        ),
        *state(FIRST_SEEN.format(row_id="p.id"), "p.id"),
    ),
)
