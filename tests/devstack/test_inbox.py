"""The inbox takes mail over real SMTP, shows it, keeps it, and fails when told to."""

import shutil
import smtplib
import socket
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from devstack.ports import free_ports
from devstack.servers import Inbox, temporary_directory
from tests.support.eventually import allowed


@pytest.fixture(scope="module")
def running() -> Iterator[Inbox]:
    directory = temporary_directory()
    inbox = Inbox(directory, *free_ports(2))
    inbox.start()
    yield inbox
    inbox.kill()
    shutil.rmtree(directory)


@pytest.fixture
def inbox(running: Inbox, http: httpx.Client) -> Inbox:
    if not running.running:
        running.start()
    http.delete("/messages")
    http.delete("/_faults")
    return running


@pytest.fixture
def http(running: Inbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, trust_env=False, timeout=10) as client:
        yield client


def a_mail(subject: str = "Confirmed: Déménagement") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Sparkle <bookings@tidebook.example>"
    mail["To"] = "ada@example.com"
    mail["Subject"] = subject
    mail["Message-ID"] = "<one@tidebook.example>"
    mail.set_content("Bonjour Ada,\n\n.a line that begins with a dot\nà bientôt\n")
    mail.add_alternative("<p>Bonjour <b>Ada</b></p><script>alert(1)</script>", subtype="html")
    mail.add_attachment("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", subtype="calendar", filename="réservation.ics")
    mail.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream", filename="seal.bin")
    return mail


def send(inbox: Inbox, mail: EmailMessage | None = None, to: tuple[str, ...] = ("ada@example.com",)) -> None:
    with smtplib.SMTP("127.0.0.1", inbox.smtp_port, timeout=10) as smtp:
        smtp.send_message(mail or a_mail(), "bounces@tidebook.example", list(to), mail_options=("BODY=8BITMIME",))


def messages(http: httpx.Client, **query: str) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = http.get("/messages", params=query).raise_for_status().json()
    return answer


def test_a_mail_is_shown_as_it_was_sent(inbox: Inbox, http: httpx.Client) -> None:
    send(inbox, to=("ada@example.com", "hidden@example.com"))
    [mail] = messages(http)
    assert mail["from"] == "Sparkle <bookings@tidebook.example>"
    assert mail["to"] == ["ada@example.com", "hidden@example.com"]
    assert mail["subject"] == "Confirmed: Déménagement"
    assert mail["message_id"] == "<one@tidebook.example>"
    assert mail["text"] == "Bonjour Ada,\n\n.a line that begins with a dot\nà bientôt\n"
    assert mail["html"].startswith("<p>Bonjour <b>Ada</b></p>")
    assert mail["headers"]["Return-Path"] == "<bounces@tidebook.example>"
    calendar, seal = mail["attachments"]
    assert (calendar["filename"], calendar["content_type"]) == ("réservation.ics", "text/calendar")
    assert calendar["text"] == "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    assert seal == {"filename": "seal.bin", "content_type": "application/octet-stream", "size": 2, "text": None}
    assert http.get(f"/messages/{mail['id']}").json() == mail
    assert "Message-ID: <one@tidebook.example>" in http.get(f"/messages/{mail['id']}/raw").text
    assert http.get(f"/messages/{mail['id']}/attachments/1").content == b"\x00\x01"


def test_headers_that_are_folded_at_once_are_unfolded(inbox: Inbox, http: httpx.Client) -> None:
    with smtplib.SMTP("127.0.0.1", inbox.smtp_port, timeout=10) as smtp:
        smtp.sendmail("a@example.com", ["ada@example.com"], b"Subject:\r\n A long\r\n  subject\r\n\r\nHello\r\n")
    [mail] = messages(http)
    assert mail["subject"] == "A long  subject"
    assert mail["text"] == "Hello\n"


def test_newest_first_and_filters(inbox: Inbox, http: httpx.Client) -> None:
    send(inbox, a_mail("Confirmed: one"))
    send(inbox, a_mail("Reminder: one"), to=("Bob@Example.com",))
    assert [mail["subject"] for mail in messages(http)] == ["Reminder: one", "Confirmed: one"]
    assert [mail["subject"] for mail in messages(http, to="bob@example.com")] == ["Reminder: one"]
    assert [mail["subject"] for mail in messages(http, subject="confirmed")] == ["Confirmed: one"]
    assert messages(http, to="bob@example.com", subject="confirmed") == []


def test_mails_survive_a_restart_until_they_are_removed(inbox: Inbox, http: httpx.Client) -> None:
    send(inbox)
    before = messages(http)
    inbox.kill()
    inbox.start()
    assert messages(http) == before
    assert http.delete("/messages").status_code == 204
    inbox.restart()
    assert messages(http) == []


def test_the_pages_are_readable_and_run_no_script_of_a_mail(inbox: Inbox, http: httpx.Client) -> None:
    assert "No mail yet" in http.get("/").text
    send(inbox, a_mail("<b>bold</b>"))
    [mail] = messages(http)
    listed = http.get("/").text
    assert "&lt;b&gt;bold&lt;/b&gt;" in listed
    assert f"/view/{mail['id']}" in listed
    view = http.get(f"/view/{mail['id']}").text
    assert "<script>alert(1)" not in view
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in view
    assert "réservation.ics" in view
    assert "No mail matches" in http.get("/", params={"to": "nobody"}).text


@pytest.mark.parametrize("path", ["/messages/none", "/messages/none/raw", "/view/none"])
def test_an_unknown_mail_is_not_found(inbox: Inbox, http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404


def test_an_unknown_attachment_is_not_found(inbox: Inbox, http: httpx.Client) -> None:
    send(inbox)
    [mail] = messages(http)
    assert http.get(f"/messages/{mail['id']}/attachments/9").status_code == 404


def test_content_of_eight_bits_must_be_declared(inbox: Inbox, http: httpx.Client) -> None:
    with (
        smtplib.SMTP("127.0.0.1", inbox.smtp_port, timeout=10) as smtp,
        pytest.raises(smtplib.SMTPDataError, match="BODY=8BITMIME"),
    ):
        smtp.send_message(a_mail(), "bounces@tidebook.example", ["ada@example.com"])
    assert messages(http) == []


@pytest.mark.parametrize(("fault", "code"), [("reply_450", 450), ("reply_550", 550)])
def test_recipients_are_refused_as_often_as_asked(inbox: Inbox, http: httpx.Client, fault: str, code: int) -> None:
    http.post("/_faults", json={fault: 2})
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            send(inbox)
        assert refused.value.recipients["ada@example.com"][0] == code
    send(inbox)
    assert len(messages(http)) == 1


def test_reply_421_closes_the_connection(inbox: Inbox, http: httpx.Client) -> None:
    http.post("/_faults", json={"reply_421": 1})
    with smtplib.SMTP("127.0.0.1", inbox.smtp_port, timeout=10) as smtp:
        smtp.ehlo()
        assert smtp.mail("a@example.com")[0] == 421
        assert smtp.sock is not None
        assert smtp.sock.recv(10) == b""
    send(inbox)


def test_a_connection_that_breaks_before_the_final_dot_keeps_nothing(inbox: Inbox, http: httpx.Client) -> None:
    http.post("/_faults", json={"close_before_final_dot": 1})
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(inbox)
    assert messages(http) == []
    send(inbox)
    assert len(messages(http)) == 1


def test_a_connection_that_breaks_after_the_final_dot_has_kept_the_mail(inbox: Inbox, http: httpx.Client) -> None:
    http.post("/_faults", json={"close_after_final_dot": 1})
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(inbox)
    assert len(messages(http)) == 1


def test_a_hanging_server_keeps_nothing_of_who_gave_up(inbox: Inbox, http: httpx.Client) -> None:
    assert http.post("/_faults", json={"hang_seconds": 30}).json()["hang"] == 1
    with (
        smtplib.SMTP("127.0.0.1", inbox.smtp_port, timeout=1) as smtp,
        pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"),
    ):
        smtp.sendmail("a@example.com", ["ada@example.com"], a_mail().as_bytes(), mail_options=("BODY=8BITMIME",))
    assert messages(http) == []
    send(inbox)
    assert len(messages(http)) == 1


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"reply_999": 1}', b'{"reply_421": -1}', b'{"reply_421": true}'])
def test_wrong_faults_are_refused(inbox: Inbox, http: httpx.Client, body: bytes) -> None:
    assert http.post("/_faults", content=body).status_code == 400
    assert set(http.get("/_faults").json().values()) == {0}


def test_it_ends_within_two_seconds_even_while_somebody_talks(inbox: Inbox) -> None:
    with socket.create_connection(("127.0.0.1", inbox.smtp_port), timeout=5) as talking:
        assert talking.recv(100).startswith(b"220 ")
        began = time.monotonic()
        inbox.stop()
        assert time.monotonic() - began < allowed(2)
        assert inbox.exit_status != "SIGKILL"


def test_a_taken_port_gives_one_line(inbox: Inbox, tmp_path: Path) -> None:
    second = Inbox(tmp_path, inbox.smtp_port, free_ports(1)[0])
    second.launch()
    deadline = time.monotonic() + 10
    while second.running and time.monotonic() < deadline:
        second.wait_until(lambda: not second.running, 10)
    assert second.exit_status == "exit code 1"
    assert second.said(9).startswith("the inbox can't listen: ")
    assert len(second.said(9).splitlines()) == 1
