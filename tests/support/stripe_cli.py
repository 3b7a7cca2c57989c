"""Stripe's command line, as far as docs/stripe.md uses it, in front of a fake Stripe at `FAKE_STRIPE_PORT`.

`listen` is where it differs from Stripe's: the events come from the fake itself, which runs as long as it listens.
"""

import argparse
import os
import secrets
import sys

import httpx

from devstack.ports import LOOPBACK

PORT = os.environ["FAKE_STRIPE_PORT"]


def listen(options: argparse.Namespace) -> None:
    """Print the signing secret and forward every event, until told to stop."""
    secret = f"whsec_{secrets.token_hex(16)}"
    print(f"> Ready! Your webhook signing secret is {secret} (^C to quit)", flush=True)
    webhook = ["--webhook-url", f"http://{options.forward_to}", "--webhook-secret", secret]
    os.execv(sys.executable, [sys.executable, "-m", "devstack.stripe", "--port", PORT, *webhook])


def confirm(options: argparse.Namespace) -> None:
    """Pay in place of the customer, and print the intent."""
    answer = httpx.post(
        f"http://{LOOPBACK}:{PORT}/v1/payment_intents/{options.intent}/confirm",
        data={"payment_method": options.payment_method},
        headers={"Authorization": "Bearer sk_test_cli"},
        trust_env=False,
    )
    print(answer.text)
    answer.raise_for_status()


def main() -> None:
    """Do what the command says."""
    parser = argparse.ArgumentParser(prog="stripe")
    commands = parser.add_subparsers(required=True)
    listening = commands.add_parser("listen")
    listening.add_argument("--forward-to", required=True)
    listening.set_defaults(run=listen)
    verbs = commands.add_parser("payment_intents").add_subparsers(required=True)
    confirming = verbs.add_parser("confirm")
    confirming.add_argument("intent")
    confirming.add_argument("--payment-method", required=True)
    confirming.set_defaults(run=confirm)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
