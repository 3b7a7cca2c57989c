"""A dead letter handled once more by its own service, and what the asker is told."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from shared.errors import AlreadyHandled, DomainError, Unavailable
from shared.messaging.broker import Broker
from shared.messaging.dead_letters import DeadLetter
from shared.messaging.handlers import Handlers
from shared.messaging.replaying import Replays, address, replay
from shared.persistence.transaction import Transaction
from tests.support.eventually import eventually
from tests.support.kernel import Kernel, consuming, leave_effect, send, settled, the_dead_letter
from tests.support.messages import Noted, event_type, random_name


class Release:
    """A service of its own whose function does what it is told."""

    def __init__(self) -> None:
        self.error: Exception | None = DomainError("a bug")
        self.kind = event_type()
        self.handlers = Handlers(random_name())
        self.handlers.on(self.kind, name="work")(self.work)
        self.handler = self.handlers.declared[0]

    async def work(self, event: Noted, tx: Transaction) -> None:
        """Fail, or leave one effect."""
        await leave_effect(tx, event)
        if self.error:
            raise self.error


@pytest.fixture
def release() -> Release:
    return Release()


@pytest.fixture
async def replays(kernel: Kernel, wire: Broker, release: Release) -> AsyncIterator[Replays]:
    answering = Replays(wire, release.handlers.service, release.handlers.declared, kernel.runner())
    await answering.listen()
    yield answering
    await answering.finish()


async def buried(kernel: Kernel, wire: Broker, release: Release) -> tuple[Noted, int]:
    """An event that died, and the number of its letter."""
    event = release.kind(tenant_id=uuid4(), note="x")
    async with consuming(wire, release.handler, kernel.runner()):
        await send(wire, event)
        raw = await the_dead_letter(wire, release.handler)
        await settled(wire, release.handler)
    return event, raw.seq or 0


async def written(wire: Broker, letter: DeadLetter) -> int:
    """The number of a letter that is written as a consumer does."""
    await wire.publish(letter.address, letter.payload, letter.message_id, letter.to_headers())
    return (await wire.js.get_last_msg("DEADLETTER", letter.address)).seq or 0


@pytest.mark.usefixtures("replays")
async def test_what_was_mended_is_handled_once(kernel: Kernel, wire: Broker, release: Release) -> None:
    event, number = await buried(kernel, wire, release)
    assert await kernel.effects(event.id) == 0
    release.error = None
    answers = await asyncio.gather(*(replay(wire, number, release.handler.durable) for _ in range(8)))
    assert sorted(a.outcome for a in answers) == ["duplicate"] * 7 + ["handled"]
    assert (await replay(wire, 10**15, release.handler.durable)).outcome == "gone"
    assert await kernel.effects(event.id) == 1


@pytest.mark.usefixtures("replays")
@pytest.mark.parametrize(
    ("error", "outcome", "detail"),
    [
        (DomainError("still no"), "failed", "DomainError: still no"),
        (KeyError("x"), "failed", "KeyError: 'x'"),
        (Unavailable("away"), "unavailable", "away"),
        (AlreadyHandled(), "duplicate", ""),
    ],
)
async def test_what_fails_again_says_why(
    kernel: Kernel, wire: Broker, release: Release, error: Exception, outcome: str, detail: str
) -> None:
    event, number = await buried(kernel, wire, release)
    release.error = error
    answer = await replay(wire, number, release.handler.durable)
    assert (answer.outcome, answer.detail) == (outcome, detail)
    assert await kernel.effects(event.id) == 0, "a failed replay leaves nothing behind"


@pytest.mark.usefixtures("replays")
async def test_while_its_consumer_lives(kernel: Kernel, wire: Broker, release: Release) -> None:
    event, number = await buried(kernel, wire, release)
    release.error = None
    async with consuming(wire, release.handler, kernel.runner()):
        await send(wire, event, again=True)
        await replay(wire, number, release.handler.durable)
        await settled(wire, release.handler)
    assert await kernel.effects(event.id) == 1


@pytest.mark.usefixtures("replays")
async def test_the_largest_message_can_be_replayed(wire: Broker, release: Release) -> None:
    payload = b"x" * (1024 * 1024 - 16 * 1024 - 100)
    letter = DeadLetter(release.handler.durable, f"{release.kind.TYPE}.x", "BOOKING", 1, 1, "poison", "", {}, payload)
    answer = await replay(wire, await written(wire, letter), letter.durable)
    assert answer.outcome == "failed"
    assert "breaks the contract" in answer.detail


@pytest.mark.usefixtures("replays")
@pytest.mark.parametrize("durable", ["{service}-unknown", "{service}-", "..", "*-x", "a b", "", ">", "ü", "x" * 300])
async def test_odd_consumers_are_told(wire: Broker, release: Release, durable: str) -> None:
    answer = await replay(wire, 1, durable.format(service=release.handlers.service))
    assert answer.outcome in ("failed", "gone")
    assert "consumer" in answer.detail or "dead letter" in answer.detail


async def test_nobody_to_ask(wire: Broker) -> None:
    with pytest.raises(Unavailable, match="nobody answers"):
        await replay(wire, 1, f"{random_name()}-x")


@pytest.mark.usefixtures("replays")
async def test_who_asks_can_not_put_words_into_a_letter(kernel: Kernel, wire: Broker, release: Release) -> None:
    release.error = None
    event = release.kind(tenant_id=uuid4())
    letter = DeadLetter(
        release.handler.durable, event.subject, "BOOKING", 1, 1, "poison", "", {}, event.model_dump_json().encode()
    )
    # As a direct get leaves it that was told to answer into the stream: our headers, and the server's beside them.
    moved = letter.to_headers() | {"Nats-Stream": "COMMANDS", "Nats-Subject": "command.x", "Nats-Sequence": "9"}
    await wire.publish(letter.address, letter.payload, letter.message_id, moved)
    number = (await wire.js.get_last_msg("DEADLETTER", letter.address)).seq or 0
    assert (await replay(wire, number, letter.durable)).outcome == "failed"
    invented = {"Dead-Durable": letter.durable, "Dead-Subject": letter.subject}
    answer = await wire.request(address(release.handlers.service), letter.payload, 5, invented)
    assert b'"failed"' in answer.data
    assert await kernel.effects(event.id) == 0


@pytest.mark.usefixtures("replays")
async def test_questions_that_ask_nothing_harm_nobody(wire: Broker, release: Release) -> None:
    for payload, headers in ((b"", {}), (b"\xff", {"Dead-Durable": ""}), (b"{}", {"Dead-Subject": "\x00"})):
        answer = await wire.request(address(release.handlers.service), payload, 5, headers or None)
        assert b'"failed"' in answer.data


async def test_leaving_answers_what_is_in_hand(kernel: Kernel, wire: Broker, release: Release) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(handler: object, messages: object) -> None:
        started.set()
        await go_on.wait()

    replays = Replays(wire, release.handlers.service, release.handlers.declared, slowly)
    await replays.listen()
    event = release.kind(tenant_id=uuid4())
    letter = DeadLetter(
        release.handler.durable, event.subject, "BOOKING", 1, 1, "poison", "", {}, event.model_dump_json().encode()
    )
    asked = asyncio.create_task(replay(wire, await written(wire, letter), letter.durable))
    await started.wait()
    leaving = asyncio.create_task(replays.finish())

    async def takes_no_more() -> bool:
        try:
            await wire.request(address(release.handlers.service), b"", 5)  # is answered at once, while anybody listens
        except Unavailable as error:
            return "nobody answers" in str(error)
        return False

    await eventually(takes_no_more)
    assert not leaving.done()
    go_on.set()
    assert (await asked).outcome == "handled"
    await leaving
