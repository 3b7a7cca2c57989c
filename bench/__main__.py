"""`make bench`: how fast Tidebook is, each figure beside references measured in the same run.

Prints a table for each measurement, keeps its figures and its chart in bench/results and writes
bench/RESULTS.md. A quick run only prints: it shows that all works, its figures mean little.
"""

import argparse

import uvloop

from bench.measurements import EXTRA, MEASUREMENTS
from bench.publishing import publish
from bench.scale import FULL, QUICK
from shared.runtime.logging import configure_logging


def main() -> None:
    """Measure, print, write."""
    every = {**MEASUREMENTS, **EXTRA}
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"comma-separated: {', '.join(every)}")
    parser.add_argument("--growth", action="store_true", help="only that, for it takes long: `--only growth`")
    parser.add_argument("--quick", action="store_true", help="one small round each, printed only")
    options = parser.parse_args()
    names = [name for name in options.only.split(",") if name] or list(MEASUREMENTS)
    if options.growth:
        names = ["growth"]
    if unknown := set(names) - set(every):
        parser.error(f"there is no measurement {', '.join(sorted(unknown))}")
    configure_logging("bench", "console", "WARNING")
    for name in names:
        print(f"\n{name} …", flush=True)
        publish(uvloop.run(every[name](QUICK if options.quick else FULL)), keep=not options.quick)


if __name__ == "__main__":
    main()
