"""What the system can do, by who lives and who is ready."""

from datetime import UTC, datetime

import pytest

from gateway.status.model import Capabilities, JobsStatus, by_service, capabilities, worst
from shared.contracts.heartbeats import Heartbeat, SeenHeartbeat

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PUNCTUAL = JobsStatus(instance="jobs-1", age_seconds=3, last_success_at=NOON, fresh=True)
LATE = PUNCTUAL.model_copy(update={"age_seconds": 400.0, "fresh": False})


def seen(service: str, *, ready: bool = True, instance: str = "1") -> SeenHeartbeat:
    heartbeat = Heartbeat(
        service=service, instance=f"{service}-{instance}", version="1", started_at=NOON, ready=ready, checks={}
    )
    return SeenHeartbeat(heartbeat=heartbeat, age_seconds=1)


def test_a_service_is_ok_while_one_of_its_instances_is_ready() -> None:
    services = by_service([seen("booking", ready=False), seen("booking", instance="2"), seen("billing", ready=False)])
    assert [(service.name, service.state, len(service.instances)) for service in services] == [
        ("billing", "degraded", 1),
        ("booking", "ok", 2),
    ]


ALL = [seen("booking"), seen("billing"), seen("notifier")]


@pytest.mark.parametrize(
    ("beats", "jobs", "search", "book", "money", "notify"),
    [
        (ALL, PUNCTUAL, "ok", "ok", "ok", "ok"),
        (ALL, LATE, "ok", "ok", "ok", "degraded"),
        (ALL, None, "ok", "ok", "ok", "degraded"),
        (ALL[1:], PUNCTUAL, "down", "degraded", "ok", "ok"),
        (ALL[:1], PUNCTUAL, "ok", "ok", "down", "down"),
        ([seen("booking", ready=False), *ALL[1:]], PUNCTUAL, "degraded", "degraded", "ok", "ok"),
        ([*ALL[:2], seen("notifier", ready=False)], PUNCTUAL, "ok", "ok", "ok", "degraded"),
        ([], None, "down", "degraded", "down", "down"),
    ],
)
def test_what_works_follows_from_who_lives(
    beats: list[SeenHeartbeat], jobs: JobsStatus | None, search: str, book: str, money: str, notify: str
) -> None:
    found = capabilities(by_service(beats), connected=True, jobs=jobs)
    assert (found.can_search, found.can_book, found.can_take_money, found.can_notify) == (search, book, money, notify)


def test_without_nats_nothing_works_whoever_lives() -> None:
    found = capabilities(by_service(ALL), connected=False, jobs=PUNCTUAL)
    assert found == Capabilities(can_search="down", can_book="down", can_take_money="down", can_notify="down")


def test_the_worst_of_several_states() -> None:
    assert worst("ok", "degraded", "ok") == "degraded"
    assert worst("degraded", "down") == "down"
    assert worst("ok") == "ok"
