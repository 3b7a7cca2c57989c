"""Queries and answers between services."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from nats.aio.msg import Msg

from shared.contracts.base import Contract, Query
from shared.contracts.booking.availability import Slot
from shared.errors import DomainError, NotFound, Unavailable
from shared.messaging.broker import Broker
from shared.messaging.rpc import (
    CONCURRENCY,
    DEFLATED_FROM,
    TENANT_CONCURRENCY,
    TENANT_WAITING,
    WAITING,
    Rejected,
    call,
    call_unread,
    serve,
)
from tests.support.eventually import allowed, eventually
from tests.support.messages import Question, Reply, question_type, random_name

Answerer = Callable[[Question], Awaitable[Contract]]

PATIENCE_SECONDS = allowed(5)
"""How long an answer is waited for that comes at once on a quiet machine."""


@asynccontextmanager
async def answering(broker: Broker, kind: type[Question], handler: Answerer, service: str = "") -> AsyncIterator[None]:
    """A service that answers questions of this type, in the queue group `service`."""

    async def answer(query: Query[Any]) -> Contract:
        assert isinstance(query, kind)
        return await handler(query)

    async with asyncio.TaskGroup() as tasks:
        await serve(broker, service or random_name(), [kind], answer, tasks)
        await broker.client.flush()
        yield


async def echo(question: Question) -> Reply:
    return Reply(answer=f"{question.note}!")


async def test_a_question_is_answered(wire: Broker) -> None:
    kind = question_type()
    async with answering(wire, kind, echo):
        assert await call(wire, kind(tenant_id=uuid4(), note="größer"), timeout=PATIENCE_SECONDS) == Reply(
            answer="größer!"
        )


async def test_a_refusal_comes_back_as_one(wire: Broker) -> None:
    class SlotTaken(DomainError):
        code = "slot_taken"
        status = 409
        title = "Slot taken"

    async def refuse(question: Question) -> Reply:
        raise SlotTaken("somebody was faster", {"alternatives": ["10:00"]}) if question.note else NotFound("none such")

    kind = question_type()
    async with answering(wire, kind, refuse):
        with pytest.raises(Rejected) as taken:
            await call(wire, kind(tenant_id=uuid4(), note="x"), timeout=PATIENCE_SECONDS)
        with pytest.raises(Rejected) as missing:
            await call(wire, kind(tenant_id=uuid4()), timeout=PATIENCE_SECONDS)
    assert taken.value.refusal.model_dump() == {
        "code": "slot_taken",
        "status": 409,
        "title": "Slot taken",
        "detail": "somebody was faster",
        "extra": {"alternatives": ["10:00"]},
    }
    assert (missing.value.refusal.status, missing.value.refusal.code) == (404, "not_found")


@pytest.mark.parametrize("size", [DEFLATED_FROM // 2, 5_000_000])
async def test_a_long_answer_arrives_whole(wire: Broker, size: int) -> None:
    async def speak_at_length(question: Question) -> Reply:
        return Reply(answer="größer " * (size // 7))

    kind = question_type()
    async with answering(wire, kind, speak_at_length):
        reply = await call(wire, kind(tenant_id=uuid4()), timeout=PATIENCE_SECONDS)
        unread = await call_unread(wire, kind(tenant_id=uuid4()))
    assert reply == await speak_at_length(kind(tenant_id=uuid4()))
    assert Reply.model_validate_json(unread) == reply


async def test_an_answer_that_no_message_can_hold_is_refused(wire: Broker) -> None:
    async def babble(question: Question) -> Reply:
        return Reply(answer=random.randbytes(1_500_000).hex())

    kind = question_type()
    async with answering(wire, kind, babble):
        with pytest.raises(Rejected) as refused:
            await call(wire, kind(tenant_id=uuid4()), timeout=PATIENCE_SECONDS)
    assert (refused.value.refusal.status, refused.value.refusal.code) == (500, "internal")


async def test_an_outage_behind_the_service_is_unavailable(wire: Broker) -> None:
    async def fail(question: Question) -> Reply:
        raise Unavailable("database: TimeoutError")

    kind = question_type()
    async with answering(wire, kind, fail):
        with pytest.raises(Unavailable, match="database"):
            await call(wire, kind(tenant_id=uuid4()), timeout=PATIENCE_SECONDS)


async def test_nobody_there_is_unavailable_at_once(wire: Broker) -> None:
    started = time.monotonic()
    with pytest.raises(Unavailable, match="nobody answers"):
        await call(wire, question_type()(tenant_id=uuid4()), timeout=10)
    assert time.monotonic() - started < allowed(1)


async def test_silence_is_unavailable_after_the_time_limit(wire: Broker) -> None:
    heard = asyncio.Event()

    async def say_nothing(msg: Msg) -> None:
        heard.set()

    kind = question_type()
    await wire.subscribe(f"{kind.TYPE}.*", say_nothing)
    started = time.monotonic()
    with pytest.raises(Unavailable, match="nats: TimeoutError"):
        await call(wire, kind(tenant_id=uuid4()), timeout=0.3)
    assert heard.is_set()
    assert 0.25 < time.monotonic() - started < allowed(1.5)


@pytest.mark.parametrize(
    "payload", [b"", b"what?", b"[]", b"null", b"{}", b'{"tenant_id": 7}', b"\xff", b"[" * 200_000]
)
async def test_a_malformed_question_is_refused(wire: Broker, payload: bytes) -> None:
    kind = question_type()
    async with answering(wire, kind, echo):
        reply = await wire.request(f"{kind.TYPE}.{uuid4()}", payload, timeout=PATIENCE_SECONDS)
    refusal = json.loads(reply.data)["refusal"]
    assert (refusal["status"], refusal["code"]) == (422, "invalid_query")


async def test_a_question_whose_subject_names_another_tenant_is_refused(wire: Broker) -> None:
    kind = question_type()
    query = kind(tenant_id=uuid4())
    async with answering(wire, kind, echo):
        reply = await wire.request(f"{kind.TYPE}.{uuid4()}", query.model_dump_json().encode(), timeout=PATIENCE_SECONDS)
    assert json.loads(reply.data)["refusal"]["code"] == "invalid_query"


def key_error(question: Question) -> Reply:
    raise KeyError(f"customer {question.note}")


def validation_error(question: Question) -> Reply:
    Slot.model_validate({"starts_at": question.note})
    return Reply(answer="")


@pytest.mark.parametrize("bug", [key_error, validation_error])
async def test_a_bug_is_told_without_its_text(wire: Broker, bug: Callable[[Question], Reply]) -> None:
    async def stumble(question: Question) -> Reply:
        return bug(question)

    kind = question_type()
    async with answering(wire, kind, stumble):
        query = kind(tenant_id=uuid4(), note="ada@x")
        reply = await wire.request(query.subject, query.model_dump_json().encode(), 2)
    refusal = json.loads(reply.data)["refusal"]
    assert (refusal["status"], refusal["code"]) == (500, "internal"), "a handler's own bug is not the asker's fault"
    assert b"ada" not in reply.data
    assert b"Error:" not in reply.data


async def test_questions_are_answered_side_by_side(wire: Broker) -> None:
    together = asyncio.Barrier(20)

    async def meet(question: Question) -> Reply:
        await together.wait()
        return Reply(answer=question.note)

    kind = question_type()
    async with answering(wire, kind, meet):
        replies = await asyncio.gather(*(call(wire, kind(tenant_id=uuid4(), note=str(n))) for n in range(20)))
    assert [r.answer for r in replies] == [str(n) for n in range(20)]


async def test_a_question_is_not_answered_when_its_asker_has_given_up(wire: Broker) -> None:
    gate = asyncio.Event()
    answered: list[str] = []

    async def note(question: Question) -> Reply:
        await gate.wait()
        answered.append(question.note)
        return Reply(answer=question.note)

    kind = question_type()
    async with answering(wire, kind, note):
        questions = [kind(tenant_id=uuid4(), note="held") for _ in range(CONCURRENCY)]
        holding = [asyncio.create_task(call(wire, held, timeout=10)) for held in questions]
        await wire.client.flush()
        giving_up = asyncio.create_task(call(wire, kind(tenant_id=uuid4(), note="given up"), timeout=0.2))
        await wire.client.flush()
        received_at = time.monotonic()  # at the latest
        with pytest.raises(Unavailable):
            await giving_up

        async def patience_is_over() -> bool:
            return time.monotonic() - received_at > 0.2

        await eventually(patience_is_over)
        patient = asyncio.create_task(call(wire, kind(tenant_id=uuid4(), note="patient"), timeout=10))
        await wire.client.flush()
        gate.set()
        await asyncio.gather(*holding)
        assert (await patient).answer == "patient"
    assert answered == ["held"] * CONCURRENCY + ["patient"]


async def test_too_many_questions_are_refused_at_once(wire: Broker) -> None:
    gate = asyncio.Event()

    async def wait(question: Question) -> Reply:
        await gate.wait()
        return Reply(answer="")

    kind = question_type()
    async with answering(wire, kind, wait):
        asking = [asyncio.create_task(call(wire, kind(tenant_id=uuid4()), 20)) for _ in range(CONCURRENCY + WAITING)]
        await wire.client.flush()
        started = time.monotonic()
        with pytest.raises(Unavailable, match="too many questions"):
            await call(wire, kind(tenant_id=uuid4()), timeout=10)
        assert time.monotonic() - started < allowed(1)
        gate.set()
        assert len(await asyncio.gather(*asking)) == CONCURRENCY + WAITING


async def test_one_tenant_has_only_a_share_of_the_turns(wire: Broker) -> None:
    gate = asyncio.Event()
    begun: list[str] = []

    async def wait(question: Question) -> Reply:
        begun.append(question.note)
        if question.note == "noisy":
            await gate.wait()
        return Reply(answer=question.note)

    kind = question_type()
    async with answering(wire, kind, wait):
        noisy = kind(tenant_id=uuid4(), note="noisy")
        asking = [asyncio.create_task(call(wire, noisy, 20)) for _ in range(TENANT_CONCURRENCY + TENANT_WAITING)]
        await wire.client.flush()
        quiet = [kind(tenant_id=uuid4(), note="quiet") for _ in range(CONCURRENCY)]
        answers = await asyncio.gather(*(call(wire, question, 10) for question in quiet))
        assert [answer.answer for answer in answers] == ["quiet"] * CONCURRENCY
        with pytest.raises(Unavailable, match="too many questions"):
            await call(wire, noisy, timeout=10)
        assert begun.count("noisy") == TENANT_CONCURRENCY
        gate.set()
        assert len(await asyncio.gather(*asking)) == TENANT_CONCURRENCY + TENANT_WAITING


async def test_replicas_share_questions_and_each_is_answered_once(wire: Broker) -> None:
    kind, group = question_type(), random_name()
    asked: list[str] = []

    def replica(name: str) -> Answerer:
        async def answer(question: Question) -> Reply:
            asked.append(name)
            return Reply(answer=name)

        return answer

    async with answering(wire, kind, replica("first"), group), answering(wire, kind, replica("second"), group):
        await asyncio.gather(*(call(wire, kind(tenant_id=uuid4())) for _ in range(60)))
    assert len(asked) == 60
    assert min(asked.count("first"), asked.count("second")) > 5
