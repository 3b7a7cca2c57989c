"""What is shown of a run, and that `docs/reliability.md` says what there is."""

import re
from pathlib import Path

from tests.chaos.auditor import Violation
from tests.chaos.history import History, Outcome
from tests.chaos.injector import Injected
from tests.chaos.report import DOCUMENT, append, table
from tests.chaos.rules import RULES
from tests.chaos.run import Result, recovery
from tests.chaos.schedule import LANES, Fault
from tests.unit.chaos.made_up import operation

EVIDENCE = {"bookings": 5, "charges": 2, "refunds": 1, "mails": 9}


def a_result() -> Result:
    """A run of which one thing went wrong."""
    return Result(
        seed=7,
        minutes=5,
        operations={"create": {"ok": 5, "unknown": 2}},
        faults={"kill NATS": 3},
        evidence=EVIDENCE,
        recovery={"kill NATS": [0.5, 2.5, 1.0]},
        violations=[Violation("holds-end", "booking b still waits")],
        data="kept",
    )


def test_the_table_says_what_was_done_and_what_was_found() -> None:
    shown = table(a_result())
    assert "seed        7, 5 minutes" in shown
    assert re.search(r"create +5 +0 +0 +2", shown)
    assert re.search(r"kill NATS +3 +next booking after 1.0 s \(median\), 2.5 s \(longest\)", shown)
    assert "unknowns    2 operations" in shown
    assert "violations  1\n  holds-end: booking b still waits" in shown


def test_a_run_is_added_to_the_document(tmp_path: Path) -> None:
    document = tmp_path / "reliability.md"
    document.write_text("before\n<!-- runs: begin -->\n<!-- runs: end -->\nafter\n")
    append(a_result(), document)
    append(a_result(), document)
    lines = document.read_text().splitlines()
    assert (lines[0], lines[1], lines[-2], lines[-1]) == (
        "before",
        "<!-- runs: begin -->",
        "<!-- runs: end -->",
        "after",
    )
    assert [line.split(" | ")[1:5] for line in lines[2:4]] == [["7", "5", "7", "3"]] * 2


def test_recovery_is_measured_to_the_next_booking() -> None:
    history = History([operation("create", Outcome.OK, ended=moment) for moment in (1.0, 9.0, 12.5)])
    fault = Fault(at=8, lane="servers", kind="kill NATS", target="nats", seconds=1)
    other = Fault(at=8, lane="network", kind="delay", target="x", seconds=1)
    assert recovery(history, [Injected(fault, 8.0, 10.0), Injected(other, 8.0, 10.0)]) == {"kill NATS": [2.5]}


def test_the_document_names_every_rule() -> None:
    section = DOCUMENT.read_text().partition("## Rules")[2].partition("## ")[0]
    assert set(re.findall(r"`([a-z0-9-]+)`", section)) == set(RULES)


def test_the_document_names_every_kind_of_fault() -> None:
    """In the table of faults: each word of a kind's name stands in its row."""
    rows = [row for row in DOCUMENT.read_text().splitlines() if "chaos: " in row]
    kinds = [kind.name for lane in LANES for kind in lane.kinds]
    missing = [kind for kind in kinds if not any(all(word in row for word in kind.split()) for row in rows)]
    assert not missing
