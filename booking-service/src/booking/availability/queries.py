"""When a service can be booked."""

from booking.allocations.needs import candidates, needs_of
from booking.availability.search import Searches, by_day, prepare
from booking.catalog.model import service_of
from booking.errors import Archived
from shared.clock import utc_now
from shared.contracts.booking.availability import FindSlots, Granularity, SlotList
from shared.messaging.handlers import Handlers
from shared.runtime.context import Context

handlers = Handlers("booking")


@handlers.query(FindSlots)
async def find_slots(query: FindSlots, ctx: Context, searches: Searches) -> SlotList:
    """Free slots by the rule that creation applies too: what is offered can be booked.

    No connection to the database is held while they are reckoned.
    """
    async with ctx.transaction() as tx:
        service = await service_of(tx.session, query.tenant_id, query.service_id)
        if service.archived_at:
            raise Archived("the service is archived")
        needs = await needs_of(tx, service, query.resource_id)
        end = min(query.to, query.from_ + searches.longest(service.rules, len(candidates(needs))))
        search = await prepare(tx, service, needs, utc_now(), query.from_, end, explained=query.explain)
    if query.explain:
        explained, until = await searches.explain(search)
        return SlotList(slots=[], candidates=explained, next_from=until if until < query.to else None)
    slots, until = await searches.run(search)
    going_on = until if until < query.to else None
    if query.granularity is Granularity.DAY:
        return SlotList(slots=[], days=by_day(slots), next_from=going_on)
    return SlotList.model_construct(slots=slots, next_from=going_on)
