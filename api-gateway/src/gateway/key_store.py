"""Keys in the database, as the authenticator wants them."""

from gateway import model
from gateway.auth import Caller, StoredKey
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.service import ServiceRuntime


class KeyStore:
    """Looks keys up and records their use."""

    def __init__(self, service: ServiceRuntime) -> None:
        self._service = service
        self._used: set[str] = set()

    async def look_up(self, key_id: str) -> StoredKey | None:
        """The usable key of that id; None for an unknown or revoked one. Raises `Unavailable`."""
        async with self._service.context().transaction(EVERY_TENANT) as tx:
            found = await model.find_key(tx.session, key_id)
        if found is None or found[0].revoked_at is not None:
            return None
        key, tenant = found
        caller = Caller(key.id, tenant.id, tenant.name, frozenset(key.scopes))
        return StoredKey(key.secret_sha256, caller, key.expires_at)

    def note_use(self, key_id: str) -> None:
        """Remember that this key was used, for the next `record_use`."""
        self._used.add(key_id)

    async def record_use(self) -> None:
        """Write `last_used_at` of the keys used since the last call; sampled, since a write a request would cost."""
        used, self._used = self._used, set()
        if used:
            async with self._service.context().transaction(EVERY_TENANT) as tx:
                await model.record_use(tx.session, used)
