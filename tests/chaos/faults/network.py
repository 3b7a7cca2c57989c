"""Faults of the network between one replica and one server."""

import asyncio

from tests.chaos.faults.site import Site, carries_out
from tests.chaos.proxy import Cut, Direction, Link
from tests.chaos.schedule import Fault

DELAY_SECONDS = 0.2
CUTS = 3
"""Commits that are cut at most by one fault."""


def _link(site: Site, fault: Fault) -> Link:
    replica, _, server = fault.target.partition("/")
    if server == "postgres":
        site.may_repeat_mail(replica)
    return site.stage.links[replica, server]


@carries_out("partition")
async def partition(site: Site, fault: Fault) -> bool:
    """Nothing gets through, and what was under way is lost."""
    link = _link(site, fault)
    link.hold()
    await asyncio.sleep(fault.seconds)
    link.reset()
    link.heal()
    return True


@carries_out("partition to server")
async def partition_to_server(site: Site, fault: Fault) -> bool:
    """The server does not hear the replica, until it hears everything at once."""
    link = _link(site, fault)
    link.hold(Direction.TO_SERVER)
    await asyncio.sleep(fault.seconds)
    link.heal()
    return True


@carries_out("partition to client")
async def partition_to_client(site: Site, fault: Fault) -> bool:
    """The replica does not hear the server, which goes on doing what it is told."""
    link = _link(site, fault)
    link.hold(Direction.TO_CLIENT)
    await asyncio.sleep(fault.seconds)
    link.heal()
    return True


@carries_out("delay")
async def delay(site: Site, fault: Fault) -> bool:
    """Every packet takes its time, both ways."""
    link = _link(site, fault)
    link.delay_seconds = DELAY_SECONDS
    await asyncio.sleep(fault.seconds)
    link.heal()
    return True


@carries_out("reset connections")
async def reset_connections(site: Site, fault: Fault) -> bool:
    """Every connection breaks, whatever it was doing."""
    _link(site, fault).reset()
    return True


@carries_out("cut before commit")
async def cut_before_commit(site: Site, fault: Fault) -> bool:
    """The connection breaks as the replica commits; the server has not heard so."""
    return await _cut(site, fault, Cut.BEFORE_COMMIT)


@carries_out("cut after commit")
async def cut_after_commit(site: Site, fault: Fault) -> bool:
    """The connection breaks as the replica commits; the server has committed."""
    return await _cut(site, fault, Cut.AFTER_COMMIT)


async def _cut(site: Site, fault: Fault, cut: Cut) -> bool:
    link = _link(site, fault)
    before = link.cut_count
    link.cuts = [cut] * CUTS
    await asyncio.sleep(fault.seconds)
    link.heal()
    return link.cut_count > before
