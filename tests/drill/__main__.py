"""`make drill`: break the running product on purpose, count what came of it, and print it.

Everybody must be invited and reminded the right number of times, and no response may be lost. A
mail may come twice only where a kill fell inside the SMTP call; those are counted. No client of
the feed may lose or keep a row, however many write. Arguments: the scenarios to play (fire,
clocks, feed; all of them), and for how many people (2,000).
"""

import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ["LOG_LEVEL"] = "CRITICAL"

from tests.drill.stage import own_database


def main() -> int:
    with own_database() as database:
        import django  # noqa: PLC0415  # the settings read the address of the database

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        from tests.drill import clocks, feed, fire  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        wanted = [word for word in sys.argv[1:] if not word.isdecimal()]
        people = next((int(word) for word in sys.argv[1:] if word.isdecimal()), fire.PEOPLE)
        scenarios = {
            "fire": lambda: fire.run(database, people=people),
            "clocks": clocks.run,
            "feed": feed.run,
        }
        results = [play() for name, play in scenarios.items() if not wanted or name in wanted]
    print("PASS" if all(results) else "FAIL", flush=True)
    return 0 if all(results) else 1


sys.exit(main())
