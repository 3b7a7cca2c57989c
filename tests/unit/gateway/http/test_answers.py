"""What the document says of an operation's answers: put together from what its functions declare."""

import json
import re
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from gateway.api.bookings import Booking
from gateway.api.payments import Payment
from gateway.app import create_app, openapi_document
from gateway.http.answers import EVERYWHERE, complete, follows, refuses, shows
from gateway.http.headers import SentHeaders
from gateway.http.problem_types import PROBLEM_TYPES
from gateway.http.problems import ProblemDocument
from gateway.http.routes import api_router

DOCUMENT = openapi_document()
ROUTES = [r for r in create_app(metrics=True).routes if isinstance(r, APIRoute) and r.include_in_schema]

HIDDEN = {
    ("missing", name) for model in (Booking, Payment) for name, field in model.model_fields.items() if field.exclude
}
"""What pydantic misses in an example, and the API does not show."""


@refuses("forbidden", before_quota=["unauthorized"])
async def ask_first() -> None: ...


@refuses("not_found")
async def look_up(first: Annotated[None, Depends(ask_first)]) -> int:
    return 1


def documented(router: APIRouter, *, counted: bool = False, command: bool = False) -> dict[str, Any]:
    """The answers of a router's one route."""
    app = FastAPI(routes=router.routes)
    [route] = [route for route in router.routes if isinstance(route, APIRoute)]
    method = min(route.methods or ())
    operation: dict[str, Any] = app.openapi()["paths"][route.path][method.lower()]
    operation["responses"].pop("422", None)
    complete(route, operation, counted=counted, command=command)
    answers: dict[str, Any] = operation["responses"]
    return answers


def codes_of(response: dict[str, Any]) -> list[str]:
    return list(response["content"]["application/problem+json"]["examples"])


def test_an_operation_refuses_as_all_that_it_depends_on_does() -> None:
    router = api_router("Things")

    @router.get("/things")
    @refuses("slot_taken", "too_soon")
    async def list_things(found: Annotated[int, Depends(look_up)]) -> None: ...

    answers = documented(router)
    told = {status: codes_of(response) for status, response in answers.items() if int(status) >= 400}
    assert told == {
        "400": ["bad_request"], "401": ["unauthorized"], "403": ["forbidden"], "404": ["not_found"],
        "408": ["request_timeout"], "409": ["slot_taken", "too_soon"], "413": ["body_too_large"],
        "422": ["validation_error"], "431": ["head_too_large"],
    }  # fmt: skip
    assert "WWW-Authenticate" in answers["401"]["headers"]
    assert {PROBLEM_TYPES[code].status for code in EVERYWHERE} <= {int(status) for status in told}


def test_the_quota_is_told_once_it_is_known() -> None:
    router = api_router("Things")

    @router.get("/things")
    async def list_things(found: Annotated[int, Depends(look_up)]) -> None: ...

    counted = {status for status, said in documented(router, counted=True).items() if "RateLimit" in said["headers"]}
    assert counted == {"200", "403", "404", "422"}
    router = api_router("Others")
    router.get("/others")(list_things)
    assert not any("RateLimit" in said["headers"] for said in documented(router).values())


def test_what_became_of_a_command_says_whether_it_is_a_repeat() -> None:
    router = api_router("Things")

    @router.post("/things")
    @refuses("slot_taken", "idempotency_key_reused", "unavailable")
    async def create_thing(headers: SentHeaders) -> None: ...

    answers = documented(router, command=True)
    assert {s for s, said in answers.items() if "Idempotent-Replayed" in said["headers"]} == {"409"}
    assert {s for s, said in answers.items() if "Preference-Applied" in said["headers"]} == {"409", "422"}
    assert "Retry-After" in answers["503"]["headers"]


def test_a_code_that_there_is_not_can_not_be_declared() -> None:
    with pytest.raises(KeyError, match="no_such"):
        refuses("no_such")
    with pytest.raises(KeyError, match="no_such"):
        refuses(before_quota=["no_such"])


def test_an_example_keeps_what_is_null() -> None:
    router = api_router("Things")

    @router.get("/things", responses=shows(200, {"name": None}, links={"again": follows("list_things", "Again.")}))
    async def list_things() -> dict[str, None]:
        return {"name": None}

    answer = documented(router)["200"]
    assert answer["content"]["application/json"]["example"] == {"name": None}
    assert answer["links"]["again"]["operationId"] == "list_things"


def successes() -> Iterator[tuple[APIRoute, int, dict[str, Any]]]:
    for route in ROUTES:
        for method in route.methods or ():
            for status, response in DOCUMENT["paths"][route.path][method.lower()]["responses"].items():
                if "application/problem+json" not in response.get("content", {}):
                    yield route, int(status), response


def test_every_success_has_an_example_of_its_shape() -> None:
    seen = 0
    for route, status, response in successes():
        if status in (204, 304):
            continue
        [content] = response["content"].values()
        field = route.response_fields.get(status) or route.response_field
        if field is not None:
            shape = DOCUMENT["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
            assert set(content["example"]) == set(shape["properties"]), (route.name, status)
            _, errors = field.validate(content["example"], loc=())
            wrong = [error for error in errors or () if (error["type"], error["loc"][-1]) not in HIDDEN]
            assert not wrong, (route.name, status)
        else:
            assert content["example"]
        seen += 1
    assert seen >= len(ROUTES)


def test_every_link_leads_to_an_operation_with_parameters_that_it_has() -> None:
    operations = {said["operationId"]: said for path in DOCUMENT["paths"].values() for said in path.values()}
    led = set()
    for route, status, response in successes():
        for link in response.get("links", {}).values():
            target = operations[link["operationId"]]
            taken = {parameter["name"] for parameter in target.get("parameters", ())}
            assert link["parameters"].keys() <= taken, (route.name, status, link)
            needed = {p["name"] for p in target.get("parameters", ()) if p["required"]}
            about_time = {"from", "to"} if (route.name, link["operationId"]) != ("find_slots", "find_slots") else set()
            assert needed - about_time <= link["parameters"].keys(), (route.name, status, link)
            for expression in link["parameters"].values():
                body = re.fullmatch(r"\$response\.body#/(\w+)", expression)
                header = re.fullmatch(r"\$response\.header\.(.+)", expression)
                query = re.fullmatch(r"\$request\.query\.(\w+)", expression)
                [content] = response["content"].values()
                assert body or header or query, expression
                if body:
                    assert body[1] in content["example"], (route.name, status, expression)
                elif header:
                    assert header[1] in response["headers"], (route.name, status, expression)
                elif query:
                    assert query[1] in {p["name"] for p in operations[route.name]["parameters"]}, expression
            led.add((route.name, link["operationId"]))
    assert {("create_booking", name) for name in ("get_booking", "cancel_booking", "get_payment")} <= led
    assert ("cancel_booking", "get_booking") in led


def test_problems_have_one_shape_and_an_example_each() -> None:
    shapes = {
        response["content"]["application/problem+json"]["schema"]["$ref"]
        for path in DOCUMENT["paths"].values()
        for operation in path.values()
        for response in operation["responses"].values()
        if "application/problem+json" in response.get("content", {})
    }
    assert shapes == {"#/components/schemas/ProblemDocument"}
    members = set(ProblemDocument.model_fields)
    for code, example in DOCUMENT["components"]["examples"].items():
        kind = PROBLEM_TYPES[code]
        assert ProblemDocument.model_validate(example["value"]).code == code
        assert set(example["value"]) <= members, code
        assert (example["value"]["status"], example["summary"]) == (kind.status, kind.title)
    used = json.dumps(DOCUMENT["paths"])
    for part in ("examples", "headers"):
        for name in DOCUMENT["components"][part]:
            assert f'"#/components/{part}/{name}"' in used, f"{part}: nobody refers to {name}"
