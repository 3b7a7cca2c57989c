"""What the OpenAPI document says that operations answer, beside what they were seen to answer."""

import asyncio
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from devstack.ports import LOOPBACK
from tests.support.eventually import allowed

FRAMING = frozenset({"connection", "content-length", "content-type", "date", "transfer-encoding"})
"""Headers of HTTP itself, which documents leave out."""
RARE = frozenset({"content-encoding", "vary"})
"""Whether an answer has these is a matter of its length: seen anywhere is seen."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A path operation as documented."""

    name: str
    method: str
    path: str
    scope: str | None
    """What a key needs; None if it asks for no key."""
    takes_json: bool
    required: tuple[str, ...]
    """Parameters of the query that it can't do without."""
    optional: tuple[str, ...]

    @property
    def of_tenants(self) -> bool:
        """Whether a tenant's key opens it, and counts."""
        return self.scope not in (None, "operator")

    def address(self, **given: str) -> str:
        """Its address, with ids that nothing has for what is not given."""
        given = {"number": "1", "date": "2027-01-01"} | given  # anything else leads nowhere
        needed = {"service_id": str(uuid4()), "from": "2027-01-01T00:00:00Z", "to": "2027-01-02T00:00:00Z"} | given
        path = re.sub(r"\{(\w+)\}", lambda found: given.get(found[1], str(uuid4())), self.path)
        names = [*self.required, *(name for name in self.optional if name in given)]
        return path + ("?" + urlencode({name: needed[name] for name in names}) if names else "")


Answer = tuple[str, int]
"""An operation by its id, and a status."""


@dataclass(slots=True)
class Seen:
    """What was seen of one answer."""

    codes: Counter[str] = field(default_factory=Counter)
    headers: set[str] = field(default_factory=set)


class Document:
    """What an OpenAPI document promises."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.operations: dict[str, Operation] = {}
        self.codes: dict[Answer, set[str]] = {}
        self.links: dict[Answer, dict[str, Any]] = {}
        self.headers: dict[Answer, dict[str, bool]] = {}
        """The headers of an answer, in lower case, each with whether it is always there."""
        self.problem = set(document["components"]["schemas"]["ProblemDocument"]["properties"])
        """The members that a problem may have."""
        headers = document["components"]["headers"]
        for path, methods in document["paths"].items():
            for method, said in methods.items():
                name = said["operationId"]
                self.operations[name] = _operation(name, method.upper(), path, said)
                for status, response in said["responses"].items():
                    problems = response.get("content", {}).get("application/problem+json", {})
                    self.codes[name, int(status)] = set(problems.get("examples", {}))
                    self.links[name, int(status)] = response.get("links", {})
                    shown = {header: headers[header]["required"] for header in response["headers"]}
                    self.headers[name, int(status)] = {header.lower(): always for header, always in shown.items()}

    def select(self, *, guarded: bool = False, tenants: bool = False, json: bool = False) -> list[Operation]:
        """The operations that ask for a key, for a tenant's key, for a JSON body."""
        return [
            operation
            for operation in self.operations.values()
            if (operation.scope or not guarded)
            and (operation.of_tenants or not tenants)
            and (operation.takes_json or not json)
        ]

    def find(self, method: str, path: str) -> Operation | None:
        """The operation behind an address."""
        candidates = sorted(self.operations.values(), key=lambda operation: "{" in operation.path)
        for operation in candidates:
            if operation.method == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", operation.path), path):
                return operation
        return None


def _operation(name: str, method: str, path: str, said: Mapping[str, Any]) -> Operation:
    query = [parameter for parameter in said.get("parameters", ()) if parameter["in"] == "query"]
    required = tuple(parameter["name"] for parameter in query if parameter["required"])
    optional = tuple(parameter["name"] for parameter in query if not parameter["required"])
    scopes = [scope for requirement in said["security"] for scope in requirement["ApiKey"]]
    takes_json = "requestBody" in said and bool(scopes)  # Stripe's events are read as bytes
    return Operation(name, method, path, scopes[0] if scopes else None, takes_json, required, optional)


class Observed:
    """What was answered, held against the document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.answers: dict[Answer, Seen] = defaultdict(Seen)
        self.requests = 0
        self.links: dict[tuple[str, int, str], tuple[Operation, dict[str, str]]] = {}
        """Links of what was answered last: by answer and name, where they lead, with which parameters."""

    def note(self, operation: str, status: int, headers: Iterable[str], body: bytes) -> None:
        """One answer."""
        self.requests += 1
        seen = self.answers[operation, status]
        seen.headers |= {header.lower() for header in headers} - FRAMING
        said = json.loads(body) if status >= 400 else {}
        if "code" in said:
            seen.codes[said["code"]] += 1
            assert set(said) <= self.document.problem, f"{operation} {status}: {said}"
        missing = {
            header
            for header, always in self.document.headers.get((operation, status), {}).items()
            if always and header not in {name.lower() for name in headers}
        }
        assert not missing, f"{operation} {status}: without {missing}"

    async def listen(self, response: httpx.Response) -> None:
        """A hook of an HTTP client."""
        await response.aread()
        if operation := self.document.find(response.request.method, response.request.url.path):
            self.note(operation.name, response.status_code, list(response.headers), response.content)
            self._find_links(operation.name, response)

    def _find_links(self, operation: str, response: httpx.Response) -> None:
        for name, link in self.document.links.get((operation, response.status_code), {}).items():
            given = {to: _evaluate(expression, response) for to, expression in link["parameters"].items()}
            if all(given[to] for to, expression in link["parameters"].items() if "$response" in expression):
                given = {to: value for to, value in given.items() if value}
                target = self.document.operations[link["operationId"]]
                self.links[operation, response.status_code, name] = target, {to: str(v) for to, v in given.items()}

    def dead_ends(self) -> list[str]:
        """Links that nothing that was answered could be followed by."""
        documented = {(*answer, name) for answer, links in self.document.links.items() for name in links}
        return [" ".join(map(str, link)) for link in sorted(documented - set(self.links))]

    def undocumented(self) -> Iterator[str]:
        """What was seen and is not said."""
        for (operation, status), seen in sorted(self.answers.items()):
            answer = operation, status
            if answer not in self.document.codes:
                yield f"{operation} {status}: {dict(seen.codes) or 'no problem'}"
                continue
            for code in sorted(set(seen.codes) - self.document.codes[answer]):
                yield f"{operation} {status} {code}"
            for header in sorted(seen.headers - set(self.document.headers[answer])):
                yield f"{operation} {status} header {header}"

    def unseen(self) -> Iterator[str]:
        """What is said and was not seen."""
        anywhere = set().union(*(seen.headers for seen in self.answers.values()))
        for answer, codes in sorted(self.document.codes.items()):
            seen = self.answers.get(answer)
            if seen is None:
                yield f"{answer[0]} {answer[1]}: {sorted(codes) or 'never'}"
                continue
            for code in sorted(codes - set(seen.codes)):
                yield f"{answer[0]} {answer[1]} {code}"
            for header in sorted(set(self.document.headers[answer]) - seen.headers):
                if header not in RARE or header not in anywhere:
                    yield f"{answer[0]} {answer[1]} header {header}"

    def summary(self) -> str:
        """How much was looked at."""
        codes = {code for seen in self.answers.values() for code in seen.codes}
        places = sum(len(seen.codes) for seen in self.answers.values())
        headers = sum(len(seen.headers) for seen in self.answers.values())
        return (
            f"operations {len(self.document.operations)}, answers {len(self.answers)}, codes {len(codes)}, "
            f"codes of operations {places}, headers of answers {headers}, requests {self.requests}"
        )


def _evaluate(expression: str, response: httpx.Response) -> Any:
    """The value of a runtime expression, of the three forms that the document has; None if there is none."""
    if expression.startswith("$request.query."):
        return response.request.url.params.get(expression.removeprefix("$request.query."))
    place, _, name = expression.removeprefix("$response.").partition("." if "header." in expression else "#/")
    return response.headers.get(name) if place == "header" else response.json().get(name)


async def told(observed: Observed, port: int, operation: Operation, sent: bytes) -> None:
    """What an operation answers to bytes that no client library would send; its connection ends with that."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), allowed(15))
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    assert first.startswith("HTTP/1.1 "), (operation.name, answer[:100])
    observed.note(operation.name, int(first.split()[1]), [line.partition(":")[0] for line in lines], body)


def head(operation: Operation, *lines: str, address: str = "", end: str = "\r\n") -> bytes:
    """The head of a request to an operation; `end` is what follows its lines."""
    first = f"{operation.method} {address or operation.address()} HTTP/1.1"
    return "\r\n".join([first, "Host: here", *lines, end]).encode()
