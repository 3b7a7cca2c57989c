"""`python -m devstack run|demo|clean`."""

import argparse
import sys

from devstack.demo import demo
from devstack.run import clean, run

COMMANDS = {"run": run, "demo": demo, "clean": clean}


def main() -> None:
    """Run one command and exit with its code."""
    parser = argparse.ArgumentParser(prog="devstack", description="Tidebook on this machine.")
    parser.add_argument(
        "command",
        choices=COMMANDS,
        help="run: start everything; demo: play a booking's story beside it; clean: remove its data",
    )
    sys.exit(COMMANDS[parser.parse_args().command]())


if __name__ == "__main__":
    main()
