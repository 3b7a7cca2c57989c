"""Hears a business' events: one line each, until Ctrl-C. Needs nats-py with nkeys.

NATS_URL says where NATS is, SUBSCRIBER_SEED is the key that `tidebook subscribers add NAME` printed.

    python listen.py NAME BOOKING
"""

import asyncio
import json
import os
import sys

import nats
from nats.errors import TimeoutError as NothingCame


async def listen(name: str, stream: str) -> None:
    connection = await nats.connect(os.environ["NATS_URL"], nkeys_seed_str=os.environ["SUBSCRIBER_SEED"])
    events = await connection.jetstream(domain="tidebook").pull_subscribe_bind(f"subscriber-{name}", stream)
    handled = set()  # in a real program a table, written in the same transaction as what the event leads to
    while True:
        try:
            messages = await events.fetch(10, timeout=5)
        except NothingCame:
            continue
        for message in messages:
            event = json.loads(message.data)
            if event["id"] not in handled:  # an event may come twice
                print(message.headers["ce-type"], json.dumps(event), flush=True)
                handled.add(event["id"])
            await message.ack()  # what is not acknowledged within 30 s comes again


asyncio.run(listen(*sys.argv[1:]))
