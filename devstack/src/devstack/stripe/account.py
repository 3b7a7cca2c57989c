"""The one Stripe account that the fake keeps: its objects, and the events about them."""

import copy
from dataclasses import dataclass

from devstack.stripe import objects
from devstack.stripe.errors import invalid, no_such
from devstack.stripe.objects import Resource
from devstack.stripe.store import Store
from devstack.stripe.webhooks import Webhooks

_METADATA_KEYS = 50
_METADATA_KEY_LENGTH = 40
_METADATA_VALUE_LENGTH = 500


@dataclass(frozen=True)
class Origin:
    """The API request that an event comes from; empty for what happened by itself."""

    request_id: str | None = None
    idempotency_key: str | None = None


class Account:
    """Objects by id, and the only place where events are made."""

    def __init__(self, store: Store, webhooks: Webhooks) -> None:
        self.store = store
        self.webhooks = webhooks

    def get(self, kind: str, identifier: str, *, param: str | None = None) -> Resource:
        """The object, as it lives. Raises `ApiError`: 404 for an id in the path, 400 if it came in
        the parameter `param`."""
        found = self.store.find(kind, identifier)
        if found is None:
            path_name = "intent" if kind == "payment_intent" else "id"
            raise no_such(kind, identifier, param=param or path_name, status=400 if param else 404)
        return found

    def save(self, resource: Resource) -> None:
        """Remembers an object that is new or was changed."""
        self.store.put(resource["object"], resource["id"], resource)

    def emit(self, kind: str, resource: Resource, origin: Origin, previous: Resource | None = None) -> None:
        """Records that `kind` happened to `resource`, with a snapshot, and sends its webhooks."""
        self.save(resource)
        event = objects.event(
            kind,
            copy.deepcopy(resource),
            previous,
            {"id": origin.request_id, "idempotency_key": origin.idempotency_key},
            len(self.webhooks.endpoints),
        )
        self.save(event)
        self.webhooks.announce(event)

    def event_view(self, event: Resource) -> Resource:
        """The event as the API shows it: with the webhooks that are pending now."""
        states = [delivery["state"] for delivery in self.webhooks.deliveries(event["id"])]
        return event | {"pending_webhooks": states.count("pending")}

    def delivered(self, event: Resource) -> bool:
        """Whether every endpoint took the event."""
        return all(delivery["state"] == "delivered" for delivery in self.webhooks.deliveries(event["id"]))


def merged_metadata(current: dict[str, str], changes: dict[str, str] | str) -> dict[str, str]:
    """Metadata after an update: an empty value unsets its key, an empty text unsets all.

    Raises `ApiError` (400) beyond Stripe's limits: 50 keys of at most 40 characters, values of at
    most 500 (Stripe API reference, "Metadata").
    """
    if isinstance(changes, str):
        return {}
    for key, value in changes.items():
        if len(key) > _METADATA_KEY_LENGTH:
            raise invalid(
                f"Metadata keys have at most {_METADATA_KEY_LENGTH} characters: {key[:60]}",
                param="metadata",
            )
        if len(value) > _METADATA_VALUE_LENGTH:
            raise invalid(
                f"Metadata values have at most {_METADATA_VALUE_LENGTH} characters: {key}",
                param=f"metadata[{key}]",
            )
    merged = {key: value for key, value in (current | changes).items() if value}
    if len(merged) > _METADATA_KEYS:
        raise invalid(f"Metadata has at most {_METADATA_KEYS} keys.", param="metadata")
    return merged
