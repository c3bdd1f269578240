"""Bring the database to where the demo starts; one process, because each costs a second.

Prints what `create_demo` prints: the lines that a person needs to use the demo.
"""

import os
import sys

import django
from django.core.management import call_command


def main() -> None:
    """Migrate, publish what is shipped, create the demo; each does nothing when it is done."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", interactive=False, stdout=sys.stderr)
    call_command("publish_rubric", stdout=sys.stderr)
    call_command("publish_bank", stdout=sys.stderr)
    call_command("create_demo")


if __name__ == "__main__":
    main()
