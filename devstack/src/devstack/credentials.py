"""Keys and passwords of one stack: made once, kept in a file that only its owner can read."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from secrets import token_bytes, token_hex
from typing import Self

import nkeys

from devstack.process import DevstackError

NATS_USERS = ("gateway", "booking", "billing", "notifier", "jobs")
"""The processes that have a NATS user with a key pair."""
DATABASES = ("gateway", "booking", "billing", "notifier")
"""The services that have a schema, with roles of their own."""


def _password() -> str:
    return token_hex(16)  # needs no escaping, neither in a URL nor in SQL


def _system_passwords() -> dict[str, str]:
    return {service: _password() for service in DATABASES}


def _nkey_seeds() -> dict[str, str]:
    return {user: nkeys.encode_seed(token_bytes(32), nkeys.PREFIX_BYTE_USER).decode() for user in NATS_USERS}


@dataclass(slots=True)
class Credentials:
    """Everything secret in a stack."""

    postgres_password: str = field(default_factory=_password)
    gateway_password: str = field(default_factory=_password)
    booking_password: str = field(default_factory=_password)
    billing_password: str = field(default_factory=_password)
    notifier_password: str = field(default_factory=_password)
    system_passwords: dict[str, str] = field(default_factory=_system_passwords)
    """Of every `<service>_system`, by service."""
    valkey_password: str = field(default_factory=_password)
    reader_password: str = field(default_factory=_password)
    """Of every `<service>_reader`."""
    nkey_seeds: dict[str, str] = field(default_factory=_nkey_seeds)
    """Private keys of the services' NATS users, by name."""
    nats_deploy_password: str = field(default_factory=lambda: f"deploy_{token_hex(16)}")
    """Begins with letters: NATS would take some hexadecimal numbers for numbers."""
    operator_api_key: str = field(default_factory=lambda: f"operator_{token_hex(24)}")
    stripe_webhook_secret: str = field(default_factory=lambda: f"whsec_{token_hex(24)}")
    stripe_api_key: str = field(default_factory=lambda: f"sk_test_{token_hex(12)}")
    demo_api_key: str = ""
    """The demo tenant's key, once it is made (`seed`)."""

    def nats_public_keys(self) -> dict[str, str]:
        """What the NATS server is told of its users: environment variables, by name."""
        keys = {user: nkeys.from_seed(bytearray(seed.encode())).public_key for user, seed in self.nkey_seeds.items()}
        return {f"NATS_{user.upper()}_NKEY": key.decode() for user, key in keys.items()}

    @classmethod
    def kept_in(cls, path: Path) -> Self:
        """Read them, or make and keep them. Raises `DevstackError` for a file that isn't ours."""
        if not path.exists():
            made = cls()
            made.keep(path)
            return made
        try:
            kept = json.loads(path.read_text())
            credentials = cls(**kept)
        except (OSError, ValueError, TypeError) as error:
            raise DevstackError(f"{path} can't be read ({error}): `make clean` starts afresh") from error
        if asdict(credentials) != kept:  # written before a newer secret was thought of
            credentials.keep(path)
        return credentials

    def keep(self, path: Path) -> None:
        """Write them, readable for the owner alone, all or nothing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file, indent=2)
        new.replace(path)
