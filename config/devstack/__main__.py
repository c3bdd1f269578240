"""Entry point: `python -m config.devstack up`, `python -m config.devstack run -- COMMAND`."""

import argparse
import os
import signal
import sys
from pathlib import Path

from config.devstack.demo import up
from config.devstack.errors import StackError
from config.devstack.processes import set_parent_death_signal
from config.devstack.state import DEMO, DemoState
from config.devstack.throwaway import run


def main(arguments: list[str]) -> int:
    own, command = _split(arguments)
    options = _parser().parse_args(own)
    if options.tethered:
        set_parent_death_signal(signal.SIGTERM)
    try:
        if options.action == "up":
            return up(DemoState(options.state), os.environ)
        if not command:
            raise StackError("Which command? Write it after `--`: run -- COMMAND.")
        return run(command, os.environ)
    except (StackError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="config.devstack")
    parser.add_argument(
        "--tethered",
        action="store_true",
        help="stop when the process that started this one is gone, even if it was killed with -9",
    )
    actions = parser.add_subparsers(dest="action", required=True)
    starting = actions.add_parser("up", help="run the demo until Ctrl-C")
    starting.add_argument("--state", type=Path, default=DEMO, help="where it keeps its data")
    actions.add_parser("run", help="give the command after `--` servers of its own")
    return parser


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Ours and the command's: everything after the first `--` is the command's alone."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:at], arguments[at + 1 :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
