"""`python -m tests.chaos --seed 1 --minutes 5`: one run; the exit status is 1 if anything was violated."""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.chaos.report import append, machine, table
from tests.chaos.run import CUSTOMERS, Plan, play


def main() -> int:
    """Print the schedule, play it, print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="the same seed plays the same schedule")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help="at a time (default %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there as well")
    parser.add_argument("--append", action="store_true", help="add a row to the table in docs/reliability.md")
    options = parser.parse_args()
    plan = Plan(options.seed, options.minutes, options.customers)
    schedule = plan.schedule
    print(f"seed {plan.seed}: {len(schedule)} faults in {plan.minutes:g} minutes on {machine()}")
    for fault in schedule:
        print(f"  {fault}")
    sys.stdout.flush()
    result = asyncio.run(play(plan))
    print(table(result))
    if options.json:
        result.write(options.json)
    if options.append:
        append(result)
    return 1 if result.violations else 0


if __name__ == "__main__":
    sys.exit(main())
