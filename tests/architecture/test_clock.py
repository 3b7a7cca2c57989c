"""One clock: whoever wants to know what time it is asks `shared.clock`, so that one day it can be moved.

Only what must go by real time, however the clock is set, asks the database: leases, retries,
bookkeeping and pruning. Each such place is listed here with its reason.
"""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("api-gateway", "booking-service", "billing-service", "notifier-service", "shared")
SOURCES = {
    str(path.relative_to(ROOT / folder / "src")): path
    for folder in FOLDERS
    for path in sorted((ROOT / folder / "src").rglob("*.py"))
}
THE_CLOCK = "shared/clock.py"

REAL_TIME = {
    "shared/persistence/inbox.py": "pruning: what was handled long ago",
    "shared/persistence/outbox.py": "the relay's claims, how long the oldest row has waited, pruning",
    "shared/persistence/idempotency.py": "pruning: keys are remembered for real hours",
    "gateway/*audit.py": "evidence of what an operator did, and when, must not be movable",
    "gateway/*model.py": "when a tenant or a key was made: noted, nothing follows from it",
    "billing/*events.py": "when a parked event is tried again, the lease of who reads Stripe's list, pruning",
    "notifier/*queue.py": "leases of messages being sent, waits between attempts, when one was sent, pruning",
    "notifier/*bookings.py": "when a booking was last heard of, pruning",
    "notifier/*job_heartbeats.py": "heartbeats",
}
"""Where SQL may ask the database for the time, and why."""

_CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "localtime", "gmtime"},
}
_SQL_CLOCK = re.compile(
    r"\b((now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)"
    r"|current_(timestamp|date|time)\b|localtime(stamp)?\b)",
    re.IGNORECASE,
)
_SQL_FUNCTIONS = {
    "now",
    "clock_timestamp",
    "statement_timestamp",
    "transaction_timestamp",
    "current_timestamp",
    "current_date",
    "localtimestamp",
}


def python_clocks(source: str) -> Iterator[int]:
    """The lines that call, or hand over, one of Python's clocks."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if node.attr in _CLOCKS.get(owner, ()):
                yield node.lineno
        if (
            isinstance(node, ast.ImportFrom)
            and node.module == "time"
            and {n.name for n in node.names} & _CLOCKS["time"]
        ):
            yield node.lineno


def sql_clocks(source: str) -> Iterator[int]:
    """The lines that ask the database for the time: in a text that is not a docstring, or as `func.now()`."""
    tree = ast.parse(source)
    texts_for_people = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in texts_for_people:
            if _SQL_CLOCK.search(node.value) and node.value != "localtime":  # alone: an entry of the zone database
                yield node.lineno
        elif (
            isinstance(node, ast.Attribute) and node.attr in _SQL_FUNCTIONS and getattr(node.value, "id", "") == "func"
        ):
            yield node.lineno


def test_python_code_asks_the_one_clock() -> None:
    found = {name: lines for name, path in SOURCES.items() if (lines := list(python_clocks(path.read_text())))}
    assert set(found) == {THE_CLOCK}, found


def test_sql_asks_for_the_time_only_where_it_must_be_the_real_one() -> None:
    found = {name: lines for name, path in SOURCES.items() if (lines := list(sql_clocks(path.read_text())))}
    unlisted = {name: lines for name, lines in found.items() if not any(fnmatch(name, place) for place in REAL_TIME)}
    assert not unlisted, unlisted
    unused = [place for place in REAL_TIME if not any(fnmatch(name, place) for name in found)]
    assert not unused, unused


def test_clocks_are_found_in_every_guise() -> None:
    python = """
import time
from time import time_ns
at = datetime.now(UTC)
at = datetime.datetime.utcnow()
field(default_factory=datetime.now)
today = date.today()
seconds = time.time()
"""
    assert sorted(python_clocks(python)) == [3, 4, 5, 6, 7, 8]
    assert not list(python_clocks("loop.time(); time.monotonic(); now(); clock.utc_now()"))
    sql = '''
"""now() in a docstring is for people."""
A = text("SELECT NOW()")
B = f"SELECT {column} < current_timestamp"
C = func.clock_timestamp()
now()
'''
    assert sorted(sql_clocks(sql)) == [3, 4, 5]
