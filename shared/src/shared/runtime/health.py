"""Health of one process: can it do its own job?

`/healthz` says that the event loop turns, nothing else. `/readyz` runs the checks in parallel, each
within half a second, keeps the answer for a second, and changes its mind only on the second failure.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from shared.errors import Unavailable

Check = Callable[[], Awaitable[None]]
"""Returns if all is well; raises `Unavailable` with the reason if not."""

CHECK_SECONDS = 1.5
CACHE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check's answer; `detail` is empty when it is ok."""

    ok: bool
    detail: str = ""


class Health:
    """The checks of this process and their last answers."""

    def __init__(self) -> None:
        self.stopping = False
        self._checks: dict[str, Check] = {}
        self._results: dict[str, CheckResult] = {}
        self._failures: dict[str, int] = {}
        self._checked_at = 0.0
        self._lock = asyncio.Lock()

    def add(self, name: str, check: Check) -> None:
        """Register a check; names are shown in `/readyz` and in heartbeats."""
        self._checks[name] = check

    def recheck(self) -> None:
        """Something has changed for the better: ask anew at the next look."""
        self._checked_at = 0.0

    async def results(self) -> dict[str, CheckResult]:
        """The checks' answers, at most a second old."""
        async with self._lock:
            if time.monotonic() - self._checked_at > CACHE_SECONDS:
                answers = await asyncio.gather(*(self._run(n, c) for n, c in self._checks.items()))
                self._results = dict(zip(self._checks, answers, strict=True))
                self._checked_at = time.monotonic()
            return self._results

    async def ready(self) -> bool:
        """Whether every check holds and the process is not on its way out."""
        return not self.stopping and all(r.ok for r in (await self.results()).values())

    async def _run(self, name: str, check: Check) -> CheckResult:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await check()
        except (Unavailable, TimeoutError) as error:
            failures = self._failures[name] = self._failures.get(name, 0) + 1
            known_good = name in self._results and self._results[name].ok
            if failures == 1 and known_good:
                return self._results[name]
            return CheckResult(False, str(error) or "no answer in time")
        self._failures[name] = 0
        return CheckResult(True)
