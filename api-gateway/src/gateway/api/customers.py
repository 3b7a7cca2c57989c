"""Customers: who a business works for."""

from typing import Annotated, Any
from uuid import UUID

from fastapi.params import Security
from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.dependencies import Follower, Nats, Submitter
from gateway.commands.showing import Followed
from gateway.commands.submit import SUBMITTING, decided, waiting
from gateway.http.answers import (
    ASKING,
    EXAMPLE_ID,
    UNLESS_KNOWN,
    follows,
    next_page,
    not_modified,
    outcome_at,
    refuses,
    shows,
)
from gateway.http.body import NOTHING, STRICT, Body, given, unchanged
from gateway.http.headers import ExpectedVersions, SentHeaders
from gateway.http.parameters import Cursor, FollowedChange, Limit, Search, ShowArchived
from gateway.http.routes import api_router
from gateway.identity.access import caller
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import Scope
from shared.clock import utc_now
from shared.contracts.booking import customers as contract
from shared.contracts.booking.catalog import Archived
from shared.contracts.booking.customers import (
    CONSENTS_LIMIT,
    ArchiveCustomer,
    ChangeCustomer,
    CreateCustomer,
    CustomerList,
    CustomerRecord,
    EraseCustomer,
    Erasure,
    GetCustomer,
    GetErasure,
    ListCustomers,
    RestoreCustomer,
)
from shared.contracts.fields import Email, Instant, Metadata, MetadataKey, Name, Phone, ShortText, Text
from shared.messaging.rpc import call

routes = api_router("Customers")

LOCATION = "/v1/customers/{id}"
CHANGED = LOCATION + f"?command={EXAMPLE_ID}"
CHANGES = (ChangeCustomer, ArchiveCustomer, RestoreCustomer, EraseCustomer)
"""What can be done with a customer that is there."""
_FOLLOWED = Followed(
    CreateCustomer, CHANGES, LOCATION, lambda tenant, asked: GetCustomer(tenant_id=tenant, customer_id=asked)
)
_CHANGING = ("customer_not_found", "customer_erased", "version_conflict")
_EXAMPLE = {
    "id": str(EXAMPLE_ID),
    "name": "Ada Lovelace",
    "email": "ada@example.org",
    "phone": "+442079460018",
    "notes": "Rings twice",
    "consents": [{"name": "marketing", "granted": True, "source": "web form", "at": "2026-11-20T10:00:00Z"}],
    "metadata": {},
    "version": 1,
    "archived_at": None,
    "erased_at": None,
    "created_at": "2026-11-20T10:00:00Z",
}
_ARCHIVED = _EXAMPLE | {"version": 2, "archived_at": "2026-11-21T10:00:00Z"}
_LINKS = {
    "customer": follows("get_customer", "The customer.", customer_id="$response.body#/id"),
    "change": follows("change_customer", "Change it.", customer_id="$response.body#/id"),
}
_SHOWN = {"customer": _LINKS["customer"]}
_OUTCOME = outcome_at("get_customer", "customer_id")
_CHANGE = decided(200, _EXAMPLE, "ETag", links=_SHOWN) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME)
_PUT_AWAY = decided(200, _ARCHIVED, "ETag", links=_SHOWN) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME)


_ERASED = {
    "id": str(EXAMPLE_ID),
    "preview": False,
    "open_bookings": 0,
    "erased_at": "2026-11-21T10:00:00Z",
    "erased": [{"what": "customer", "count": 1, "why": "name, address, number … belong to the person"}],
    "kept": [{"what": "bookings", "count": 4, "why": "time, service and money are the business's own records"}],
}


class ConsentGiven(Body):
    """What a person has agreed to or taken back. Without `at` it was said just now."""

    name: MetadataKey
    granted: bool
    source: Annotated[ShortText, Field(min_length=1)]
    at: Instant | None = None


Consents = Annotated[list[ConsentGiven], Field(max_length=CONSENTS_LIMIT)]


class CustomerCreate(Body):
    """A person to be written down. No two customers share an address; of those without one, none shares a number."""

    model_config = STRICT | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Ada Lovelace",
                    "email": "ada@example.org",
                    "phone": "+44 20 7946 0018",
                    "consents": [{"name": "marketing", "granted": True, "source": "web form"}],
                }
            ]
        }
    )

    name: Name
    email: Email | None = None
    phone: Phone | None = None
    notes: Text | None = None
    consents: Consents = Field(default_factory=list)
    metadata: Metadata = Field(default_factory=dict)


class CustomerPatch(Body):
    """What is to be different; what is left out stays, null takes away (RFC 7396). Lists are given whole."""

    model_config = STRICT | ConfigDict(json_schema_extra={"examples": [{"phone": None, "notes": "Rings twice"}]})

    name: Name = unchanged()
    email: Email | None = None
    phone: Phone | None = None
    notes: Text | None = None
    consents: Consents = unchanged()
    metadata: Metadata = unchanged()


class CustomerErase(Body):
    """Whether an erasure is only to be told."""

    preview: bool = False


FOR_GOOD = CustomerErase()


@routes.post(
    "/v1/customers",
    status_code=201,
    response_model=CustomerRecord,
    responses=decided(201, _EXAMPLE, "ETag", links=_LINKS) | waiting(LOCATION, "Preference-Applied", links=_LINKS),
)
@refuses("validation_error", "customer_exists", *SUBMITTING)
async def create_customer(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CUSTOMERS_WRITE])],
    body: CustomerCreate,
    headers: SentHeaders,
    submitter: Submitter,
) -> Response:
    """Write a customer down. Who books is written down by that alone."""
    envelope = submitter.envelope(request, caller.tenant_id, body, headers)
    command = CreateCustomer(**envelope, **_members(dict(body)))
    return await submitter.submit(request, command, headers, CustomerRecord, LOCATION)


@routes.get(
    "/v1/customers",
    response_model=CustomerList,
    responses=shows(
        200, {"customers": [_EXAMPLE], "next_cursor": None}, links=next_page("list_customers", "archived", "q")
    ),
)
@refuses("invalid_cursor", *ASKING)
async def list_customers(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CUSTOMERS_READ])],
    nats: Nats,
    limit: Limit = 50,
    cursor: Cursor = None,
    archived: ShowArchived = Archived.NO,
    q: Search | None = None,
) -> CustomerList:
    """A page of the tenant's customers, newest first; with `q` those whom it finds, whole words before beginnings."""
    query = ListCustomers(tenant_id=caller.tenant_id, limit=limit, cursor=cursor, archived=archived, q=q)
    return await call(nats, query)


@routes.get(
    "/v1/customers/{customer_id}",
    response_model=CustomerRecord,
    responses=shows(200, _EXAMPLE, "ETag", links={"change": _LINKS["change"]}) | waiting(LOCATION) | not_modified(),
    openapi_extra=UNLESS_KNOWN,
)
@refuses("validation_error", "idempotency_key_reused", "customer_exists", *_CHANGING, "bookings_open", *ASKING)
async def get_customer(
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CUSTOMERS_READ])],
    customer_id: UUID,
    follower: Follower,
    response: Response,
    command: FollowedChange = None,
) -> CustomerRecord | Response:
    """One customer, archived or not; 202 while a command for it still waits; the refusal if it was refused."""
    return await _FOLLOWED.show(follower, caller.tenant_id, customer_id, command, response)


@routes.patch("/v1/customers/{customer_id}", response_model=CustomerRecord, responses=_CHANGE)
@refuses("validation_error", "customer_exists", *_CHANGING, *SUBMITTING)
async def change_customer(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CUSTOMERS_WRITE])],
    customer_id: UUID,
    body: CustomerPatch,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Change a customer. Bookings that were made keep the name and the address that they were made under."""
    envelope = submitter.envelope(request, caller.tenant_id, body, headers, customer_id)
    members = _members(given(body))
    command = ChangeCustomer(
        **envelope,
        **members,
        cleared=[name for name, value in members.items() if value is None],
        expected_versions=expected_versions,
    )
    return await submitter.submit(request, command, headers, CustomerRecord, LOCATION)


@routes.post("/v1/customers/{customer_id}/archive", response_model=CustomerRecord, responses=_PUT_AWAY)
@refuses(*_CHANGING, *SUBMITTING)
async def archive_customer(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CUSTOMERS_WRITE])],
    customer_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Keep a customer out of lists. Whoever books again is found all the same. Doing so twice changes nothing."""
    envelope = submitter.envelope(request, caller.tenant_id, NOTHING, headers, customer_id)
    command = ArchiveCustomer(**envelope, expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, CustomerRecord, LOCATION)


@routes.post("/v1/customers/{customer_id}/restore", response_model=CustomerRecord, responses=_CHANGE)
@refuses(*_CHANGING, *SUBMITTING)
async def restore_customer(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CUSTOMERS_WRITE])],
    customer_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
) -> Response:
    """Show an archived customer in lists again."""
    envelope = submitter.envelope(request, caller.tenant_id, NOTHING, headers, customer_id)
    command = RestoreCustomer(**envelope, expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, CustomerRecord, LOCATION)


@routes.post(
    "/v1/customers/{customer_id}/erase",
    response_model=Erasure,
    responses=decided(200, _ERASED, links=_SHOWN) | waiting(CHANGED, "Preference-Applied", links=_OUTCOME),
)
@refuses("customer_not_found", "version_conflict", "bookings_open", *SUBMITTING)
async def erase_customer(
    request: Request,
    caller: Annotated[Caller, Security(caller, scopes=[Scope.CUSTOMERS_WRITE])],
    customer_id: UUID,
    headers: SentHeaders,
    expected_versions: ExpectedVersions,
    submitter: Submitter,
    nats: Nats,
    response: Response,
    body: CustomerErase = FOR_GOOD,
) -> Erasure | Response:
    """Erase everything about a person, for good; with `preview` only say what would go and what would stay. Bookings
    keep time, service and money under a pseudonym. Doing so twice changes nothing."""
    if body.preview:
        response.headers["Location"] = LOCATION.format(id=customer_id)
        return await call(nats, GetErasure(tenant_id=caller.tenant_id, customer_id=customer_id))
    envelope = submitter.envelope(request, caller.tenant_id, body, headers, customer_id)
    command = EraseCustomer(**envelope, expected_versions=expected_versions)
    return await submitter.submit(request, command, headers, Erasure, LOCATION)


def _members(members: dict[str, Any]) -> dict[str, Any]:
    """What a body says, as a command takes it: a consent without a time was given now."""
    if members.get("consents"):
        members["consents"] = [
            contract.Consent(name=said.name, granted=said.granted, source=said.source, at=said.at or utc_now())
            for said in members["consents"]
        ]
    return members
