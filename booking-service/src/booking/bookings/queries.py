"""What can be asked about bookings, and about the commands for them."""

from sqlalchemy import select

from booking.bookings.model import Booking
from booking.customers.search import bookings_found
from booking.errors import BookingNotFound
from shared.contracts.booking import bookings as contracts
from shared.contracts.booking.bookings import BookingList, GetBooking, ListBookings
from shared.contracts.booking.commands import FollowBookingCommand
from shared.messaging.handlers import Handlers
from shared.persistence.paging import cut_to_size, page_of
from shared.persistence.transaction import Transaction
from shared.runtime.handling import follow_command

handlers = Handlers("booking")
handlers.query(FollowBookingCommand)(follow_command)


@handlers.query(GetBooking)
async def get_booking(query: GetBooking, tx: Transaction) -> contracts.Booking:
    """One booking."""
    booking = await tx.session.get(Booking, (query.tenant_id, query.booking_id))
    if booking is None:
        raise BookingNotFound("no such booking")
    return booking.snapshot()


@handlers.query(ListBookings)
async def list_bookings(query: ListBookings, tx: Transaction) -> BookingList:
    """A page of bookings, newest first."""
    statement = select(Booking).where(Booking.tenant_id == query.tenant_id)
    if query.status is not None:
        statement = statement.where(Booking.status == query.status)
    if query.resource_id is not None:
        statement = statement.where(Booking.resource_id == query.resource_id)
    if query.customer_id is not None:
        statement = statement.where(Booking.customer_id == query.customer_id)
    if query.q is not None:
        statement = statement.where(Booking.id.in_(await bookings_found(tx, query.tenant_id, query.q)))
    if query.starts_from is not None:
        statement = statement.where(Booking.starts_at >= query.starts_from)
    if query.starts_to is not None:
        statement = statement.where(Booking.starts_at < query.starts_to)
    rows, cursor = await page_of(tx.session, statement, Booking, query)
    found, cursor = cut_to_size([booking.snapshot() for booking in rows], cursor, query)
    return BookingList(bookings=found, next_cursor=cursor)
