"""What the routes work with, put together once by `main`, and how a request is let in."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request

from gateway.auth import Authenticator, Caller
from gateway.dead_letters import DeadLetters
from gateway.edge import WEBHOOK_PATH
from gateway.key_store import KeyStore
from gateway.keys import Scope
from gateway.limits import Limiter, MemoryLimiter, RedisLimiter
from gateway.outcomes import OutcomeInbox
from gateway.overload import BACKLOG_LOOK_SECONDS, LOOK_SECONDS, Backlog, Doors
from gateway.problems import Problem
from gateway.requests import STREAM, DurableRequests
from gateway.settings import GatewaySettings, split
from gateway.status import SystemView
from shared.messaging.broker import Broker
from shared.runtime.service import ServiceRuntime

RECORD_USE_SECONDS = 30


@dataclass(frozen=True)
class Gateway:
    """The gateway's parts, for its routes: `request.app.state.gateway`."""

    service: ServiceRuntime
    broker: Broker
    keys: KeyStore
    authenticator: Authenticator
    limiter: Limiter
    inbox: OutcomeInbox
    requests: DurableRequests
    doors: Doors
    view: SystemView
    dead_letters: DeadLetters
    stripe_secrets: tuple[str, ...]


def assemble(service: ServiceRuntime, settings: GatewaySettings) -> Gateway:
    """The gateway's parts around one service runtime, with what they do in the background."""
    keys = KeyStore(service)
    doors = Doors(settings.concurrency_limit, settings.slow_seconds, WEBHOOK_PATH)
    backlog = Backlog(service.broker, STREAM, settings.backlog_limit)
    inbox = OutcomeInbox(service.broker)
    limiter: Limiter
    if settings.redis_url:
        limiter = RedisLimiter(settings.redis_url.get_secret_value(), settings.rate_limit_per_minute)
    else:
        limiter = MemoryLimiter(settings.rate_limit_per_minute)
        service.every(settings.rate_limit_cleanup_minutes * 60, "clean-up-quotas", limiter.clean_up)
    service.always("listen-for-outcomes", inbox.listen)
    service.health.add("outcomes", inbox.check)
    service.every(LOOK_SECONDS, "adjust-places", doors.adjust)
    service.every(BACKLOG_LOOK_SECONDS, "look-at-backlog", backlog.look)
    service.every(RECORD_USE_SECONDS, "record-key-use", keys.record_use)
    return Gateway(
        service=service,
        broker=service.broker,
        keys=keys,
        authenticator=Authenticator(settings.operator_api_key.get_secret_value(), keys.look_up),
        limiter=limiter,
        inbox=inbox,
        requests=DurableRequests(service.broker, inbox, backlog, settings.outcome_wait_seconds),
        doors=doors,
        view=SystemView(service, settings),
        dead_letters=DeadLetters(service.broker, service),
        stripe_secrets=split(settings.stripe_webhook_secret.get_secret_value()),
    )


def gateway_of(request: Request) -> Gateway:
    """The gateway that serves this request."""
    gateway: Gateway = request.app.state.gateway
    return gateway


async def admit(request: Request, scope: Scope) -> Caller:
    """Let a tenant's request in: key, quota, scope, in this order.

    Raises 401 for a bad key, 429 beyond the quota, 403 without the scope, `Unavailable` if the key
    can't be looked up.
    """
    gateway = gateway_of(request)
    caller = await gateway.authenticator.tenant(request.headers.getlist("authorization"))
    gateway.keys.note_use(caller.key_id)
    decision = await gateway.limiter.take(caller.tenant_id)
    request.scope["quota"] = decision
    if decision is not None and not decision.allowed:
        raise Problem(
            429,
            f"More than {decision.limit} requests a minute.",
            headers={"Retry-After": str(decision.retry_seconds)},
        )
    if scope not in caller.scopes:
        raise Problem(403, f"The key lacks the scope {scope}.", extra={"scope": str(scope)})
    return caller


def _admitted(scope: Scope) -> Any:
    async def dependency(request: Request) -> Caller:
        return await admit(request, scope)

    return Depends(dependency)


CatalogueReader = Annotated[Caller, _admitted(Scope.CATALOGUE_READ)]
BookingsReader = Annotated[Caller, _admitted(Scope.BOOKINGS_READ)]
PaymentsReader = Annotated[Caller, _admitted(Scope.PAYMENTS_READ)]


async def operator(request: Request) -> None:
    """Let only the operator in. Raises 401, or 403 for a tenant's key."""
    await gateway_of(request).authenticator.operator(request.headers.getlist("authorization"))


OPERATOR_ONLY = Depends(operator)
