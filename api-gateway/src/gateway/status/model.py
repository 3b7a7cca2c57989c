"""The state of the whole system as it is shown, and how it follows from heartbeats. Pure."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel
from typing_extensions import TypeAliasType

from shared.contracts.heartbeats import SeenHeartbeat

# Named types, so that the document and each client made from it know them by one name.
State = TypeAliasType("State", Literal["ok", "degraded", "down"])
ReadOnlyMode = TypeAliasType("ReadOnlyMode", Literal["off", "some_tenants", "everybody", "unknown"])
Ready = TypeAliasType("Ready", Literal["ready", "not_ready"])


class InstanceStatus(BaseModel):
    """One process, by its last heartbeat."""

    instance: str
    version: str
    zone_data: str | None
    """The version of the zone data by which it reads clocks; null if it reads none."""
    age_seconds: float
    ready: bool
    checks: dict[str, str]
    lag: dict[str, int]


class ServiceStatus(BaseModel):
    """One service: `ok` if an instance is ready, `degraded` if one lives but none is ready."""

    name: str
    state: State
    instances: list[InstanceStatus]


class JobsStatus(BaseModel):
    """The jobs runner, by its last beat."""

    instance: str
    age_seconds: float
    last_success_at: datetime | None
    fresh: bool


class Capabilities(BaseModel):
    """What the system can do for its users just now."""

    can_search: State
    can_book: State
    can_take_money: State
    can_notify: State


class Readiness(BaseModel):
    """Whether a gateway may take traffic."""

    status: Ready


class SystemStatus(BaseModel):
    """The gateway's own checks, and everybody's heartbeats. A check is `ok` or says what is wrong."""

    status: Ready
    service: str
    instance: str
    version: str
    checks: dict[str, str]
    capabilities: Capabilities
    read_only: ReadOnlyMode = "unknown"
    """For whom the operator has switched changes off."""
    services: list[ServiceStatus]
    jobs: JobsStatus | None


def by_service(seen: list[SeenHeartbeat]) -> list[ServiceStatus]:
    """Heartbeats grouped by service, in the order of names."""
    grouped: dict[str, list[InstanceStatus]] = {}
    for beat in seen:
        said = beat.heartbeat
        grouped.setdefault(said.service, []).append(
            InstanceStatus(
                instance=said.instance,
                version=said.version,
                zone_data=said.zone_data,
                age_seconds=beat.age_seconds,
                ready=said.ready,
                checks=said.checks,
                lag=said.lag,
            )
        )
    return [
        ServiceStatus(name=name, state="ok" if any(i.ready for i in found) else "degraded", instances=found)
        for name, found in sorted(grouped.items())
    ]


def capabilities(services: list[ServiceStatus], *, connected: bool, jobs: JobsStatus | None) -> Capabilities:
    """What works, from who lives. Without NATS nothing does."""
    states: dict[str, State] = {service.name: service.state for service in services}
    booking, billing, notifier = (states.get(name, "down") for name in ("booking", "billing", "notifier"))
    if not connected:
        return Capabilities(can_search="down", can_book="down", can_take_money="down", can_notify="down")
    punctual: State = "ok" if jobs is not None and jobs.fresh else "degraded"
    return Capabilities(
        can_search=booking,
        # Without booking-service a booking is still accepted (202) and made later.
        can_book="ok" if booking == "ok" else "degraded",
        # Stripe's events are taken in without billing-service; new payments are not asked for.
        can_take_money=billing,
        # Without the jobs runner mails go out, reminders don't.
        can_notify=worst(notifier, punctual) if notifier != "down" else "down",
    )


def worst(*states: State) -> State:
    """The worst of several states."""
    order: tuple[State, ...] = ("ok", "degraded", "down")
    return max(states, key=order.index)
