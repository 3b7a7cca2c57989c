"""Faults of our own processes."""

import asyncio

from tests.chaos.faults.site import Site, carries_out
from tests.chaos.schedule import Fault

GRACE_SECONDS = 25.0
"""What a process is given to end in order."""


@carries_out("kill service")
async def kill_service(site: Site, fault: Fault) -> bool:
    """`kill -9`; the supervisor starts it again."""
    process = site.stack.processes[fault.target]
    if not process.running:
        return False
    site.may_repeat_mail(fault.target)
    site.stack.kill(fault.target)
    return True


@carries_out("freeze service")
async def freeze_service(site: Site, fault: Fault) -> bool:
    """SIGSTOP, and later SIGCONT: to everybody else a process that hangs."""
    process = site.stack.processes[fault.target]
    if not process.running:
        return False
    site.may_repeat_mail(fault.target)
    process.freeze()
    await asyncio.sleep(fault.seconds)
    process.thaw()
    return True


@carries_out("freeze past ack wait")
async def freeze_past_ack_wait(site: Site, fault: Fault) -> bool:
    """Frozen for so long that its deliveries go to another replica; thawed, it finds its work done."""
    return await freeze_service(site, fault)


@carries_out("restart service")
async def restart_service(site: Site, fault: Fault) -> bool:
    """SIGTERM, and a new start once it has ended."""
    process = site.stack.processes[fault.target]
    if not process.running:
        return False
    site.may_repeat_mail(fault.target)
    await asyncio.to_thread(process.stop, GRACE_SECONDS)
    await asyncio.to_thread(process.launch)
    return True
