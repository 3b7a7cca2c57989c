"""The walk through all crash points leaves none out."""

import ast
from pathlib import Path

from shared.crash_points import CrashPoint
from tests.crash.audit import REACTIONS
from tests.crash.cases import CASES, CHANGE_NOTHING, REACTION_STEPS, WALKED_ELSEWHERE

ROOT = Path(__file__).parents[2]
SERVICES = {
    "gateway": "api-gateway",
    "booking": "booking-service",
    "billing": "billing-service",
    "notifier": "notifier-service",
}


def calls(path: Path, function: str) -> list[ast.Call]:
    """Every call of a function or method of this name in a file."""
    found = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [c for c in found if function == getattr(c.func, "attr", getattr(c.func, "id", ""))]


def test_every_point_is_reached_by_code_and_walked() -> None:
    sources = [p for folder in ("shared", *SERVICES.values()) for p in (ROOT / folder / "src").rglob("*.py")]
    arguments = [ast.unparse(c.args[0]) for p in sources if p.stem != "crash_points" for c in calls(p, "reach")]
    assert set(arguments) == {f"CrashPoint.{point.name}" for point in CrashPoint}
    assert {case.point for case in CASES} == set(CrashPoint)


def test_every_reaction_is_walked() -> None:
    assert set(REACTION_STEPS) == {reaction.durable for reaction in REACTIONS}
    sources = [p for folder in SERVICES.values() for p in (ROOT / folder / "src").rglob("*.py")]
    assert len(REACTIONS) == sum(len(calls(p, "on")) for p in sources)


def test_every_periodic_task_is_walked() -> None:
    tasks = set()
    for service, folder in SERVICES.items():
        for path in (ROOT / folder / "src").rglob("*.py"):
            owner = "jobs" if path.stem == "jobs" else service
            tasks |= {f"{owner}-{ast.literal_eval(call.args[1])}" for call in calls(path, "every")}
    walked = {case.path for case in CASES}
    assert tasks - walked == set(WALKED_ELSEWHERE) | set(CHANGE_NOTHING)
