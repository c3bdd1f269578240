"""How a capability lives on from one version of a pack to a later one. Pure."""

from collections.abc import Mapping


def carried_on(
    rules: Mapping[str, Mapping[str, object]], *, old: str, new: str
) -> dict[str, str] | None:
    """Old capability key → new one, between two versions of one pack; None: not covered.

    `rules` are the published rules by version. Follows the crosswalks back from the newer
    version, so that 1.0 to 3.0 is covered where 1.0 to 2.0 and 2.0 to 3.0 are; a capability
    must be mapped on every step to come through.
    """
    later: dict[str, str] | None = None
    at = new
    while at != old:
        crosswalk = rules.get(at, {}).get("crosswalk")
        if not isinstance(crosswalk, Mapping):
            return None
        step: Mapping[str, str] = crosswalk["map"]
        at = crosswalk["from_version"]
        later = (
            dict(step)
            if later is None
            else {key: later[passed] for key, passed in step.items() if passed in later}
        )
    return later
