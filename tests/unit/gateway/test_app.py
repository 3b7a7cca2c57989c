"""The application as a whole: who guards its routes, and what its document calls things."""

from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from fastapi.params import Security
from fastapi.routing import APIRoute

from gateway.app import PUBLIC, UnguardedRoute, check_guards, create_app, openapi_document
from gateway.http.routes import api_router
from gateway.identity.access import OPERATOR_ONLY, caller, guard_of, operator
from gateway.identity.authenticator import Caller
from gateway.identity.scopes import OPERATOR, Scope

Writer = Annotated[Caller, Security(caller, scopes=[Scope.BOOKINGS_WRITE])]


def test_every_route_asks_for_a_scope_or_is_public() -> None:
    for route in create_app(metrics=True).routes:
        path = getattr(route, "path", "")
        guard = guard_of(route) if isinstance(route, APIRoute) else None
        assert (guard in {*Scope, OPERATOR}) != (path in PUBLIC), path


def test_a_route_that_asks_for_nothing_stops_the_start() -> None:
    router = api_router("Things")

    @router.get("/v1/things")
    async def list_things() -> None: ...

    with pytest.raises(UnguardedRoute, match="/v1/things"):
        check_guards(router.routes)
    with pytest.raises(UnguardedRoute):
        check_guards(FastAPI(docs_url="/secret").routes)


@pytest.mark.parametrize("raw", [False, True])
def test_a_guard_is_found_where_it_is_declared(raw: bool) -> None:
    router = api_router("Things", raw=raw)

    @router.get("/v1/things")
    async def list_things(caller: Writer) -> None: ...

    assert [guard_of(route) for route in router.routes if isinstance(route, APIRoute)] == ["bookings:write"]
    check_guards(router.routes)


def test_an_operators_router_guards_all_its_routes() -> None:
    router = api_router("Things", guard=OPERATOR_ONLY)

    @router.get("/v1/things")
    async def list_things() -> None: ...

    assert [guard_of(route) for route in router.routes if isinstance(route, APIRoute)] == [OPERATOR]


@pytest.mark.parametrize(
    "declared",
    [
        Annotated[Caller, Security(caller)],
        Annotated[Caller, Security(caller, scopes=["no:such"])],
        Annotated[Caller, Security(caller, scopes=[OPERATOR])],
        Annotated[None, Security(operator, scopes=[Scope.BOOKINGS_READ])],
        Annotated[None, Security(lambda: None, scopes=[Scope.BOOKINGS_READ])],
    ],
)
def test_a_guard_that_asks_for_something_else_is_refused(declared: object) -> None:
    router = api_router("Things")

    async def list_things(given: declared) -> None: ...  # type: ignore[valid-type]

    router.add_api_route("/v1/things", list_things, methods=["GET"])
    with pytest.raises(ValueError, match="list_things"):
        check_guards(router.routes)


def test_a_dependency_without_security_is_no_guard() -> None:
    router = api_router("Things")

    @router.get("/v1/things")
    async def list_things(given: Annotated[Caller, Depends(caller)]) -> None: ...

    with pytest.raises(UnguardedRoute):
        check_guards(router.routes)


def test_things_have_their_own_names_in_the_document() -> None:
    document = openapi_document()
    names = set(document["components"]["schemas"])
    assert {
        "Booking", "BookingCreate", "BookingReschedule", "BookingCancel", "BookingList", "Service", "ServiceCreate",
        "Resource", "ResourceCreate", "SlotList", "Slot", "Payment", "Tenant", "ApiKey", "DeadLetter",
    } <= names  # fmt: skip
    assert not {name for name in names if name.endswith(("Shown", "-Input", "-Output"))}
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    assert {"create_booking", "cancel_booking", "list_services", "receive_stripe_event"} <= set(ids)


def test_what_is_internal_of_a_contract_is_not_shown() -> None:
    schemas = openapi_document()["components"]["schemas"]
    assert "business_name" not in schemas["Booking"]["properties"]
    assert set(schemas["Payment"]["properties"]) == {
        "status", "amount", "refunded_amount", "currency", "client_secret", "payment_intent_id",
    }  # fmt: skip
