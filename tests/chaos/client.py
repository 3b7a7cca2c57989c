"""A client of the API and of Stripe that writes down everything it does."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Self

import httpx

from tests.chaos.history import History, Operation, Outcome

TIMEOUT_SECONDS = 15.0
CONNECTIONS = 400


class Client:
    """Speaks HTTP to the gateways and to Stripe; every call becomes an `Operation` of the history."""

    def __init__(self, gateways: Sequence[str], stripe_url: str, history: History) -> None:
        """`gateways` are the addresses of all of them; a call names one by its number."""
        self.gateways = list(gateways)
        self.history = history
        self._stripe_url = stripe_url
        self._began = time.monotonic()
        self._http = httpx.AsyncClient(
            timeout=TIMEOUT_SECONDS,
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=50),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    @property
    def now(self) -> float:
        """Seconds since the start of the run."""
        return time.monotonic() - self._began

    async def call(
        self,
        kind: str,
        tenant: "Credentials",
        method: str,
        path: str,
        *,
        command: str,
        gateway: int = 0,
        key: str | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[Operation, dict[str, Any]]:
        """One attempt at the API: the operation, and the answer's members."""
        sent = {"Authorization": f"Bearer {tenant.api_key}", **(headers or {})}
        if key is not None:
            sent["Idempotency-Key"] = key
        url = f"{self.gateways[gateway % len(self.gateways)]}{path}"
        started = self.now
        response, outcome = await self._send(method, url, headers=sent, json=body)
        answer = _members(response)
        operation = Operation(
            kind=kind,
            tenant_id=tenant.tenant_id,
            command=command,
            started=started,
            ended=self.now,
            outcome=outcome,
            status=response.status_code if response is not None else None,
            code=answer.get("code"),
            key=key,
            request_id=response.headers.get("x-request-id") if response is not None else None,
            booking_id=answer.get("id"),
            version=answer.get("version"),
            starts_at=answer.get("starts_at"),
        )
        return self.history.add(operation), answer

    async def pay(self, tenant: "Credentials", booking_id: str, intent: str, method: str) -> Operation:
        """The customer confirms an intent at Stripe, in the browser."""
        started = self.now
        response, outcome = await self._send(
            "POST",
            f"{self._stripe_url}/v1/payment_intents/{intent}/confirm",
            headers={"Authorization": "Bearer sk_test_customer"},
            data={"payment_method": method},
        )
        refusal = _members(response).get("error") or {}
        return self.history.add(
            Operation(
                kind="pay",
                tenant_id=tenant.tenant_id,
                command=f"pay {booking_id}",
                started=started,
                ended=self.now,
                outcome=outcome,
                status=response.status_code if response is not None else None,
                code=refusal.get("code"),
                booking_id=booking_id,
            )
        )

    async def _send(self, method: str, url: str, **rest: Any) -> tuple[httpx.Response | None, Outcome]:
        try:
            async with asyncio.timeout(2 * TIMEOUT_SECONDS):
                response = await self._http.request(method, url, **rest)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return None, Outcome.FAIL  # it was never sent
        except (httpx.HTTPError, OSError, TimeoutError):
            return None, Outcome.UNKNOWN
        return response, _outcome(response.status_code)


class Credentials:
    """Whom a client acts for."""

    def __init__(self, tenant_id: str, api_key: str) -> None:
        self.tenant_id = tenant_id
        self.api_key = api_key


def _outcome(status: int) -> Outcome:
    if status == 202:
        return Outcome.ACCEPTED
    if status < 300:
        return Outcome.OK
    return Outcome.UNKNOWN if status >= 500 else Outcome.FAIL


def _members(response: httpx.Response | None) -> dict[str, Any]:
    if response is None:
        return {}
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
