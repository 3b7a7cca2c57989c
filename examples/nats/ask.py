"""Asks for one booking of a business and prints it. Needs nats-py with nkeys.

NATS_URL says where NATS is, SUBSCRIBER_SEED is the key that `tidebook subscribers add` printed.

    python ask.py TENANT_ID BOOKING_ID
"""

import asyncio
import json
import os
import sys
import zlib

import nats


async def ask(tenant_id: str, booking_id: str) -> None:
    connection = await nats.connect(os.environ["NATS_URL"], nkeys_seed_str=os.environ["SUBSCRIBER_SEED"])
    question = {"tenant_id": tenant_id, "booking_id": booking_id}
    subject = f"rpc.booking.get_booking.v1.{tenant_id}"
    reply = await connection.request(
        subject, json.dumps(question).encode(), timeout=5, headers={"Patience-Seconds": "5"}
    )
    body = zlib.decompress(reply.data) if reply.data[:1] == b"\x78" else reply.data  # only long ones
    answer = json.loads(body)
    if "refusal" in answer:
        sys.exit(f"{answer['refusal']['code']}: {answer['refusal']['detail']}")
    print(json.dumps(answer["result"], indent=2))
    await connection.close()


asyncio.run(ask(*sys.argv[1:]))
