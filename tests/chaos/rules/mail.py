"""Rules about mail: each change told, each mail once but for a crash at the hand-over, never to a stranger."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tests.chaos.evidence import Evidence, Mail
from tests.chaos.rules.rule import rule

KINDS = {
    "booking.held.v1": "held",
    "booking.confirmed.v1": "confirmed",
    "booking.rescheduled.v1": "rescheduled",
    "booking.cancelled.v1": "cancelled",
}
"""Events of which customers are told, and the kind of the message."""


@rule
def messages_are_settled(evidence: Evidence) -> Iterator[str]:
    """In the end every message but a reminder of days to come is sent, or overtaken by events."""
    for row in evidence.messages:
        if row["kind"] != "reminder" and row["status"] not in ("sent", "skipped"):
            yield f"message {row['id']} ({row['kind']}) is {row['status']}: {row['last_error']}"


@rule
def every_change_has_its_message(evidence: Evidence) -> Iterator[str]:
    """Every change that customers are told of has one message."""
    written = Counter((row["booking_id"], row["kind"], row["version"]) for row in evidence.messages)
    for booking, events in evidence.booking_events.items():
        for event in events:
            kind = KINDS.get(event["type"])
            if kind and written[booking, kind, event["version"]] != 1:
                yield f"{event['type']} of booking {booking} has {written[booking, kind, event['version']]} messages"


@rule
def final_state_is_mailed(evidence: Evidence) -> Iterator[str]:
    """The customer of a booking that is confirmed or cancelled was told so: of the state as it is now."""
    sent = {(row["booking_id"], row["kind"], row["version"]) for row in evidence.messages if row["status"] == "sent"}
    for row in evidence.bookings:
        kinds = {"confirmed": ("confirmed", "rescheduled"), "cancelled": ("cancelled",)}.get(row["status"], ())
        if kinds and not any((row["id"], kind, row["version"]) in sent for kind in kinds):
            yield f"nobody was told that booking {row['id']} is {row['status']} (version {row['version']})"


@rule
def sent_mail_arrives(evidence: Evidence) -> Iterator[str]:
    """What is written down as sent is in the mailbox, at least once, and no oftener than it was tried."""
    copies = _copies(evidence)
    for row in evidence.messages:
        arrived = len(copies[row["message_id_header"]])
        if row["status"] == "sent" and not arrived:
            yield f"message {row['id']} ({row['kind']}) was sent and never arrived"
        if arrived > max(1, row["attempts"]):
            yield f"message {row['id']} ({row['kind']}) arrived {arrived} times in {row['attempts']} attempts"


@rule
def copies_are_bounded(evidence: Evidence) -> Iterator[str]:
    """No more mails came twice than hand-overs were interrupted."""
    surplus = sum(len(mails) - 1 for mails in _copies(evidence).values())
    if surplus > evidence.copies_allowed:
        yield f"{surplus} mails were sent again; interruptions account for {evidence.copies_allowed}"


@rule
def every_mail_has_a_cause(evidence: Evidence) -> Iterator[str]:
    """No mail arrived that is not a message of ours, to anybody but its recipient."""
    rows = {row["message_id_header"]: row for row in evidence.messages}
    for mail in evidence.mails:
        row = rows.get(mail.message_id)
        if row is None:
            yield f"the mail {mail.message_id} ({mail.subject}) is no message of ours"
        elif mail.recipients != (row["recipient"],):
            yield f"the mail {mail.message_id} went to {mail.recipients} instead of {row['recipient']}"


@rule
def notifier_knows_the_bookings(evidence: Evidence) -> Iterator[str]:
    """notifier-service's picture of each booking is the newest."""
    known = {row["booking_id"]: row for row in evidence.known_bookings}
    for row in evidence.bookings:
        seen = known.get(row["id"])
        if seen is None:
            yield f"notifier-service has never heard of booking {row['id']}"
        elif (seen["version"], seen["status"]) != (row["version"], row["status"]):
            yield f"notifier-service has booking {row['id']} at {seen['version']} {seen['status']}"


def _copies(evidence: Evidence) -> dict[str, list[Mail]]:
    found: dict[str, list[Mail]] = defaultdict(list)
    for mail in evidence.mails:
        found[mail.message_id].append(mail)
    return found
