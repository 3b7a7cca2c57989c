"""Writes deploy/nats/permissions.conf and deploy/nats/topology.json from the code (`make docs`); tests compare them.

Each process gets a NATS user that may do what its service declares and nothing else: what its handlers
react to and answer (`HANDLERS` of its `main`), what it sends and asks (`USES`), and the events that the
contracts say are its own. Streams and consumers are changed by the user `deploy` alone.

All of them live in one account. What subscribers from outside may reach of it is exported here; each has an
account of its own in `subscribers.conf`, which `tidebook subscribers` writes (ADR 0034).
"""

import importlib
import json
from dataclasses import dataclass
from pathlib import Path

from shared.contracts.base import Command, Event
from shared.contracts.registry import published
from shared.messaging.handlers import Handler, Handlers, Message
from shared.messaging.replaying import address as replay_address
from shared.messaging.topology import (
    ACCOUNT,
    BUCKETS,
    DEADLETTER,
    HEARTBEAT_BUCKET,
    JOBS_BUCKET,
    STREAMS,
    Topology,
    used_streams,
)
from shared.messaging.uses import Uses
from tidebook.subscriber_accounts import QUESTIONS

HERE = Path(__file__).parent
PERMISSIONS = HERE / "permissions.conf"
TOPOLOGY = HERE / "topology.json"

SERVICES = ("gateway", "booking", "billing", "notifier")
DEPLOYER = "deploy"
RELOADER = "deploy-system"
JETSTREAM_CHANGES = (
    *(f"STREAM.{verb}" for verb in ("CREATE", "UPDATE", "DELETE", "PURGE", "MSG.DELETE", "SNAPSHOT", "RESTORE")),
    *(f"CONSUMER.{verb}" for verb in ("CREATE", "DURABLE.CREATE", "DELETE", "PAUSE", "RESET", "UNPIN")),
)
JETSTREAM_LOOKS = (
    *(f"STREAM.{verb}" for verb in ("INFO", "MSG.GET")),
    *(f"CONSUMER.{verb}" for verb in ("INFO", "NAMES", "LIST", "MSG.NEXT")),
    "DIRECT.GET",
)


@dataclass(frozen=True)
class Service:
    """What a service declares: its handlers, and what it uses of others."""

    name: str
    handlers: list[Handler]
    answers: set[str]
    """Subjects of the queries that it answers."""
    uses: Uses

    @classmethod
    def read(cls, name: str) -> "Service":
        """The declarations that a service's `main` works with; without one it handles, or uses, nothing."""
        main = importlib.import_module(f"{name}.main")
        declared: Handlers = getattr(main, "HANDLERS", Handlers(name))
        return cls(
            name=name,
            handlers=sorted(declared.declared, key=lambda handler: handler.durable),
            answers={query.TYPE for query in declared.queries},
            uses=getattr(main, "USES", Uses()),
        )

    @property
    def handles(self) -> set[type[Message]]:
        """The types of message that its consumers are fed."""
        return {message_type for handler in self.handlers for message_type in handler.types}

    @property
    def commands(self) -> list[str]:
        """The types of command that it sends."""
        return sorted(command.TYPE for command in self.uses.commands)

    @property
    def asks(self) -> list[str]:
        """The queries that it asks."""
        return sorted(query.TYPE for query in self.uses.queries)


@dataclass
class User:
    """One NATS user: subjects it may publish to and subscribe to."""

    name: str
    publish: list[str]
    subscribe: list[str]


def events_of(service: str) -> list[str]:
    """The subjects of the facts that a service announces: every event of its own among the contracts."""
    return [f"{event.TYPE}.*" for event in published(Event) if event.TYPE.startswith(f"{service}.")]


def handler_subjects(handler: Handler) -> list[str]:
    """What a consumer needs: to ask for messages, to settle them in either form of the subject, to dead-letter."""
    place = f"{handler.stream}.{handler.durable}"
    return [
        f"$JS.API.CONSUMER.INFO.{place}",
        f"$JS.API.CONSUMER.MSG.NEXT.{place}",
        # As many tokens as each form has: in a longer one, or with `>`, another's consumer could stand before ours.
        f"$JS.ACK.{place}.*.*.*.*.*",
        f"$JS.ACK.*.*.{place}.*.*.*.*.*",
        f"$JS.ACK.*.*.{place}.*.*.*.*.*.*",
        f"deadletter.{handler.durable}",
    ]


def process_user(process: str, service: Service, extra: list[str]) -> User:
    """The user of one kind of process; `extra` is what no declaration tells."""
    handlers = service.handlers if process == service.name else []
    publish = [
        *events_of(service.name),
        *(f"{command}.*.*" for command in service.commands),
        *(["webhook.stripe.>"] if service.uses.stripe_events else []),
        *(f"{query}.*" for query in service.asks),
        *(["outcome.*"] if any(issubclass(t, Command) for t in service.handles) else []),
        *(subject for handler in handlers for subject in handler_subjects(handler)),
        # Its dead letters, to be handled again: named by number, fetched here.
        *([f"$JS.API.STREAM.MSG.GET.{DEADLETTER}"] if handlers else []),
        *(f"$JS.API.STREAM.INFO.{stream}" for stream in used_streams(process, handlers)),
        f"$KV.{HEARTBEAT_BUCKET}.{process}.*",
        *extra,
    ]
    subscribe = [
        f"_INBOX_{process}.>",
        *(["outcome.*"] if service.commands else []),
        # Only in the service's queue group: nobody else listens in.
        *(f"{query}.* {service.name}" for query in sorted(service.answers) if process == service.name),
        *([f"{replay_address(process)} {process}"] if handlers else []),
        "$SRV.*",
        f"$SRV.*.tidebook-{process}",
        f"$SRV.*.tidebook-{process}.*",
    ]
    return User(process, publish, subscribe)


def users(services: dict[str, Service]) -> list[User]:
    """Every user that has a key pair."""
    commands = services["gateway"].commands
    looks_after = [
        "$JS.API.CONSUMER.LIST.COMMANDS",
        *(f"$JS.API.DIRECT.GET.COMMANDS.{command}.*.*" for command in commands),
        f"$JS.API.DIRECT.GET.KV_{HEARTBEAT_BUCKET}",
        f"$JS.API.DIRECT.GET.KV_{JOBS_BUCKET}.$KV.{JOBS_BUCKET}.*",
        # Dead letters, for the operator's API: seen, handled again by their own service, discarded.
        f"$JS.API.STREAM.INFO.{DEADLETTER}",
        f"$JS.API.DIRECT.GET.{DEADLETTER}",
        f"$JS.API.STREAM.MSG.DELETE.{DEADLETTER}",
        replay_address("*"),  # a letter may name a service that is no more: nobody answers then
    ]
    return [
        process_user("gateway", services["gateway"], looks_after),
        process_user("booking", services["booking"], []),
        process_user("billing", services["billing"], []),
        process_user("notifier", services["notifier"], []),
        process_user("jobs", services["notifier"], [f"$KV.{JOBS_BUCKET}.*"]),
    ]


def deployer() -> User:
    """Who creates streams and consumers, and looks after what they hold: the only one who may."""
    publish = [
        *(subject for stream in STREAMS for subject in stream.subjects),
        *(f"$KV.{bucket.name}.>" for bucket in BUCKETS),
        "rpc.>",
        "outcome.*",
        "$SRV.>",
        "$JS.API.INFO",
        "$JS.API.STREAM.NAMES",
        "$JS.API.STREAM.LIST",
        *(f"$JS.API.{verb}.>" for verb in (*JETSTREAM_LOOKS, *JETSTREAM_CHANGES)),
        "$JS.ACK.>",
        "$JS.FC.>",
    ]
    return User(DEPLOYER, publish, [">"])


def reloader() -> User:
    """The deployer in the server's own account: it may have the configuration read again, and nothing else."""
    return User(RELOADER, ["$SYS.REQ.SERVER.*.RELOAD"], [f"_INBOX_{DEPLOYER}.>"])


def entry(user: User) -> str:
    """One user in the server's own syntax."""
    who = f"nkey: $NATS_{user.name.upper()}_NKEY"
    if user.name in (DEPLOYER, RELOADER):
        who = f"user: {user.name}, password: $NATS_{DEPLOYER.upper()}_PASSWORD"
    lists = {"publish": user.publish, "subscribe": user.subscribe}
    allowed = [
        f"        {name}: {{ allow: [\n" + "".join(f'          "{subject}"\n' for subject in subjects) + "        ] }"
        for name, subjects in lists.items()
    ]
    # Queries come with the asker's inbox: one answer each, as long as anybody waits for one.
    answering = '        allow_responses: { max: 1, expires: "30s" }'
    lines = [f"    {{ # {user.name}", f"      {who}", "      permissions: {", *allowed, answering, "      }", "    }"]
    return "\n".join(lines) + "\n"


def exports() -> list[str]:
    """What other accounts can import: taking and settling messages of consumers, and questions.

    Which of it one of them does import is said in its own account, down to the consumer and the tenant.
    """
    services = [
        "$JS.API.CONSUMER.MSG.NEXT.*.*",
        "$JS.API.CONSUMER.INFO.*.*",
        "$JS.ACK.>",
        *(f"{question}.*" for question in QUESTIONS),
    ]
    # A pull is answered by as many messages as it asks for.
    return [
        f'{{ service: "{subject}"{", response_type: stream" if ".MSG.NEXT." in subject else ""} }}'
        for subject in services
    ]


def accounts(everybody: list[User]) -> str:
    """Our account, and the server's own, in which the deployer may have the configuration read again."""
    exported = "".join(f"    {line}\n" for line in exports())
    return (
        "# Who may do what. Generated from the code by `make docs`: change nothing here.\n"
        "# Services prove who they are with a key; the server knows the public half of each.\n\n"
        f"{ACCOUNT} {{\n  jetstream: enabled\n"
        "  users: [\n" + "".join(entry(user) for user in everybody) + "  ]\n"
        f"  exports: [\n{exported}  ]\n}}\n\n"
        "SYSTEM {\n  users: [\n" + entry(reloader()) + "  ]\n}\n"
    )


def documents() -> dict[Path, str]:
    """Each generated file and what it should hold."""
    services = {name: Service.read(name) for name in SERVICES}
    everybody = [*users(services), deployer()]
    topology = Topology.whole([handler for service in services.values() for handler in service.handlers])
    return {PERMISSIONS: accounts(everybody), TOPOLOGY: json.dumps(topology.to_json(), indent=2) + "\n"}


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
        print(path.relative_to(HERE.parents[1]))
