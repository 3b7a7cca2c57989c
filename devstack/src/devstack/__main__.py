"""`python -m devstack run|run-one|demo|clean`."""

import argparse
import sys

from devstack.demo import demo
from devstack.replica import run_one
from devstack.run import clean, run

COMMANDS = {"run": run, "demo": demo, "clean": clean}
HELP = {
    "run": "start everything",
    "demo": "play a booking's story beside it",
    "clean": "remove its data",
}


def main() -> None:
    """Run one command and exit with its code."""
    parser = argparse.ArgumentParser(prog="devstack", description="Tidebook on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, about in HELP.items():
        commands.add_parser(name, help=about)
    one = commands.add_parser("run-one", help="run one more replica of a service beside it, in the foreground")
    one.add_argument("service", help="booking-service, api-gateway, jobs, …")
    arguments = parser.parse_args()
    sys.exit(run_one(arguments.service) if arguments.command == "run-one" else COMMANDS[arguments.command]())


if __name__ == "__main__":
    main()
