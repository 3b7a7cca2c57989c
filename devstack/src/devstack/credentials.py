"""Keys and passwords of one stack: made once, kept in a file that only its owner can read."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Self

from devstack.process import DevstackError


def _password() -> str:
    return token_hex(16)  # needs no escaping, neither in a URL nor in SQL


@dataclass(slots=True)
class Credentials:
    """Everything secret in a stack."""

    postgres_password: str = field(default_factory=_password)
    gateway_password: str = field(default_factory=_password)
    booking_password: str = field(default_factory=_password)
    billing_password: str = field(default_factory=_password)
    notifier_password: str = field(default_factory=_password)
    reader_password: str = field(default_factory=_password)
    """Of every `<service>_reader`."""
    operator_api_key: str = field(default_factory=lambda: f"operator_{token_hex(24)}")
    stripe_webhook_secret: str = field(default_factory=lambda: f"whsec_{token_hex(24)}")
    stripe_api_key: str = field(default_factory=lambda: f"sk_test_{token_hex(12)}")
    demo_api_key: str = ""
    """The demo tenant's key, once it is made (`seed`)."""

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
