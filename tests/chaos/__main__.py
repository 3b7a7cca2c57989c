"""`python -m tests.chaos --seed 1 --minutes 5`: one run; the exit status is 1 if anything was violated."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from tests.chaos.report import append, machine, table
from tests.chaos.run import CUSTOMERS, Plan, play
from tests.chaos.schedule import LANES, only


def main() -> int:
    """Print the schedule, play it, print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="the same seed plays the same schedule")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help="at a time (default %(default)s)")
    parser.add_argument("--only", action="append", metavar="KIND", help="this kind of fault, and others so named")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there as well")
    parser.add_argument("--append", action="store_true", help="add a row to the table in docs/reliability.md")
    options = parser.parse_args()
    try:
        lanes = only(options.only) if options.only else LANES
    except ValueError as problem:
        parser.error(str(problem))
    plan = Plan(options.seed, options.minutes, options.customers, lanes=lanes)
    schedule = plan.schedule
    print(f"seed {plan.seed}: {len(schedule)} faults in {plan.minutes:g} minutes on {machine()}")
    for fault in schedule:
        print(f"  {fault}")
    sys.stdout.flush()
    # As Ctrl-C does: the stack is stopped and its data removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    result = asyncio.run(play(plan))
    print(table(result))
    if options.json:
        result.write(options.json)
    if options.append:
        append(result)
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
