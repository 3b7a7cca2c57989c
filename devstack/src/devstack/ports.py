"""Which port each process of a stack listens on, always on loopback."""

import random
import socket
from dataclasses import astuple, dataclass, fields
from typing import Self

LOOPBACK = "127.0.0.1"
# Below the range from which the kernel takes ports for outgoing connections: a server that is
# restarted finds its port as it left it.
_FREE_RANGE = range(10_000, 32_000)


@dataclass(frozen=True, slots=True)
class Ports:
    """One port for each process of a stack; the order of `make run` is `from_base`."""

    gateway: int
    booking: int
    billing: int
    notifier: int
    jobs: int
    postgres: int
    nats: int
    nats_monitor: int
    valkey: int
    smtp: int
    inbox: int
    stripe: int

    @classmethod
    def from_base(cls, base: int) -> Self:
        """The fixed layout of `make run`: services from `base`, servers from `base` + 10."""
        return cls(*range(base, base + 5), *range(base + 10, base + 17))

    @classmethod
    def free(cls) -> Self:
        """Ports that nothing uses at this moment, for tests and benchmarks."""
        return cls(*free_ports(len(fields(cls))))

    def taken(self) -> dict[str, int]:
        """Those that another program holds, by the name of the process that wants them."""
        names = [field.name for field in fields(self)]
        return {name: port for name, port in zip(names, astuple(self), strict=True) if not is_free(port)}


def free_ports(count: int) -> list[int]:
    """`count` different free ports. Random, so that parallel test runs seldom meet."""
    chosen: list[int] = []
    for port in random.sample(_FREE_RANGE, len(_FREE_RANGE)):
        if len(chosen) == count:
            return chosen
        if is_free(port):
            chosen.append(port)
    raise OSError(f"no {count} free ports on {LOOPBACK}")


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        # As servers do: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
