"""Running a service's functions: which transaction they get, and what they are spared from looking after."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.contracts.base import Command, Contract, Event, FollowCommand, Outcome, Query, StoredOutcome
from shared.errors import DomainError
from shared.messaging.handlers import Handler, Message, QueryHandler
from shared.persistence import idempotency
from shared.persistence.transaction import Transaction
from shared.runtime.context import Context

Adapters = Mapping[str, Any]
"""What functions get beside their message, by the name of the parameter."""


async def handle(
    handler: Handler, messages: Sequence[Message], ctx: Context, adapters: Adapters
) -> list[Outcome] | None:
    """Let a handler's function have its messages; of commands the outcomes, once they are committed.

    Raises `AlreadyHandled` if none of its events is new to it.
    """
    if handler.takes_commands:
        return await _carry_out(handler, messages, ctx, adapters)
    if not handler.in_transaction:
        given = list(messages) if handler.batch > 1 else messages[0]
        await handler.function(given, ctx, **_pick(handler, adapters))
        return None
    async with ctx.transaction() as tx:
        fresh = [m for m in messages if not isinstance(m, Event) or m.id in ctx.fresh]  # webhooks claim themselves
        await handler.function(fresh if handler.batch > 1 else fresh[0], tx, **_pick(handler, adapters))
    return None


async def answer(handler: QueryHandler, query: Query[Any], ctx: Context, adapters: Adapters) -> Contract:
    """The answer to a query. Raises the `DomainError` with which it is refused."""
    if not handler.in_transaction:
        return await handler.function(query, ctx, **_pick(handler, adapters))
    async with ctx.transaction() as tx:
        return await handler.function(query, tx, **_pick(handler, adapters))


async def follow_command(query: FollowCommand, tx: Transaction) -> StoredOutcome:
    """What has become of a command, for services to answer their own type of this query with."""
    outcome = await idempotency.stored_outcome(tx.session, query.tenant_id, query.command_id)
    return StoredOutcome(outcome=outcome)


async def _carry_out(handler: Handler, messages: Sequence[Message], ctx: Context, adapters: Adapters) -> list[Outcome]:
    commands = [message for message in messages if isinstance(message, Command)]
    picked = _pick(handler, adapters)
    async with ctx.transaction() as tx:

        async def decide(fresh: list[Any]) -> Sequence[Contract | DomainError]:
            if handler.batch > 1:
                results: Sequence[Contract | DomainError] = await handler.function(fresh, tx, **picked)
                return results
            return [await _decide_one(handler, fresh[0], tx, picked)]

        return await idempotency.decide_once(tx, commands, decide)


async def _decide_one(
    handler: Handler, command: Command, tx: Transaction, adapters: Adapters
) -> Contract | DomainError:
    """The command's result, or the refusal of it, of which nothing else may be left."""
    try:
        async with tx.session.begin_nested():
            result: Contract = await handler.function(command, tx, **adapters)
    except DomainError as refusal:
        tx.events.clear()
        return refusal
    return result


def _pick(handler: Handler | QueryHandler, adapters: Adapters) -> Adapters:
    return {name: adapters[name] for name in handler.adapters}
