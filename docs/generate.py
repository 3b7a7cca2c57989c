"""Writes the API documents, the table of handlers and the golden messages from the code (`make docs`).

Tests compare them with the code, but not the golden messages: those are the past that the code must understand.
"""

import inspect
import json
from pathlib import Path
from typing import Any

import yaml
from pydantic.json_schema import models_json_schema

from billing.main import HANDLERS as BILLING
from booking.main import HANDLERS as BOOKING
from gateway.app import openapi_document
from notifier.main import HANDLERS as NOTIFIER
from shared.contracts.base import Command, Event, Query, Refusal
from shared.contracts.registry import published
from shared.contracts.stripe import StripeEvent
from shared.messaging.rpc import DEFLATED_FROM
from shared.messaging.topology import STREAMS
from tests.support.builders import GOLDEN, encoded, example, messages

HERE = Path(__file__).parent
OPENAPI = HERE / "openapi" / "gateway.json"
ASYNCAPI = HERE / "asyncapi.yaml"
HANDLERS = HERE / "handlers.md"


EVENT_HEADERS = {
    "Nats-Msg-Id": "The event's id; a stream takes each once",
    "ce-specversion": "1.0 (CloudEvents)",
    "ce-id": "The event's id",
    "ce-type": "The subject without its tenant",
    "ce-source": "Which service tells it",
    "ce-time": "When it happened",
    "content-type": "application/json",
}
CHAIN = {"ce-correlationid": "What set all this in motion, if it is known; the same along the whole chain"}
QUERY_HEADERS = {"Patience-Seconds": "How long the asker waits; an answer that nobody waits for is not made"}
REPLY_HEADERS = {
    "Nats-Service-Error": "With a refusal: its title",
    "Nats-Service-Error-Code": "With a refusal: its status",
    "Content-Encoding": f"`deflate` from {DEFLATED_FROM // 1024} KiB on: a zlib stream (RFC 1950)",
}
TENANT = {"tenant": {"description": "The tenant's id"}}
PARAMETERS = {Event: TENANT, Query: TENANT, Command: TENANT | {"id": {"description": "What it is about"}}}


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document of everything that services tell and ask each other.

    What services send has the members that they write, always; what they take, those that they need.
    """
    told, asked, ordered = published(Event), published(Query), published(Command)
    replies = list(dict.fromkeys(query.reply_type() for query in asked))
    taken: list[Any] = [(member, "validation") for member in (*asked, *ordered)]
    sent: list[Any] = [(member, "serialization") for member in (*told, *replies, Refusal)]
    named, definitions = models_json_schema([*sent, *taken], ref_template="#/components/schemas/{model}")
    schemas: dict[str, Any] = definitions["$defs"]
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}

    def message(name: str, summary: str | None, payload: dict[str, Any], headers: dict[str, str], sure: bool) -> None:
        messages[name] = {
            "name": name,
            **({"summary": summary} if summary else {}),
            "contentType": "application/json",
            "headers": _headers(headers, CHAIN if headers is EVENT_HEADERS else {}, sure=sure),
            "payload": payload,
        }

    def channel(member: Any, kind: Any, headers: dict[str, str], mode: str) -> dict[str, Any]:
        name, parameters = member.__name__, PARAMETERS[kind]
        message(name, inspect.getdoc(member), named[(member, mode)], headers, sure=kind is not Query)
        channels[name] = {
            "address": ".".join([member.TYPE, *(f"{{{parameter}}}" for parameter in parameters)]),
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "parameters": parameters,
        }
        action = "send" if kind is Event else "receive"
        operations[f"{action}{name}"] = {"action": action, "channel": {"$ref": f"#/channels/{name}"}}
        return operations[f"{action}{name}"]

    for event in told:
        channel(event, Event, EVENT_HEADERS, "serialization")
    for command in ordered:
        channel(command, Command, {"Nats-Msg-Id": "The command's id; a stream takes each once"}, "validation")
    for query in asked:
        operation = channel(query, Query, QUERY_HEADERS, "validation")
        name, result = f"{query.__name__}Reply", named[(query.reply_type(), "serialization")]
        refusal = named[(Refusal, "serialization")]
        either = [_only("result", result), _only("refusal", refusal)]
        message(name, None, {"oneOf": either}, REPLY_HEADERS, sure=False)
        channels[name] = {"address": None, "messages": {name: {"$ref": f"#/components/messages/{name}"}}}
        operation["reply"] = {
            "channel": {"$ref": f"#/channels/{name}"},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tidebook",
            "version": "1",
            "license": {"name": "Apache-2.0"},
            "description": "Facts are CloudEvents 1.0 in NATS binary mode on JetStream streams "
            + ", ".join(f"`{s.name}`" for s in STREAMS)
            + "; commands are durable; questions go over request/reply. `docs/subscribers.md` says how a program from "
            "outside listens and asks.",
        },
        "servers": {
            "subscribers": {
                "host": "{host}:4222",
                "protocol": "nats",
                "description": "With a subscriber's key, which `tidebook subscribers add` makes: its own consumers, in "
                "the JetStream domain `tidebook`, and its tenant's questions. Commands are for our own gateway alone.",
                "variables": {"host": {"default": "127.0.0.1"}},
                "security": [{"$ref": "#/components/securitySchemes/nkey"}],
            }
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "nkey": {"type": "asymmetricEncryption", "description": "An nkey: the seed signs the server's nonce"}
            },
        },
    }


def _headers(described: dict[str, str], others: dict[str, str], *, sure: bool) -> dict[str, Any]:
    """The schema of a message's headers; `sure` if each is there always, but for the others."""
    members = {name: {"type": "string", "description": about} for name, about in (described | others).items()}
    return {"type": "object", "properties": members, **({"required": list(described)} if sure else {})}


def _only(member: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": [member], "properties": {member: schema}}


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
