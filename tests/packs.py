"""What is shipped, read once; and a rubric of another shape: two areas, five capabilities."""

from functools import cache

from maturity.rubrics import SHIPPED, Pack, load_pack, parse_pack
from surveys.banks import SHIPPED as BANKS
from surveys.banks import SHIPPED_TRANSLATIONS, Bank, Translation, load_bank, load_translation

_CAPABILITIES = {
    "writing": ("Writing", ("specs", "reviews")),
    "people": ("People", ("hiring", "mentoring", "rituals")),
}
_HEAD = """\
rubric:
  key: guild
  version: {version}
  language: en
  scale:
    min: 1
    max: 5
    type: ordinal
    cumulative: true
    missing_states:
      not_assessed: Nobody looked.
      not_applicable: Not ours.
      unknown: Could not tell.
    levels:
      1: {{label: Seed, meaning: It starts.}}
      2: {{label: Sprout, meaning: It shows.}}
      3: {{label: Shrub, meaning: It stands.}}
      4: {{label: Tree, meaning: It bears fruit.}}
      5: {{label: Forest, meaning: It feeds others.}}
  evidence_rules:
    required_from_level: 3
    max_age_days: {{3: 365, 4: 180, 5: 180}}
    kinds: [link, metric]
    level_4_needs_kind: [metric]
    unsubstantiated_cap: 2
    expiry: It turns stale.
  targets: Two is enough.
areas:
"""
_AREA = """\
  - key: {key}
    name: {name}
    purpose: To be good at it.
    capabilities:
"""
_CAPABILITY = """\
      - key: {key}
        name: {name}
        description: How {key} are done.
        owner_role: Guild lead
        evidence: [a link]
        levels:
          1: {{looks_like: No {key}., checks: []}}
          2: {{looks_like: Some {key}., checks: [Somebody does {key}]}}
          3: {{looks_like: Most {key}., checks: [Most do {key}]}}
          4: {{looks_like: Measured {key}., checks: [The {key} are counted]}}
          5: {{looks_like: Better {key}., checks: []}}
"""


def guild_text(*, version: str = "1.0.0") -> str:
    parts = [_HEAD.format(version=version)]
    for key, (name, capabilities) in _CAPABILITIES.items():
        parts.append(_AREA.format(key=key, name=name))
        parts += [_CAPABILITY.format(key=part, name=part.title()) for part in capabilities]
    return "".join(parts)


@cache
def shipped_pack() -> Pack:
    """The shipped rubric; what is frozen can be shared by all tests."""
    return load_pack(SHIPPED[0])


@cache
def shipped_bank() -> Bank:
    return load_bank(BANKS[0])


@cache
def shipped_translations() -> tuple[Translation, ...]:
    return tuple(map(load_translation, SHIPPED_TRANSLATIONS))


def guild_pack(*, version: str = "1.0.0") -> Pack:
    return parse_pack(guild_text(version=version).encode(), name="guild.yaml")
