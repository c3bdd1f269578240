"""Tools and who opens them."""

import random
from datetime import date, timedelta

from reports.services.demo.signals.files import Rows, between, weeks_of
from reports.services.demo.stories import Story

TOOLS = (
    "tool_key name owner_function launched_on retired_on cadence mandatory confirmed_on cost_known"
)
TOOL_USAGE = "tool_key period_start period active_users eligible_users"
_CONFIRMED_BEFORE_THIS_MONTH = timedelta(days=40)


def tools(story: Story, launched: date, today: date) -> Rows:
    confirmed = today.replace(day=1) - _CONFIRMED_BEFORE_THIS_MONTH
    return (
        (tool.key, tool.name, "product_ops", launched, None, "weekly", "false", confirmed, "true")
        for tool in story.tools
    )


def tool_usage(story: Story, seed: random.Random, launched: date, today: date) -> Rows:
    for share, monday in weeks_of(launched + timedelta(days=1), today):
        eligible = round(between(story.pms, share))
        for tool in story.tools:
            uses = between(tool.share, share)
            used = sum(seed.random() < uses for _ in range(eligible))
            yield tool.key, monday, "week", used, eligible
