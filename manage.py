#!/usr/bin/env python
"""Django's entry point; services come from the environment, else from the demo running here."""

import getpass
import os
import secrets
import sys

import pghistory
from django.core.management import execute_from_command_line

from config.devstack.state import running_settings

REQUIRED = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
# These read settings and models, and open neither the database nor the broker.
WITHOUT_SERVICES = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "spectacular",
    "version",
}
NO_SERVICES = (
    "Not set: {missing}; and no demo runs in this checkout. Set them, start `make demo`, or put "
    "`.venv/bin/python -m config.devstack run --` before the command."
)


def main(arguments: list[str]) -> int:
    """Run one command; 2 and one line when it needs services and there are none."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        supply(running_settings())
    missing = [name for name in REQUIRED if not os.environ.get(name)]
    if missing and needs_services(arguments):
        sys.stderr.write(NO_SERVICES.format(missing=", ".join(missing)) + "\n")
        return 2
    supply(placeholders())
    with pghistory.context(**who_runs(arguments)):
        execute_from_command_line(["manage.py", *arguments])
    return 0


def who_runs(arguments: list[str]) -> dict[str, str]:
    """What the change history says about a command: its name, and who runs it on this machine."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a name
        account = str(os.getuid())
    return {"command": " ".join(arguments[:1]), "account": account}


def supply(settings: dict[str, str]) -> None:
    """Set what the environment leaves open; what it says stays."""
    for name, value in settings.items():
        os.environ[name] = os.environ.get(name) or value


def needs_services(arguments: list[str]) -> bool:
    """Whether this command line opens the database or the broker."""
    asks_for_help = not arguments or {"-h", "--help", "--version"} & set(arguments)
    return not asks_for_help and arguments[0] not in WITHOUT_SERVICES


def placeholders() -> dict[str, str]:
    """For commands that open no service: addresses where none can be, and a key for once."""
    return {
        "DATABASE_URL": "postgresql://nobody@/none?host=/nonexistent",
        "REDIS_URL": "unix:///nonexistent/valkey.sock",
        "SECRET_KEY": secrets.token_urlsafe(50),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
