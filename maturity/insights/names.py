"""What a reader calls the things that files and the API name by a key."""

from collections.abc import Iterable, Mapping

from maturity.insights.phrases import Phrase, Value, noop, phrase

# Import formats; a check may miss a part of one.
FORMATS = {
    "headcount": noop("head-count"),
    "gates": noop("gates"),
    "gate_requests": noop("gate requests"),
    "tools": noop("tools"),
    "tools.confirmed_on": noop("confirmation that the tool is still meant to be used"),
    "tool_usage": noop("tool usage"),
    "org_facts": noop("organisation facts"),
    "survey_responses": noop("a released survey wave"),
    "decision_log": noop("decision log"),
    "decision_log.decided_on": noop("the day of every decision"),
    "decision_rights": noop("decision rights"),
    "people_moves": noop("people moves"),
    "ladder": noop("career ladder"),
    "launches": noop("launches"),
    "pm_ramp": noop("ramp-up of PMs"),
    "questions": noop("questions to analytics"),
    "insights": noop("insights"),
}
FUNCTIONS = {"pm": noop("PMs"), "product_ops": noop("product ops")}
# The signs of readiness beside the number of PMs, as they stand in a list.
SIGNS = {
    "multi_product": noop("several products or business units"),
    "experimentation": noop("a heavy experimentation culture"),
    "global": noop("global operations"),
    "public_company": noop("public-company discipline"),
}
# Those that the seeded matrix of decision rights knows; other kinds are an organisation's own.
DECISIONS = {
    "what_to_build_next": noop("what to build next"),
    "scope": noop("scope of the work"),
    "priority": noop("priority"),
    "experiment_ship_stop": noop("shipping or stopping an experiment"),
    "launch_timing": noop("launch timing"),
    "taxonomy": noop("taxonomy"),
    "templates": noop("templates"),
    "tool_choice": noop("choice of tools"),
    "research_panel_rules": noop("rules of the research panel"),
    "price": noop("price"),
    "legal": noop("legal questions"),
    "brand": noop("brand"),
}


def named(names: Mapping[str, str], key: str) -> Value:
    """Return a key's name as a phrase; a key that has none is its own name in all languages."""
    return phrase(names[key]) if key in names else key


def all_named(names: Mapping[str, str], keys: Iterable[str]) -> list[Value]:
    return [named(names, key) for key in keys]


def function_name(key: str) -> Phrase:
    return phrase(FUNCTIONS[key])
