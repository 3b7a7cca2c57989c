"""The batched handler as one would write it with FastStream and SQLAlchemy, after their documentation.

Two ways of FastStream's "Pull Subscriber" page: a handler call for each message of a fetched batch,
with its session by `Depends`; and `batch=True`, a call with the list.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from faststream import AckPolicy, Depends
from faststream.nats import JStream, NatsBroker, PullSub
from sqlalchemy import DateTime, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench.infrastructure import POOL, Kernel
from shared.contracts.booking.bookings import BookingConfirmed
from shared.contracts.notifier.messages import MessageSent
from shared.identifiers import new_id

SUBJECT, STREAM = "booking.confirmed.v1.>", "BOOKING"

_NAME_TENANTS = text("SELECT set_config('app.tenant_ids', :tenants, true)")


class Base(DeclarativeBase):
    """Declarative base."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True)}


class Visit(Base):
    """The state."""

    __tablename__ = "visits"

    tenant_id: Mapped[UUID] = mapped_column(primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    starts_at: Mapped[datetime]


class Inbox(Base):
    """Events handled."""

    __tablename__ = "inbox"

    consumer: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(primary_key=True)


class Outbox(Base):
    """Events to be published."""

    __tablename__ = "outbox"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    subject: Mapped[str]
    payload: Mapped[str]
    correlation_id: Mapped[UUID | None]
    causation_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime]


async def react(
    kernel: Kernel, durable: str, batch: int, handled: Callable[[int], None]
) -> Callable[[], Awaitable[None]]:
    """A call, a session and a transaction for each message."""
    engine = _engine(kernel)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def session_of_message() -> AsyncIterator[AsyncSession]:
        async with sessions.begin() as session:
            yield session
        handled(1)

    async def keep_visit(
        event: BookingConfirmed, session: Annotated[AsyncSession, Depends(session_of_message, cast=False)]
    ) -> None:
        await session.execute(_NAME_TENANTS, {"tenants": str(event.tenant_id)})
        claim = insert(Inbox).values(consumer=durable, message_id=event.id).on_conflict_do_nothing()
        if (await session.scalar(claim.returning(Inbox.message_id))) is None:
            return
        visit = await session.get(Visit, (event.tenant_id, event.booking.id))
        if visit is None:
            session.add(Visit(**_visit(event)))
        elif visit.version < event.version:
            visit.version, visit.starts_at = event.version, event.booking.starts_at
        session.add(Outbox(**_announcement(event)))

    return await _subscribed(kernel, engine, durable, PullSub(batch_size=batch, timeout=1), keep_visit)


async def react_to_batches(
    kernel: Kernel, durable: str, batch: int, handled: Callable[[int], None]
) -> Callable[[], Awaitable[None]]:
    """A call, a session, a transaction and bulk statements for each batch."""
    engine = _engine(kernel)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def session_of_batch() -> AsyncIterator[AsyncSession]:
        async with sessions.begin() as session:
            yield session

    async def keep_visits(
        events: list[BookingConfirmed], session: Annotated[AsyncSession, Depends(session_of_batch, cast=False)]
    ) -> None:
        await session.execute(_NAME_TENANTS, {"tenants": ",".join({str(event.tenant_id) for event in events})})
        claims = [{"consumer": durable, "message_id": event.id} for event in events]
        claim = insert(Inbox).values(claims).on_conflict_do_nothing().returning(Inbox.message_id)
        new = set((await session.scalars(claim)).all())
        fresh = [event for event in events if event.id in new]
        visits = insert(Visit).values([_visit(event) for event in fresh])
        changes = {"version": visits.excluded.version, "starts_at": visits.excluded.starts_at}
        await session.execute(
            visits.on_conflict_do_update(
                constraint="visits_pkey", set_=changes, where=Visit.version < visits.excluded.version
            )
        )
        session.add_all([Outbox(**_announcement(event)) for event in fresh])
        await session.commit()
        handled(len(fresh))

    return await _subscribed(kernel, engine, durable, PullSub(batch_size=batch, timeout=1, batch=True), keep_visits)


def _engine(kernel: Kernel) -> AsyncEngine:
    url = kernel.stack.database_url(kernel.schema).replace("postgresql://", "postgresql+asyncpg://")
    settings = {"search_path": kernel.schema, "jit": "off"}
    return create_async_engine(url, pool_size=POOL, max_overflow=0, connect_args={"server_settings": settings})


async def _subscribed(
    kernel: Kernel, engine: AsyncEngine, durable: str, pull: Any, handler: Callable[..., Any]
) -> Callable[[], Awaitable[None]]:
    logger = logging.getLogger("faststream.bench")
    logger.setLevel(logging.ERROR)
    broker = NatsBroker(kernel.stack.servers.nats.url, logger=logger)
    subscriber = broker.subscriber(
        SUBJECT,
        stream=JStream(STREAM, declare=False),
        durable=durable,
        pull_sub=pull,
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )
    subscriber(handler)
    await broker.start()

    async def stop() -> None:
        await broker.stop()
        await engine.dispose()

    return stop


def _visit(event: BookingConfirmed) -> dict[str, Any]:
    return {
        "tenant_id": event.tenant_id,
        "booking_id": event.booking.id,
        "version": event.version,
        "starts_at": event.booking.starts_at,
    }


def _announcement(event: BookingConfirmed) -> dict[str, Any]:
    sent = MessageSent(
        tenant_id=event.tenant_id,
        correlation_id=event.correlation_id,
        causation_id=event.id,
        message_id=new_id(),
        booking_id=event.booking.id,
        kind="confirmed",
        version=1,
    )
    return {
        "id": sent.id,
        "type": sent.TYPE,
        "subject": sent.subject,
        "payload": sent.model_dump_json(),
        "correlation_id": sent.correlation_id,
        "causation_id": sent.causation_id,
        "occurred_at": sent.occurred_at,
    }
