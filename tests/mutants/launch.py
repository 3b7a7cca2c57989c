"""Run a service with the bug that `MUTANT` names, if it names one: `python -m tests.mutants.launch booking`."""

import importlib
import os

from tests.support import impatient

if __name__ == "__main__":
    impatient.shorten_leases()
    if name := os.environ.get("MUTANT"):
        # Only now: the bugs' module imports those that take over the leases.
        importlib.import_module("tests.mutants.bugs").BUGS[name]()
    impatient.become_the_service()
