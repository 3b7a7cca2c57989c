"""`python -m devstack.stripe`: serves the fake Stripe until it is told to stop."""

import argparse
import sqlite3
import sys
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from devstack.stripe.server import create_app
from devstack.stripe.store import Store
from devstack.stripe.webhooks import Endpoint


def main() -> None:
    """Ends with one line and a status of 1 if the options, the state or the port are no good."""
    options = _parser().parse_args()
    try:
        endpoints = _endpoints(options.webhook_url, options.webhook_secret)
        store = Store(options.state)
    except ValueError as problem:
        sys.exit(f"fake Stripe: {problem}")
    except (OSError, sqlite3.Error) as problem:
        sys.exit(f"fake Stripe: {options.state} can't hold the state: {problem}")
    uvicorn.run(
        create_app(store, endpoints),
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        # Requests that a fault left unanswered must not hold up the end.
        timeout_graceful_shutdown=1,
    )


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
