"""A small SendGrid: `python sendgrid_server.py PORT`. Keeps what it is sent, answers as it is told.

`POST /v3/mail/send` as the Web API v3 documents it: 401 for a wrong key, 400 for a body that breaks
its rules, else 202. `POST /_answers [503, 202]` sets the next statuses, `GET /_mails` shows what came.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

API_KEY = "SG.test"
RESERVED_HEADERS = {
    "x-sg-id",
    "x-sg-eid",
    "received",
    "dkim-signature",
    "content-transfer-encoding",
    "content-type",
    "to",
    "from",
    "subject",
    "reply-to",
    "cc",
    "bcc",
}
MAILS: list[dict[str, Any]] = []
ANSWERS: list[int] = []


def broken_rule(body: dict[str, Any]) -> str | None:
    """The first documented rule that the body breaks."""
    types = [part["type"] for part in body["content"]]
    if types != sorted(types, key=["text/plain", "text/html"].index):
        return "text/plain comes first"
    if any(";" in attachment.get("type", "") for attachment in body.get("attachments", [])):
        return "the attachment type cannot contain ';'"
    if RESERVED_HEADERS & {name.lower() for name in body.get("headers", {})}:
        return "a reserved header"
    if not (body["subject"] and body["from"]["email"] and body["personalizations"][0]["to"][0]["email"]):
        return "a required member is empty"
    return None


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        self._answer(200, MAILS)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/_answers":
            ANSWERS[:] = body
            self._answer(204)
        elif self.path != "/v3/mail/send":
            self._answer(404)
        elif self.headers["Authorization"] != f"Bearer {API_KEY}":
            self._answer(401)
        elif ANSWERS and ANSWERS[0] != 202:
            self._answer(ANSWERS.pop(0))
        elif rule := broken_rule(body):
            self._answer(400, {"errors": [{"message": rule}]})
        else:
            MAILS.append(body)
            self._answer(202)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class' name
        """Say nothing."""

    def _answer(self, status: int, body: object = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
