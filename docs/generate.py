"""Writes the API documents, the table of handlers and the golden messages from the code (`make docs`).

Tests compare them with the code, but not the golden messages: those are the past that the code must understand.
"""

import inspect
import json
from pathlib import Path
from typing import Any

import yaml

from billing.main import HANDLERS as BILLING
from booking.main import HANDLERS as BOOKING
from gateway.app import openapi_document
from notifier.main import HANDLERS as NOTIFIER
from shared.contracts.base import Command, Event, Query
from shared.contracts.registry import published
from shared.contracts.stripe import StripeEvent
from shared.messaging.rpc import DEFLATED_FROM
from shared.messaging.topology import STREAMS
from tests.support.builders import GOLDEN, encoded, example, messages

HERE = Path(__file__).parent
OPENAPI = HERE / "openapi" / "gateway.json"
ASYNCAPI = HERE / "asyncapi.yaml"
HANDLERS = HERE / "handlers.md"


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document of everything that services tell and ask each other."""
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {}

    def add(member: Any, address: str, parameters: dict[str, Any], action: str) -> None:
        name = member.__name__
        schema = member.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[name] = schema
        messages[name] = {
            "name": name,
            "summary": inspect.getdoc(member),
            "contentType": "application/json",
            "payload": {"$ref": f"#/components/schemas/{name}"},
        }
        channel: dict[str, Any] = {
            "address": address,
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        }
        if parameters:
            channel["parameters"] = parameters
        channels[name] = channel
        operations[f"{action}{name}"] = {
            "action": "send" if action == "send" else "receive",
            "channel": {"$ref": f"#/channels/{name}"},
        }

    tenant = {"tenant": {"description": "The tenant's id"}}
    for member in published(Event):
        add(member, f"{member.TYPE}.{{tenant}}", tenant, "send")
    for member in published(Command):
        add(member, f"{member.TYPE}.{{tenant}}.{{id}}", tenant | {"id": {"description": "What it is about"}}, "receive")
    for query in published(Query):
        add(query, f"{query.TYPE}.{{tenant}}", tenant, "receive")
        reply = query.reply_type()
        schema = reply.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(schema.pop("$defs", {}))
        schemas[reply.__name__] = schema
        messages[reply.__name__] = {
            "name": reply.__name__,
            "payload": {"$ref": f"#/components/schemas/{reply.__name__}"},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tidebook",
            "version": "1",
            "description": "Facts are CloudEvents 1.0 in NATS binary mode on JetStream streams "
            + ", ".join(f"`{s.name}`" for s in STREAMS)
            + '; commands are durable; questions go over request/reply. A reply is `{"result": ...}` or '
            f'`{{"refusal": ...}}`, as a zlib stream (RFC 1950) from {DEFLATED_FROM // 1024} KiB on.',
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def handlers() -> str:
    """Who does what about which message, in one screen."""
    declared = [handler for service in (BOOKING, BILLING, NOTIFIER) for handler in service.declared]
    lines = [
        "# Who handles what",
        "",
        "Generated from what the services declare (`make docs`). A durable consumer's name begins with its service.",
    ]
    kinds: list[tuple[str, list[Any]]] = [
        ("Command", published(Command)),
        ("Event", published(Event)),
        ("Webhook", [StripeEvent]),
    ]
    for kind, contracts in kinds:
        lines += ["", f"| {kind} | type | handled by |", "|---|---|---|"]
        for contract in contracts:
            by = ", ".join(f"`{handler.durable}`" for handler in declared if contract in handler.types)
            lines.append(f"| {contract.__name__} | `{contract.TYPE}` | {by or 'nobody'} |")
    lines += ["", "| Query | type | answered by |", "|---|---|---|"]
    for query in published(Query):
        by = ", ".join(service.service for service in (BOOKING, BILLING, NOTIFIER) if query in service.queries)
        lines.append(f"| {query.__name__} | `{query.TYPE}` | {by or 'nobody'} |")
    return "\n".join(lines) + "\n"


def golden() -> dict[Path, str]:
    """An example of each message, as services exchange them: what older and newer ones must understand (ADR 0009)."""
    return {GOLDEN / f"{name}.json": encoded(example(contract)) for name, contract in messages().items()}


def documents() -> dict[Path, str]:
    """Each generated file and what it should hold."""
    return {
        OPENAPI: json.dumps(openapi_document(), indent=2, sort_keys=True) + "\n",
        ASYNCAPI: yaml.safe_dump(asyncapi(), sort_keys=False, width=120, allow_unicode=True),
        HANDLERS: handlers(),
    }


if __name__ == "__main__":
    for path, text in (documents() | golden()).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    print(*(path.relative_to(HERE.parent) for path in documents()), GOLDEN.relative_to(HERE.parent), sep="\n")
