"""Where the installation is: environment variables, or what `make run` wrote into `.tidebook/dev.env`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

SERVICES = ("gateway", "booking", "billing", "notifier")
_PLACES = ("API_URL", "NATS_URL", "DATABASE_URL", *(f"{s.upper()}_SYSTEM_DATABASE_URL" for s in SERVICES))


class CommandFailed(Exception):
    """What is told in one line; the command ends with 1."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Variables by name."""

    variables: Mapping[str, str]

    @classmethod
    def read(cls) -> Self:
        """This process's environment if it says where anything is, else the local stack's. Never a mixture."""
        if any(os.environ.get(name) for name in _PLACES):
            return cls(dict(os.environ))
        path = Path(os.environ.get("TIDEBOOK_DIR") or ".tidebook") / "dev.env"
        try:
            lines = path.read_text().splitlines()
        except OSError:
            return cls({})
        return cls(dict(line.split("=", 1) for line in lines if "=" in line))

    def get(self, name: str) -> str:
        """The value; empty if it is not set."""
        return self.variables.get(name, "").strip()

    def need(self, name: str) -> str:
        """The value. Raises `CommandFailed` if it is not set."""
        if value := self.get(name):
            return value
        raise CommandFailed(f"{name} is not set, and no stack of `make run` is running here")

    def database_url(self, service: str) -> str:
        """The service's own `<SERVICE>_SYSTEM_DATABASE_URL`, else `DATABASE_URL`; empty without either.

        The service's application role would show nothing: it sees the rows of tenants that it names.
        """
        return self.get(f"{service.upper()}_SYSTEM_DATABASE_URL") or self.get("DATABASE_URL")
