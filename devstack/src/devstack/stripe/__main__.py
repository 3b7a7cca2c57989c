"""`python -m devstack.stripe`: serves the fake Stripe until it is told to stop."""

import argparse
import socket
import sqlite3
import sys
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from devstack.stripe.faults import Faults
from devstack.stripe.server import create_app
from devstack.stripe.store import Store
from devstack.stripe.webhooks import Endpoint


def main() -> None:
    """Ends with one line and a status other than 0 if the options, the state or the port are no good."""
    options = _parser().parse_args()
    try:
        endpoints = _endpoints(options.webhook_url, options.webhook_secret)
        store = Store(options.state)
    except ValueError as problem:
        sys.exit(f"fake Stripe: {problem}")
    except (OSError, sqlite3.Error) as problem:
        sys.exit(f"fake Stripe: {options.state} can't hold the state: {problem}")
    faults = Faults()
    config = uvicorn.Config(
        create_app(store, endpoints, faults),
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, faults)
    server.run()
    if not server.started:
        sys.exit(1)


class _Server(uvicorn.Server):
    """Lets go of the requests that a fault holds back before it waits for requests to end."""

    def __init__(self, config: uvicorn.Config, faults: Faults) -> None:
        super().__init__(config)
        self._faults = faults

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._faults.ending.set()
        await super().shutdown(sockets)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devstack.stripe",
        description="A fake of Stripe's servers. Keys are sk_test_..., cards are test cards.",
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--webhook-url",
        action="append",
        default=[],
        metavar="URL",
        help="where events are sent; may be given several times",
    )
    parser.add_argument(
        "--webhook-secret",
        action="append",
        default=[],
        metavar="WHSEC",
        help="signs what is sent: one for all addresses, or one for each in the same order",
    )
    parser.add_argument("--state", type=Path, metavar="FILE", help="an SQLite file to remember everything in")
    return parser


def _endpoints(urls: list[str], secrets: list[str]) -> list[Endpoint]:
    for url in urls:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise ValueError(f"--webhook-url is not an address: {url}")
    if len(set(urls)) != len(urls):
        raise ValueError("--webhook-url names one address twice")
    for secret in secrets:
        if not secret.startswith("whsec_"):
            raise ValueError("--webhook-secret must start with whsec_")
    if len(secrets) == 1:
        secrets = secrets * len(urls)
    if len(secrets) != len(urls):
        raise ValueError("give one --webhook-secret, or as many as --webhook-url")
    return [Endpoint(url, secret) for url, secret in zip(urls, secrets, strict=True)]


if __name__ == "__main__":
    main()
