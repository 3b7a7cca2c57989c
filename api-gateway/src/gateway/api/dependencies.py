"""The parts of this gateway that path operations work with: `create_app` puts them on `app.state`."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from gateway.audit import AuditContext
from gateway.commands.follow import CommandFollower
from gateway.commands.submit import CommandSubmitter
from gateway.dead_letters.store import DeadLetterStore
from gateway.identity.authenticator import Caller
from gateway.status.view import SystemView
from shared.messaging.broker import Broker
from shared.runtime.service import ServiceRuntime


async def _broker(request: Request) -> Broker:
    broker: Broker = request.app.state.service.broker
    return broker


async def _runtime(request: Request) -> ServiceRuntime:
    service: ServiceRuntime = request.app.state.service
    return service


async def _submitter(request: Request) -> CommandSubmitter:
    submitter: CommandSubmitter = request.app.state.submitter
    return submitter


async def _follower(request: Request) -> CommandFollower:
    follower: CommandFollower = request.app.state.follower
    return follower


async def _dead_letters(request: Request) -> DeadLetterStore:
    store: DeadLetterStore = request.app.state.dead_letters
    return store


async def _system_view(request: Request) -> SystemView:
    view: SystemView = request.app.state.system_view
    return view


async def _stripe_secrets(request: Request) -> tuple[str, ...]:
    secrets: tuple[str, ...] = request.app.state.stripe_secrets
    return secrets


Nats = Annotated[Broker, Depends(_broker)]
Runtime = Annotated[ServiceRuntime, Depends(_runtime)]
Submitter = Annotated[CommandSubmitter, Depends(_submitter)]
Follower = Annotated[CommandFollower, Depends(_follower)]
DeadLetters = Annotated[DeadLetterStore, Depends(_dead_letters)]
System = Annotated[SystemView, Depends(_system_view)]
StripeSecrets = Annotated[tuple[str, ...], Depends(_stripe_secrets)]


def operator_context(request: Request, reason: str = "") -> AuditContext:
    """Who does something with the operator's key, why, if anybody says, and in which request."""
    return AuditContext("operator", reason, request.scope["request_id"])


def key_context(request: Request, caller: Caller) -> AuditContext:
    """Who does something with a tenant's key, named as the audit log names keys, and in which request."""
    return AuditContext(f"api_key {caller.key_id}", "", request.scope["request_id"])
