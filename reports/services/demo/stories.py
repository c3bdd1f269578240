"""The demo's three organisations, in figures: one asked too early, one in its way, one mature."""

from dataclasses import dataclass

# Weights of the answers 1 to 5.
CONTENT, MIXED, UNHAPPY = (1, 2, 4, 9, 5), (2, 5, 6, 5, 2), (5, 8, 4, 3, 1)
# Fewer than the five that a figure needs.
SMALL = 3


@dataclass(frozen=True)
class Gate:
    """A gate: requests a week, their median wait in days at first and now, the share approved."""

    key: str
    name: str
    owner: str
    per_week: int
    median_days: tuple[float, float]
    approved: float
    compared: str | None = None
    blocks: bool = False


@dataclass(frozen=True)
class Tool:
    """A tool, and which share of its people used it in a typical week at first and now."""

    key: str
    name: str
    share: tuple[float, float]


@dataclass(frozen=True)
class Facts:
    """What org_facts says, once a quarter; experiments grow by a step a quarter."""

    products: int
    business_units: int
    markets: int
    timezone_span_hours: int
    public_company: str
    experiments: int
    step: int
    teams: int


@dataclass(frozen=True)
class Learning:
    """Shares and days at the beginning of the story and now; `own` of PM decisions by PMs.

    None: they keep no log of it (`own`: of decisions and moves), so nothing is judged.
    """

    checklists: tuple[float, float]
    self_served: tuple[float, float]
    answer_days: tuple[float, float]
    ramp_days: tuple[int, int]
    reused: tuple[float, float] | None = None
    own: tuple[float, float] | None = None


@dataclass(frozen=True)
class Story:
    """One organisation. Ranges are (at the beginning, now); `months` is how long it goes back.

    `rounds`: an assessment a quarter, oldest first; one digit per capability in the rubric's
    order, in blocks of an area: "-" not assessed, "?" unknown, "n" not applicable. `waves`:
    quarterly surveys that were asked elsewhere before. `ops_from`: the month product ops began
    in. `small`: a unit of so few that nothing may be shown of it alone; `german`: one that works
    in German.
    """

    slug: str
    name: str
    timezone: str
    months: int
    pms: tuple[int, int]
    ops: tuple[float, float]
    units: tuple[tuple[str, str], ...]
    facts: Facts
    rounds: tuple[str, ...]
    gates: tuple[Gate, ...] = ()
    tools: tuple[Tool, ...] = ()
    learning: Learning | None = None
    waves: int = 0
    ops_from: int = 0
    small: str | None = None
    german: str | None = None

    def unit_of(self, number: int) -> str:
        """The unit of the PM with that number; the small one takes the first few."""
        if self.small is not None and number < SMALL:
            return self.small
        large = [key for key, _name in self.units if key != self.small]
        return large[number % len(large)]


EARLY = Story(
    slug="sprout",
    name="Sprout Labs",
    timezone="America/New_York",
    months=9,
    pms=(7, 8),
    ops=(1.0, 1.0),
    units=(("core", "Core"),),
    facts=Facts(1, 1, 1, 0, "no", 2, 0, 1),
    rounds=("111 --- 1-- 111 1-- 111", "211 --- 11- 211 11? 121"),
)
SCALING = Story(
    slug="northlight",
    name="Northlight",
    timezone="Europe/Berlin",
    months=30,
    pms=(15, 26),
    ops=(1.0, 2.5),
    units=(
        ("search", "Search"),
        ("checkout", "Checkout"),
        ("growth", "Growth"),
        ("labs", "Labs"),
    ),
    facts=Facts(3, 2, 3, 7, "no", 5, 1, 3),
    rounds=(
        "111 111 1?1 111 111 111",
        "111 111 1?1 111 111 211",
        "211 111 1?1 211 111 211",
        "211 111 111 211 111 211",
        "211 211 111 211 111 221",
        "211 211 111 221 211 221",
        "221 211 121 222 211 222",
        "221 221 121 222 211 222",
        "322 222 122 322 221 322",
        "332 232 12? 332 22n 332",
    ),
    gates=(
        Gate(
            "launch_review",
            "Launch review",
            "product_ops",
            per_week=3,
            median_days=(1.4, 4.6),
            approved=0.96,
            compared="peer_review",
            blocks=True,
        ),
        Gate("peer_review", "Peer review", "pm", per_week=5, median_days=(1.1, 1.1), approved=0.96),
    ),
    tools=(
        Tool("roadmap_hub", "Roadmap hub", (0.7, 0.74)),
        Tool("experiment_registry", "Experiment registry", (0.45, 0.46)),
        Tool("research_library", "Research library", (0.6, 0.08)),
        Tool("insight_digest", "Insight digest", (0.6, 0.06)),
    ),
    # Launches are as complete as ever, nobody keeps a log of insights, decisions or moves.
    learning=Learning(
        checklists=(0.7, 0.72), self_served=(0.2, 0.55), answer_days=(5.0, 1.6), ramp_days=(160, 70)
    ),
    waves=5,
    ops_from=4,
    small="labs",
    german="search",
)
MATURE = Story(
    slug="meridian",
    name="Meridian",
    timezone="Europe/London",
    months=30,
    pms=(38, 48),
    ops=(3.0, 5.0),
    units=(
        ("payments", "Payments"),
        ("lending", "Lending"),
        ("cards", "Cards"),
        ("platform", "Platform"),
    ),
    facts=Facts(5, 3, 6, 9, "yes", 18, 2, 6),
    rounds=(
        "221 211 211 221 211 211",
        "222 221 211 222 211 221",
        "222 222 212 222 221 222",
        "222 222 222 222 222 222",
        "222 222 222 222 222 222",
        "222 222 222 222 222 222",
        "332 322 232 333 232 332",
        "333 332 233 333 332 333",
        "433 343 333 433 333 333",
        "443 443 433 444 444 443",
    ),
    gates=(
        Gate(
            "launch_check",
            "Launch check",
            "product_ops",
            per_week=4,
            median_days=(4.2, 0.7),
            approved=0.84,
            compared="peer_review",
        ),
        Gate("peer_review", "Peer review", "pm", per_week=6, median_days=(0.8, 0.8), approved=0.84),
    ),
    tools=(
        Tool("launch_desk", "Launch desk", (0.7, 0.78)),
        Tool("metrics_catalogue", "Metrics catalogue", (0.66, 0.69)),
        Tool("research_index", "Research index", (0.6, 0.61)),
    ),
    learning=Learning(
        checklists=(0.55, 0.9),
        reused=(0.2, 0.55),
        self_served=(0.3, 0.72),
        answer_days=(3.5, 1.2),
        ramp_days=(150, 88),
        own=(0.9, 0.97),
    ),
    waves=7,
    german="lending",
)
STORIES = (SCALING, EARLY, MATURE)
