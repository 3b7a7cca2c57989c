"""Carries out a schedule: each lane's faults one after the other, each at its time or as soon as its lane is free."""

import asyncio
import time
from collections import Counter, defaultdict
from dataclasses import dataclass

from tests.chaos.faults import CARRIED_OUT, Site
from tests.chaos.schedule import Fault


@dataclass(frozen=True, slots=True)
class Injected:
    """A fault that was carried out. Seconds count from the start of the run."""

    fault: Fault
    began: float
    ended: float


class Injector:
    """Plays a schedule on a site."""

    def __init__(self, site: Site, schedule: list[Fault]) -> None:
        self.injected: list[Injected] = []
        self.missed: list[Fault] = []
        """Faults that found nothing to harm: a replica that was down already, say."""
        self._site = site
        self._lanes: dict[str, list[Fault]] = defaultdict(list)
        for fault in schedule:
            self._lanes[fault.lane].append(fault)

    @property
    def counts(self) -> Counter[str]:
        """Faults carried out, by kind."""
        return Counter(one.fault.kind for one in self.injected)

    async def run(self, seconds: float) -> None:
        """Begin no more faults after so many seconds; return when the last one is undone."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as lanes:
            for faults in self._lanes.values():
                lanes.create_task(self._play(faults, began, seconds))

    async def _play(self, faults: list[Fault], began: float, seconds: float) -> None:
        for fault in faults:
            await asyncio.sleep(max(0.0, began + fault.at - time.monotonic()))
            started = time.monotonic() - began
            if started > seconds:
                return
            if await CARRIED_OUT[fault.kind](self._site, fault):
                self.injected.append(Injected(fault, started, time.monotonic() - began))
            else:
                self.missed.append(fault)
