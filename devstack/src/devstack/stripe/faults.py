"""Faults on demand: what tests and people tell the fake to get wrong."""

import asyncio
import contextlib
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass
class WebhookFaults:
    """What goes wrong with webhooks that are announced while it is set.

    `duplicate` further copies of each are sent, all are sent `delay_seconds` late, in another order
    with `shuffle`, and a share of `drop_ratio` (0 to 1) never.
    """

    duplicate: int = 0
    shuffle: bool = False
    delay_seconds: float = 0.0
    drop_ratio: float = 0.0


@dataclass
class ApiFaults:
    """What goes wrong with requests to `/v1`.

    The next `timeout_after_success` POSTs that succeed take effect and are never answered, the next
    `error_500` fail before they take effect; every request waits `slow_seconds`; while `down`, all
    are answered with 503.
    """

    timeout_after_success: int = 0
    error_500: int = 0
    slow_seconds: float = 0.0
    down: bool = False


class Faults:
    """The faults in force; none at the start, and none after a restart."""

    _SHUFFLE_SECONDS = 0.5

    def __init__(self) -> None:
        self.webhooks = WebhookFaults()
        self.api = ApiFaults()
        self.ending = asyncio.Event()
        """Set when the process ends: what a fault holds back must not hold up that."""

    @property
    def any(self) -> bool:
        """Whether a fault is in force."""
        return self.webhooks != WebhookFaults() or self.api != ApiFaults()

    def described(self) -> dict[str, Any]:
        """The faults in the shape that `change` takes."""
        return {"webhooks": asdict(self.webhooks), "api": asdict(self.api)}

    def change(self, wanted: object) -> None:
        """Sets the named faults, leaves the others. Raises `ValueError` and changes nothing if one
        is unknown or has a wrong value."""
        groups: dict[str, WebhookFaults | ApiFaults] = {"webhooks": self.webhooks, "api": self.api}
        checked: list[tuple[WebhookFaults | ApiFaults, str, Any]] = []
        for group_name, faults in _mapping(wanted, "the body").items():
            group = groups.get(group_name)
            if group is None:
                raise ValueError(f"unknown group {group_name!r}: there are webhooks and api")
            kinds = {field.name: field.type for field in fields(group)}
            for name, value in _mapping(faults, group_name).items():
                if name not in kinds:
                    raise ValueError(f"unknown fault {group_name}.{name}: there are {list(kinds)}")
                checked.append((group, name, _fault(f"{group_name}.{name}", kinds[name], value)))
        for group, name, value in checked:
            setattr(group, name, value)

    def clear(self) -> None:
        """Ends every fault. Webhooks that are on their way late still come late."""
        self.webhooks = WebhookFaults()
        self.api = ApiFaults()

    def take_error(self) -> bool:
        """Whether this request fails; uses up one of `error_500`."""
        due = self.api.error_500 > 0
        self.api.error_500 -= due
        return due

    def take_timeout(self) -> bool:
        """Whether this request is not answered; uses up one of `timeout_after_success`."""
        due = self.api.timeout_after_success > 0
        self.api.timeout_after_success -= due
        return due

    async def slow_down(self) -> None:
        """Waits as long as requests wait now."""
        if self.api.slow_seconds:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), self.api.slow_seconds)

    def drops(self) -> bool:
        """Whether this webhook is never sent."""
        return random.random() < self.webhooks.drop_ratio

    def delay(self) -> float:
        """Seconds to wait before this webhook is sent."""
        shuffled = random.uniform(0, self._SHUFFLE_SECONDS) if self.webhooks.shuffle else 0.0
        return self.webhooks.delay_seconds + shuffled


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} must be a JSON object")
    return value


def _fault(name: str, kind: Any, value: object) -> bool | int | float:
    if kind is bool:
        if isinstance(value, bool):
            return value
        raise ValueError(f"{name} must be true or false")
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"{name} must be a number of at least 0")
    if kind is int and not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number")
    if name.endswith("_ratio") and value > 1:
        raise ValueError(f"{name} must be at most 1")
    return value
