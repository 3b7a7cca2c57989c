"""One death on the way: up to the last step, there, back, and whether it made a difference."""

import asyncio

from tests.crash.audit import audit
from tests.crash.cases import Case
from tests.crash.story import Story
from tests.crash.world import World


async def die_and_return(case: Case, world: World, patience: float = 60) -> None:
    """Play a case's story with its deaths. Raises AssertionError if it leaves anything else than without them.

    `patience` is how many seconds an effect of the last step may take.
    Nobody who dies is alive when the last step begins: what is waiting for it is all that it finds.
    """
    story = await Story.begin(world)
    *before, step = case.story
    for earlier in before:
        await earlier(story)
    await world.settled(story.api.tenant_id)
    story.acted.clear()
    story.patience = patience
    deaths = (*case.first, (case.process, case.where))
    involved = {name for name, _ in deaths} | ({case.without} - {""})
    for name in involved:
        await world.down(name)
    playing = asyncio.create_task(step(story))
    try:
        if case.asleep:
            await story.acted.wait()
        for name, where in deaths:
            await world.up(name, where, **case.settings)
            await world.dies(name, where)
        for name in involved:
            await world.up(name, **case.settings)
        await playing
    finally:
        playing.cancel()
    await world.settled(story.api.tenant_id, patience)
    await audit(story, case.extra_mails)
