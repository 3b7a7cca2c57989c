"""One declaration, two ways to run it."""

from collections.abc import Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.params import Header, Query, Security
from fastapi.security import SecurityScopes
from starlette.requests import Request
from starlette.responses import Response

from gateway.http.body import Body
from gateway.http.edge import Edge
from gateway.http.load_shedding import LoadShedder
from gateway.http.problems import Problem, answer_to
from gateway.http.routes import JsonRoute, RawDispatch, RawRoute, api_router

Endpoint = Callable[..., Any]


class Thing(Body):
    """What is sent and sent back."""

    name: str
    size: int = 1


NOTHING = Thing(name="nothing")


async def who(request: Request, security: SecurityScopes) -> str:
    if request.headers.get("authorization") != "let me in":
        raise Problem(401, "no")
    return ",".join(security.scopes)


async def words(values: Annotated[list[str] | None, Header(alias="X-Word")] = None) -> str:
    return "+".join(values or [])


async def echo(
    request: Request, scopes: Annotated[str, Security(who, scopes=["a", "b"])], body: Thing,
    said: Annotated[str, Depends(words)],
) -> Any:  # fmt: skip
    return Response(f"{request.method} {scopes} {body.name} {body.size} {said}")


async def mirror(body: Thing = NOTHING) -> Thing:
    return body


async def answering(request: Request, error: Exception) -> Response:
    answer = answer_to(request.scope, error)
    assert answer is not None
    return answer


def client_of(router: APIRouter) -> httpx.AsyncClient:
    app = FastAPI(routes=router.routes)
    app.add_exception_handler(Problem, answering)
    edge = Edge(RawDispatch(app), LoadShedder(10, 0.5, "/webhook", 1.0))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=edge), base_url="http://gateway")


@pytest.fixture(params=[False, True], ids=["json", "raw"])
def router(request: pytest.FixtureRequest) -> APIRouter:
    router = api_router("Things", raw=request.param)
    router.add_api_route("/things", echo, methods=["POST"], response_model=Thing)
    router.add_api_route("/mirror", mirror, methods=["POST"], response_model=Thing, status_code=201)
    return router


async def test_both_resolve_what_is_declared(router: APIRouter) -> None:
    async with client_of(router) as client:
        headers = [("Authorization", "let me in"), ("X-Word", "one"), ("X-Word", "two")]
        answer = await client.post("/things", json={"name": "x", "size": 3}, headers=headers)
        assert answer.text == "POST a,b x 3 one+two"


async def test_who_may_not_come_in_is_told_so_before_the_body_is_read(router: APIRouter) -> None:
    async with client_of(router) as client:
        assert (await client.post("/things", content=b"{")).status_code == 401


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [
        (b'{"name": "x"}', "text/plain", 415),
        (b'{"name": "x", "more": 1}', "application/json", 422),
        (b'{"name": "x", "name": "y"}', "application/json", 422),
        (b'{"name": "x", "size": "1"}', "application/json", 422),
        (b'{"size": 1}', "application/json", 422),
        (b"", "application/json", 400),
    ],
)
async def test_bodies_are_strict(router: APIRouter, content: bytes, media_type: str, status: int) -> None:
    async with client_of(router) as client:
        headers = {"Authorization": "let me in", "Content-Type": media_type}
        answer = await client.post("/things", content=content, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


async def test_a_body_that_may_be_left_out_has_its_default(router: APIRouter) -> None:
    async with client_of(router) as client:
        answer = await client.post("/mirror")
        assert (answer.status_code, answer.json()) == (201, {"name": "nothing", "size": 1})
        assert (await client.post("/mirror", json={"name": "x"})).json() == {"name": "x", "size": 1}


def test_both_are_documented_alike() -> None:
    documents = []
    for raw in (False, True):
        router = api_router("Things", raw=raw)
        router.add_api_route("/things", echo, methods=["POST"])
        documents.append(FastAPI(routes=router.routes).openapi())
        (route,) = router.routes
        assert isinstance(route, RawRoute if raw else JsonRoute)
        assert route.body_model is Thing
    assert documents[0] == documents[1]
    operation = documents[0]["paths"]["/things"]["post"]
    assert operation["operationId"] == "echo"
    assert operation["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Thing"}
    assert [parameter["name"] for parameter in operation["parameters"]] == ["X-Word"]


async def with_query(limit: Annotated[int, Query()]) -> None: ...


async def with_path(thing_id: str) -> None: ...


@pytest.mark.parametrize("endpoint", [with_query, with_path])
def test_a_raw_route_refuses_what_it_can_not_resolve(endpoint: Endpoint) -> None:
    with pytest.raises(TypeError):
        api_router("Things", raw=True).add_api_route("/things/{thing_id}", endpoint, methods=["GET"])


def test_a_raw_route_ignores_no_dependency_of_its_router() -> None:
    router = api_router("Things", raw=True, guard=Security(who, scopes=["a"]))
    with pytest.raises(TypeError):
        router.add_api_route("/mirror", mirror, methods=["POST"])
