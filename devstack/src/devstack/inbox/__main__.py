"""`python -m devstack.inbox --smtp-port 8014 --http-port 8015 [--dir DIR]`."""

import argparse
import asyncio
import sys
from pathlib import Path

import uvicorn

from devstack.inbox.smtp import Faults, Receiver, SmtpSession
from devstack.inbox.store import Mailbox
from devstack.inbox.web import Pages
from devstack.ports import LOOPBACK


async def serve(smtp_port: int, http_port: int, directory: Path | None) -> None:
    """Take mail and show it until SIGTERM or SIGINT. Raises OSError for a taken port."""
    mailbox = Mailbox(directory)
    faults = Faults()
    receiver = Receiver(mailbox, faults)
    smtp = await asyncio.get_running_loop().create_server(lambda: SmtpSession(receiver), LOOPBACK, smtp_port)
    config = uvicorn.Config(
        Pages(mailbox, faults).application(),
        host=LOOPBACK,
        port=http_port,
        log_level="warning",
        timeout_graceful_shutdown=1,
    )
    try:
        await uvicorn.Server(config).serve()
    finally:
        # Not waited for: sessions that still talk are cut off, as by any server that goes down.
        smtp.close()


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="devstack.inbox", description=__doc__)
    parser.add_argument("--smtp-port", type=int, default=8014)
    parser.add_argument("--http-port", type=int, default=8015)
    parser.add_argument("--dir", type=Path, default=None, help="where mails are kept; in memory if not given")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.smtp_port, options.http_port, options.dir))
    except OSError as error:
        sys.exit(f"the inbox can't listen: {error.strerror or error}")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
