"""Where the installation is: environment variables, or what `make run` wrote into `.tidebook/dev.env`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from shared.local_stack import data_directory, is_running, told_by

SERVICES = ("gateway", "booking", "billing", "notifier")
_STRANDED = "no stack of `make run` is running here, and no variable says where else Tidebook is"
_PLACES = ("API_URL", "NATS_URL", "DATABASE_URL", *(f"{s.upper()}_SYSTEM_DATABASE_URL" for s in SERVICES))


class CommandFailed(Exception):
    """What is told in one line; the command ends with 1."""


@dataclass(frozen=True, slots=True)
class Environment:
    """Variables by name."""

    variables: Mapping[str, str]

    @classmethod
    def read(cls) -> Self:
        """This process's environment if it says where anything is, else the local stack's. Never a mixture.

        Raises `CommandFailed` if neither is there: every command is about one installation.
        """
        if any(os.environ.get(name) for name in _PLACES):
            return cls(dict(os.environ))
        try:
            directory = data_directory()
        except ValueError as error:
            raise CommandFailed(str(error)) from error
        if not is_running(directory):  # one that was killed has left its variables behind
            raise CommandFailed(f"{_STRANDED} (looked for {directory})")
        try:
            return cls(told_by(directory))
        except OSError:
            raise CommandFailed(f"the stack of `make run` on {directory} is not ready yet") from None

    def get(self, name: str) -> str:
        """The value; empty if it is not set."""
        return self.variables.get(name, "").strip()

    def need(self, name: str) -> str:
        """The value. Raises `CommandFailed` if it is not set."""
        if value := self.get(name):
            return value
        raise CommandFailed(f"{name} is not set, though other variables say where Tidebook is")

    def database_url(self, service: str) -> str:
        """The service's own `<SERVICE>_SYSTEM_DATABASE_URL`, else `DATABASE_URL`; empty without either.

        The service's application role would show nothing: it sees the rows of tenants that it names.
        """
        return self.get(f"{service.upper()}_SYSTEM_DATABASE_URL") or self.get("DATABASE_URL")
