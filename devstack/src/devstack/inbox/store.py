"""Kept mails: one `.eml` file each, so that a restart keeps them, and an index in memory.

The envelope stands in front of the message as `Return-Path` and `Delivered-To`, as mail servers
write it; the time of receipt is in the id.
"""

import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

_DELIVERED_TO = b"Delivered-To:"
_PARSER = BytesParser(policy=email.policy.default)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part of a mail that is not its text: a calendar entry, say."""

    filename: str
    content_type: str
    content: bytes
    charset: str

    @property
    def text(self) -> str | None:
        """What it says, for text types."""
        readable = self.content_type.startswith("text/") or self.content_type == "application/json"
        return self.content.decode(self.charset, errors="replace") if readable else None

    def as_json(self) -> dict[str, Any]:
        """`{filename, content_type, size, text}`; size in bytes, text null for binary ones."""
        kind = {"filename": self.filename, "content_type": self.content_type}
        return {**kind, "size": len(self.content), "text": self.text}


@dataclass(frozen=True)
class Mail:
    """A mail as it was received."""

    id: str
    raw: bytes

    @cached_property
    def received_at(self) -> datetime:
        """When it was received, UTC."""
        return datetime.fromtimestamp(int(self.id.partition("-")[0], 16) / 1_000_000, UTC)

    @cached_property
    def message(self) -> EmailMessage:
        """The parsed message."""
        parsed = _PARSER.parsebytes(self.raw)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @cached_property
    def sender(self) -> str:
        """Who it says it is from; the envelope's sender if it says nothing."""
        return _unfolded(self.message["From"] or self.message["Return-Path"])

    @cached_property
    def recipients(self) -> list[str]:
        """The envelope's recipients: whom it was delivered to, whatever its headers say.

        Read without parsing the message: to find one customer's mail among thousands must not cost seconds.
        """
        head, _, _ = self.raw.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.startswith(_DELIVERED_TO):
                listed = line.removeprefix(_DELIVERED_TO).decode(errors="replace")
                return [part.strip() for part in listed.split(",") if part.strip()]
        return []

    @cached_property
    def subject(self) -> str:
        """Its subject, decoded; one that was folded at once begins with the fold's blank (RFC 5322 §2.2.3)."""
        return str(self.message["Subject"] or "").strip()

    @cached_property
    def text(self) -> str | None:
        """Its plain text body."""
        return _content(self.message.get_body(("plain",)))

    @cached_property
    def html(self) -> str | None:
        """Its HTML body."""
        return _content(self.message.get_body(("html",)))

    @cached_property
    def attachments(self) -> list[Attachment]:
        """All parts but the bodies, calendar alternatives included."""
        bodies = [self.message.get_body(("plain",)), self.message.get_body(("html",))]
        parts = [part for part in self.message.walk() if not part.is_multipart() and part not in bodies]
        return [
            Attachment(
                part.get_filename() or f"part-{number}",
                part.get_content_type(),
                _bytes(part),
                part.get_content_charset("utf-8"),
            )
            for number, part in enumerate(parts, start=1)
        ]

    def matches(self, to: str, subject: str) -> bool:
        """Whether a recipient contains `to` and the subject contains `subject`, whatever the case."""
        addressed = not to or any(to.lower() in recipient.lower() for recipient in self.recipients)
        return addressed and subject.lower() in self.subject.lower()

    def as_json(self) -> dict[str, Any]:
        """The mail as `GET /messages` shows it."""
        return {
            "id": self.id,
            "received_at": self.received_at.isoformat().replace("+00:00", "Z"),
            "from": self.sender,
            "to": self.recipients,
            "subject": self.subject,
            "message_id": _unfolded(self.message["Message-ID"]) or None,
            "text": self.text,
            "html": self.html,
            "headers": {name: _unfolded(value) for name, value in self.message.items()},
            "attachments": [attachment.as_json() for attachment in self.attachments],
        }


class Mailbox:
    """Every mail received, in `directory` if there is one, else only in memory."""

    def __init__(self, directory: Path | None) -> None:
        """Take over what an earlier run kept."""
        self._directory = directory
        self._mails: dict[str, Mail] = {}
        self._numbers = count()
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            for path in sorted(directory.glob("*.eml")):
                self._mails[path.stem] = Mail(path.stem, path.read_bytes())

    def __len__(self) -> int:
        return len(self._mails)

    def keep(self, sender: str, recipients: list[str], content: bytes) -> Mail:
        """Keep a mail just received."""
        microseconds = int(datetime.now(UTC).timestamp() * 1_000_000)
        envelope = f"Return-Path: <{sender}>\r\n".encode() + _DELIVERED_TO + f" {', '.join(recipients)}\r\n".encode()
        mail = Mail(f"{microseconds:015x}-{next(self._numbers):06x}", envelope + content)
        if self._directory is not None:
            new = self._directory / f"{mail.id}.new"
            new.write_bytes(mail.raw)
            new.rename(new.with_suffix(".eml"))
        self._mails[mail.id] = mail
        return mail

    def get(self, mail_id: str) -> Mail | None:
        """The mail with this id."""
        return self._mails.get(mail_id)

    def newest_first(self, to: str = "", subject: str = "") -> Iterator[Mail]:
        """Those that match, see `Mail.matches`."""
        return (mail for mail in reversed(self._mails.values()) if mail.matches(to, subject))

    def clear(self) -> None:
        """Forget and remove every mail."""
        self._mails.clear()
        if self._directory is not None:
            for path in self._directory.glob("*.eml"):
                path.unlink()


def _unfolded(header: object) -> str:
    """A header's value; the space of a fold right after the colon is no part of it."""
    return str(header or "").strip()


def _content(part: MIMEPart | None) -> str | None:
    """A text part decoded, with plain line ends; undecodable bytes are replaced, a mail sink shows what it got."""
    if part is None:
        return None
    charset = part.get_content_charset("utf-8")
    try:
        text = _bytes(part).decode(charset, errors="replace")
    except LookupError:
        text = _bytes(part).decode("latin-1")
    return text.replace("\r\n", "\n")


def _bytes(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
