"""What can be asked about customers."""

from sqlalchemy import select

from booking.catalog.queries import by_archive
from booking.customers.model import Customer
from booking.customers.search import customers_found
from booking.errors import CustomerNotFound
from shared.contracts.booking import customers as contracts
from shared.contracts.booking.customers import CustomerList, GetCustomer, ListCustomers
from shared.messaging.handlers import Handlers
from shared.persistence.paging import cut_to_size, page_of
from shared.persistence.transaction import Transaction

handlers = Handlers("booking")


@handlers.query(GetCustomer)
async def get_customer(query: GetCustomer, tx: Transaction) -> contracts.CustomerRecord:
    """One customer, archived or not."""
    customer = await tx.session.get(Customer, (query.tenant_id, query.customer_id))
    if customer is None:
        raise CustomerNotFound("no such customer")
    return customer.snapshot()


@handlers.query(ListCustomers)
async def list_customers(query: ListCustomers, tx: Transaction) -> CustomerList:
    """A page of customers: newest first, or those that a search finds in its order."""
    own = by_archive(select(Customer).where(Customer.tenant_id == query.tenant_id), Customer, query.archived)
    if query.q is None:
        rows, cursor = await page_of(tx.session, own, Customer, query)
        found, cursor = cut_to_size([customer.snapshot() for customer in rows], cursor, query)
        return CustomerList(customers=found, next_cursor=cursor)
    ids, cursor = await customers_found(tx, query, query.q)
    people = {customer.id: customer for customer in await tx.session.scalars(own.where(Customer.id.in_(ids)))}
    return CustomerList(customers=[people[id_].snapshot() for id_ in ids if id_ in people], next_cursor=cursor)
