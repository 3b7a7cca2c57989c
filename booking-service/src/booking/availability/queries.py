"""When a service can be booked."""

from booking.availability.search import SearchBounds
from booking.availability.search import find_slots as search
from booking.catalog.model import resources_offering, service_of
from shared.clock import utc_now
from shared.contracts.booking.availability import FindSlots, SlotList
from shared.messaging.handlers import Handlers
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")


@handlers.query(FindSlots)
async def find_slots(query: FindSlots, tx: Transaction, searches: SearchBounds) -> SlotList:
    """Free slots by the rule that creation applies too: what is offered can be booked."""
    service = await service_of(tx.session, query.tenant_id, query.service_id)
    resources = await resources_offering(tx.session, query.tenant_id, service.id, query.resource_id)
    found = await search(tx, service, resources, utc_now(), query.from_, query.to, searches)
    return SlotList.model_construct(slots=found.slots, next_from=found.until if found.until < query.to else None)
