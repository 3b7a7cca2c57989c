"""Writes docs/openapi/gateway.json and docs/asyncapi.yaml from the code (`make docs`); tests compare them."""

import inspect
import json
from pathlib import Path
from typing import Any

import yaml

from gateway.app import openapi_document
from shared.contracts.base import Command, Event, Query
from shared.contracts.registry import published
from shared.messaging.rpc import DEFLATED_FROM
from shared.messaging.topology import STREAMS

HERE = Path(__file__).parent
OPENAPI = HERE / "openapi" / "gateway.json"
ASYNCAPI = HERE / "asyncapi.yaml"


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


def documents() -> dict[Path, str]:
    """Each generated file and what it should hold."""
    return {
        OPENAPI: json.dumps(openapi_document(), indent=2, sort_keys=True) + "\n",
        ASYNCAPI: yaml.safe_dump(asyncapi(), sort_keys=False, width=120, allow_unicode=True),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(path.relative_to(HERE.parent))
