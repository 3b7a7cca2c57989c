"""Mail: how many a second notifier-service writes and hands over, beside aiosmtplib handing over the same mails."""

import asyncio

import aiosmtplib
from pydantic import SecretStr

from bench.events import confirmations
from bench.infrastructure import Kernel, kernel_of, settle
from bench.machine import Effort
from bench.report import Chart, Result, Row, median
from bench.scale import Scale
from notifier.channels.email.mime import Mail, to_mime
from notifier.channels.email.smtp import SMTP_CONNECTIONS, SmtpMailer
from notifier.messages.bookings import remember
from notifier.messages.catalog import messages_owed
from notifier.messages.delivery import Sender
from notifier.messages.queue import MESSAGES, enqueue
from notifier.settings import NotifierSettings
from shared.clock import utc_now
from shared.identifiers import new_id
from shared.persistence.outbox import OutboxRow
from shared.persistence.transaction import EVERY_TENANT
from shared.runtime.context import Context

MAILS = 1000
IN_A_TRANSACTION = 100
FROM = "bookings@tidebook.example"
ABOUT = f"""Confirmations wait in notifier's table; the production sender claims them, checks each against the booking,
writes the mail (text, HTML, calendar file), hands it to an SMTP server on the same machine and commits each one's end
with its event, {SMTP_CONNECTIONS} under way at once. The reference sends the same mails, written beforehand, with
aiosmtplib over as many connections that stay open, and remembers nothing. The SMTP server is the devstack's sink in
Python (it keeps every mail as a file) and is often what limits both: hence CPU time beside the rate."""


async def measure(scale: Scale) -> Result:
    """Ours and the reference in turn, each time with new mails."""
    count = scale.of(MAILS)
    efforts: dict[str, list[Effort]] = {"notifier-service": [], "raw aiosmtplib": []}
    async with kernel_of("notifier") as kernel:
        sink = {"SMTP sink": kernel.stack.servers.inbox.pid}
        for round_number in range(scale.rounds + 1):
            await kernel.administer("TRUNCATE messages, bookings, outbox")
            await settle(kernel.stack)
            await _queue(kernel, count)
            ours, raw = Effort(kernel.servers | sink), Effort(kernel.servers | sink)
            mails = await _send(kernel, count, ours)
            await _send_raw(kernel, mails, raw)
            if round_number:  # the first round warms up
                efforts["notifier-service"].append(ours)
                efforts["raw aiosmtplib"].append(raw)
    return result(efforts, count, scale)


def _context(kernel: Kernel) -> Context:
    return Context(kernel.database, _leave)


def _leave(_: list[OutboxRow]) -> None:
    """Committed rows stay in the outbox."""


async def _queue(kernel: Kernel, count: int) -> None:
    """As the handler of booking events does; no reminders."""
    events = confirmations(count, new_id())
    for start in range(0, count, IN_A_TRANSACTION):
        some = events[start : start + IN_A_TRANSACTION]
        async with _context(kernel).transaction(EVERY_TENANT) as tx:
            await remember(tx.session, some)
            messages = [m for event in some for m in messages_owed(event, event.booking, ())]
            await enqueue(tx.session, messages, "tidebook.example", utc_now())


class _RecordingMailer(SmtpMailer):
    """Keeps what it has handed over."""

    def __init__(self, settings: NotifierSettings) -> None:
        super().__init__(settings)
        self.mails: list[Mail] = []

    async def send(self, mail: Mail) -> None:
        await super().send(mail)
        self.mails.append(mail)


async def _send(kernel: Kernel, count: int, effort: Effort) -> list[tuple[str, bytes]]:
    """With the production sender; returns what was sent, as recipient and bytes."""
    settings = _settings(kernel)
    mailer = _RecordingMailer(settings)
    sender = Sender(MESSAGES, settings, mailer, kernel.broker, lambda: _context(kernel), lambda: False)
    effort.begin()
    stats = await sender.send_all_due()
    effort.end()
    if stats.sent != count:
        raise SystemExit(f"not every mail was sent: {stats}")
    return [(mail.recipient, to_mime(mail, FROM).as_bytes()) for mail in mailer.mails]


def _settings(kernel: Kernel) -> NotifierSettings:
    """Whatever the environment says, but for the relay."""
    inbox = kernel.stack.servers.inbox
    return NotifierSettings(
        nats_url=kernel.stack.servers.nats.url,
        port=inbox.port,
        notifier_database_url=SecretStr(kernel.stack.database_url("notifier")),
        notifier_system_database_url=SecretStr(kernel.stack.system_database_url("notifier")),
        mail_from=FROM,
        smtp_host=inbox.smtp_host,
        smtp_port=inbox.smtp_port,
        smtp_starttls=False,
    )


async def _send_raw(kernel: Kernel, mails: list[tuple[str, bytes]], effort: Effort) -> None:
    """Over as many connections, each sending one mail after the other."""
    inbox = kernel.stack.servers.inbox
    left = iter(mails)

    async def work() -> None:
        async with aiosmtplib.SMTP(hostname=inbox.smtp_host, port=inbox.smtp_port, start_tls=False) as relay:
            for recipient, content in left:
                await relay.sendmail(FROM, [recipient], content)

    effort.begin()
    await asyncio.gather(*(work() for _ in range(SMTP_CONNECTIONS)))
    effort.end()


def result(efforts: dict[str, list[Effort]], count: int, scale: Scale) -> Result:
    """Table and chart."""
    speed = {name: median([count / effort.seconds for effort in runs]) for name, runs in efforts.items()}
    _, raw = speed.values()
    rows = []
    for name, runs in efforts.items():
        cells: dict[str, float | None] = {
            "mails/s": speed[name],
            "of raw": speed[name] / raw,
            "mails/s a core": median([count / effort.own_cpu for effort in runs]),
        }
        for server in runs[0].cpu:
            cells[f"{server}, CPU µs a mail"] = median([effort.cpu[server] / count * 1e6 for effort in runs])
        rows.append(Row(what=name, cells=cells, reference=name.startswith("raw")))
    return Result(
        name="notifier",
        title="Mail",
        about=ABOUT,
        rows=rows,
        chart=Chart(kind="bars", y="mails a second", series={what: [(0, value)] for what, value in speed.items()}),
        rounds=scale.rounds,
    )
