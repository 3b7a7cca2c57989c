"""The walk through all failpoints leaves none out."""

import ast
from pathlib import Path

from shared.failpoints import failpoints
from tests.crash.audit import HANDLERS
from tests.crash.cases import CASES, CHANGE_NOTHING, HANDLER_STEPS, WALKED_ELSEWHERE

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
    arguments = [ast.unparse(c.args[0]) for p in sources if p.stem != "failpoints" for c in calls(p, "failpoint")]
    assert set(arguments) == {f"{type(point).__name__}.{point.name}" for point in failpoints()}
    assert {case.point for case in CASES} == set(failpoints())


def test_every_handler_is_walked() -> None:
    assert set(HANDLER_STEPS) == {handler.durable for handler in HANDLERS}
    sources = [p for folder in SERVICES.values() for p in (ROOT / folder / "src").rglob("*.py")]
    declared = [call for path in sources for verb in ("on", "command") for call in calls(path, verb)]
    # Stripe's effects, declared with `effects.on`, all run in one handler of the list.
    assert len(HANDLERS) == sum(ast.unparse(call.func).startswith("handlers.") for call in declared)


def test_every_periodic_task_is_walked() -> None:
    tasks = set()
    for service, folder in SERVICES.items():
        for path in (ROOT / folder / "src").rglob("*.py"):
            owner = "jobs" if path.stem == "jobs" else service
            tasks |= {f"{owner}-{ast.literal_eval(call.args[1])}" for call in calls(path, "every")}
    walked = {case.path for case in CASES}
    tasks.add("booking-forget-commands")  # the runtime's own, of a service that takes commands
    assert tasks - walked == set(WALKED_ELSEWHERE) | set(CHANGE_NOTHING)
