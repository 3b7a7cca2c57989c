"""The key cache: what it trusts, for how long, and how often it asks."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from gateway.http.load_shedding import ConcurrencyLimit
from gateway.http.problems import Problem
from gateway.identity.authenticator import CACHE_SIZE, STRANGERS, Authenticator, Caller, StoredKey
from gateway.identity.keys import NewKey, make_key
from shared.errors import Unavailable
from tests.support.eventually import eventually

OPERATOR = "the-operators-own-key"


class Keys:
    """A key store that counts how often it is asked, and can be taken away."""

    def __init__(self) -> None:
        self.stored: dict[str, StoredKey] = {}
        self.asked = 0
        self.open = asyncio.Event()
        self.open.set()
        self.down = False

    async def look_up(self, key_ids: Sequence[str]) -> dict[str, StoredKey]:
        self.asked += 1
        await self.open.wait()
        if self.down:
            raise Unavailable("database: down")
        return {key_id: self.stored[key_id] for key_id in key_ids if key_id in self.stored}

    def add(self, **more: datetime) -> NewKey:
        key = make_key()
        self.stored[key.id] = StoredKey(key.digest, Caller(key.id, uuid4(), "Clean & Co", frozenset()), **more)
        return key


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def authenticator(keys: Keys) -> Authenticator:
    return Authenticator(OPERATOR, keys.look_up)


async def test_a_known_key_costs_one_look_however_many_ask(keys: Keys, authenticator: Authenticator) -> None:
    header = [f"Bearer {keys.add().text}"]
    keys.open.clear()
    asking = [asyncio.create_task(authenticator.tenant(header)) for _ in range(20)]
    await asyncio.sleep(0)
    keys.open.set()
    callers = await asyncio.gather(*asking)
    assert (await authenticator.tenant(header)) == callers[0]
    assert keys.asked == 1


async def test_an_unknown_key_is_remembered_too(keys: Keys, authenticator: Authenticator) -> None:
    header = [f"Bearer {make_key().text}"]
    for _ in range(5):
        with pytest.raises(Problem) as refused:
            await authenticator.tenant(header)
        assert refused.value.status == 401
    assert keys.asked == 1


async def test_a_malformed_key_is_not_looked_up(keys: Keys, authenticator: Authenticator) -> None:
    with pytest.raises(Problem):
        await authenticator.tenant([f"Bearer {make_key().text}x"])
    assert keys.asked == 0


async def test_without_the_store_an_unknown_key_is_not_judged(keys: Keys, authenticator: Authenticator) -> None:
    keys.down = True
    with pytest.raises(Unavailable):
        await authenticator.tenant([f"Bearer {keys.add().text}"])


async def test_an_expired_key_is_refused_from_the_cache(keys: Keys, authenticator: Authenticator) -> None:
    header = [f"Bearer {keys.add(expires_at=datetime.now(UTC) + timedelta(milliseconds=500)).text}"]
    await authenticator.tenant(header)

    async def refused() -> bool:
        try:
            await authenticator.tenant(header)
        except Problem as problem:
            return problem.status == 401
        return False

    await eventually(refused, within=2, every=0.01)
    assert keys.asked == 1


async def test_a_key_revoked_here_ends_at_once(keys: Keys, authenticator: Authenticator) -> None:
    key = keys.add()
    await authenticator.tenant([f"Bearer {key.text}"])
    keys.stored.clear()
    authenticator.forget(key.id)
    with pytest.raises(Problem):
        await authenticator.tenant([f"Bearer {key.text}"])


async def test_operator_and_tenant_keys_open_different_doors(keys: Keys, authenticator: Authenticator) -> None:
    tenant = [f"Bearer {keys.add().text}"]
    await authenticator.operator([f"Bearer {OPERATOR}"])
    for refusing, status in (
        (authenticator.tenant([f"Bearer {OPERATOR}"]), 403),
        (authenticator.operator(tenant), 403),
        (authenticator.operator([f"Bearer {OPERATOR}x"]), 401),
        (authenticator.operator([]), 401),
    ):
        with pytest.raises(Problem) as refused:
            await refusing
        assert refused.value.status == status


async def refusals(authenticator: Authenticator, count: int) -> list[int]:
    """The statuses that so many made-up keys get, sent at once."""

    async def ask() -> int:
        try:
            await authenticator.tenant([f"Bearer {make_key().text}"])
        except Problem as problem:
            return problem.status
        return 200

    return list(await asyncio.gather(*(ask() for _ in range(count))))


async def test_made_up_keys_share_queries(keys: Keys, authenticator: Authenticator) -> None:
    assert set(await refusals(authenticator, 400)) == {401}
    assert keys.asked <= 3


async def test_made_up_keys_never_push_a_genuine_one_out(keys: Keys, authenticator: Authenticator) -> None:
    genuine = [f"Bearer {keys.add().text}"]
    await authenticator.tenant(genuine)
    for _ in range(CACHE_SIZE // 400 + 1):
        await refusals(authenticator, 400)
    keys.down = True
    assert await authenticator.tenant(genuine)


async def test_beyond_the_places_of_strangers_only_strangers_are_refused(
    keys: Keys, authenticator: Authenticator
) -> None:
    genuine = [f"Bearer {keys.add().text}"]
    await authenticator.tenant(genuine)
    keys.open.clear()
    strangers = asyncio.create_task(refusals(authenticator, STRANGERS + 50))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await authenticator.tenant(genuine)
    keys.open.set()
    answers = await strangers
    assert (answers.count(401), answers.count(503)) == (STRANGERS, 50)


async def test_a_key_that_is_looked_up_holds_no_place(keys: Keys, authenticator: Authenticator) -> None:
    limit = ConcurrencyLimit(1, 0.5)
    permit = limit.acquire()
    keys.open.clear()
    asking = asyncio.create_task(authenticator.tenant([f"Bearer {keys.add().text}"], permit))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert limit.taken == 0
    keys.open.set()
    assert await asking
    assert limit.taken == 1
