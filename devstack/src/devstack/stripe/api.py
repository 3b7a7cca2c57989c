"""Stripe's API over HTTP: keys, versions, parameters, idempotency, envelopes, and faults."""

import asyncio
import base64
import binascii
import json
import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from devstack.stripe import errors, forms, parameters
from devstack.stripe.account import Account, Origin
from devstack.stripe.errors import ApiError
from devstack.stripe.faults import Faults
from devstack.stripe.forms import Tree
from devstack.stripe.idempotency import Answer, IdempotencyKeys, fingerprint
from devstack.stripe.lists import check_expandable, expanded
from devstack.stripe.objects import API_VERSION, new_id
from devstack.stripe.operations import Call, Operation

_TEST_KEY = re.compile(r"sk_test_\w+")
_FORM = "application/x-www-form-urlencoded"
# Longer than any client waits for an answer that does not come.
_UNANSWERED_SECONDS = 300.0


def routes(operations: list[Operation], account: Account, faults: Faults) -> list[Route]:
    """Everything under `/v1`; what is unknown there gets Stripe's envelope too."""
    keys = IdempotencyKeys(account.store)
    known = [
        Route(
            operation.path,
            Endpoint(operation, account, keys, faults).answer,
            methods=[operation.method],
        )
        for operation in operations
    ]
    everything = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return [*known, Route("/v1/{rest:path}", _unrecognized, methods=everything)]


class Endpoint:
    """One operation as an HTTP endpoint."""

    def __init__(self, operation: Operation, account: Account, keys: IdempotencyKeys, faults: Faults) -> None:
        self._operation = operation
        self._account = account
        self._keys = keys
        self._faults = faults

    async def answer(self, request: Request) -> Response:
        """Stripe's answer, or none at all where a fault says so."""
        request_id = new_id("req")
        try:
            check_headers(request)
            if self._faults.api.down:
                raise errors.unavailable()
            given = forms.decode(await _encoded_parameters(request))
            key = request.headers.get("idempotency-key") if request.method == "POST" else None
            if key is None:
                await self._faults.slow_down()
                answer = self._run(request, request_id, given, key=None)
                self._account.store.commit()
            else:
                answer = await self._run_once(request, request_id, given, key)
        except ApiError as refusal:
            return _refused(request, request_id, refusal)
        if request.method == "POST" and answer.status == 200 and self._faults.take_timeout():
            await _leave_unanswered(request, self._faults)
            return _refused(request, request_id, errors.unanswered())
        return _answered(request, request_id, answer)

    async def _run_once(self, request: Request, request_id: str, given: dict[str, Tree], key: str) -> Answer:
        wanted = fingerprint(request.method, request.url.path, given)
        first = self._keys.take(key, wanted)
        if first is not None:
            return first
        try:
            await self._faults.slow_down()
            answer = self._run(request, request_id, given, key=key)
            self._keys.keep(key, wanted, answer)
            return answer
        finally:
            self._keys.let_go(key)
            # Effect and answer become durable together.
            self._account.store.commit()

    def _run(self, request: Request, request_id: str, given: dict[str, Tree], *, key: str | None) -> Answer:
        """Raises `ApiError` for refusals that no idempotency key keeps; others are answers."""
        operation = self._operation
        checked = parameters.checked(operation.accepts, given, operation.simulated)
        expand = checked.get("expand", [])
        check_expandable(operation.returns, operation.listed, expand)
        call = Call(
            params=checked,
            identifier=request.path_params.get("id", ""),
            origin=Origin(request_id, key),
            pay_page=f"{request.base_url}pay/",
        )
        try:
            if request.method == "POST" and self._faults.take_error():
                raise errors.internal()
            resource = operation.run(call)
            shown = expanded(self._account, resource, expand)
        except ApiError as refusal:
            if not refusal.stored:
                raise
            return Answer(refusal.status, json.dumps(refusal.envelope), request_id)
        return Answer(200, json.dumps(shown, indent=2), request_id)


def check_headers(request: Request) -> None:
    """Raises `ApiError`: 401 without a test key, 403 for another account, 400 for a version that is
    none."""
    key = _api_key(request.headers.get("authorization", ""))
    if not key:
        raise errors.unauthenticated("No API key was given: use 'Authorization: Bearer sk_test_…'.")
    if not _TEST_KEY.fullmatch(key):
        raise errors.unauthenticated("Invalid API key: the fake Stripe takes sk_test_… only.")
    if account := request.headers.get("stripe-account"):
        raise ApiError(
            403,
            "invalid_request_error",
            f"The API key has no access to the account {account[:40]!r}.",
            code="account_invalid",
        )
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(\.[a-z]+)?", _version(request)):
        raise errors.invalid(f"Invalid Stripe API version: {_version(request)[:40]}")


async def _unrecognized(request: Request) -> Response:
    request_id = new_id("req")
    try:
        check_headers(request)
    except ApiError as refusal:
        return _refused(request, request_id, refusal)
    message = f"Unrecognized request URL ({request.method}: {request.url.path})."
    return _refused(request, request_id, ApiError(404, "invalid_request_error", message))


async def _encoded_parameters(request: Request) -> bytes:
    if request.method == "GET":
        return request.url.query.encode()
    body = await request.body()
    if body and request.headers.get("content-type", "").split(";")[0].strip() != _FORM:
        raise errors.invalid(f"The body of a request must be {_FORM}.")
    return body


def _api_key(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _version(request: Request) -> str:
    return request.headers.get("stripe-version", API_VERSION)


def _answered(request: Request, request_id: str, answer: Answer) -> Response:
    headers = _headers(request, request_id)
    if answer.status >= 500:
        headers["Stripe-Should-Retry"] = "false"
    if answer.request_id != request_id:
        headers |= {"Idempotent-Replayed": "true", "Original-Request": answer.request_id}
    return Response(answer.body, answer.status, headers, media_type="application/json")


def _refused(request: Request, request_id: str, refusal: ApiError) -> Response:
    headers = _headers(request, request_id)
    if refusal.should_retry is not None:
        headers["Stripe-Should-Retry"] = str(refusal.should_retry).lower()
    body = json.dumps(refusal.envelope, indent=2)
    return Response(body, refusal.status, headers, media_type="application/json")


def _headers(request: Request, request_id: str) -> dict[str, str]:
    headers = {"Request-Id": request_id, "Stripe-Version": _version(request)}
    if request.method == "POST" and (key := request.headers.get("idempotency-key")):
        headers["Idempotency-Key"] = key
    return headers


async def _leave_unanswered(request: Request, faults: Faults) -> None:
    """Returns when the client has given up, or the fake ends."""
    waiting = {asyncio.create_task(_disconnected(request)), asyncio.create_task(faults.ending.wait())}
    await asyncio.wait(waiting, timeout=_UNANSWERED_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()


async def _disconnected(request: Request) -> bool:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return True
