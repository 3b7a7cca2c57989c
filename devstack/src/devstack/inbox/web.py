"""The HTTP side: mails as JSON, as a page for people, and faults on demand."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from devstack.inbox.smtp import FAULTS, Faults
from devstack.inbox.store import Mail, Mailbox

_PAGE_SIZE = 200


class Pages:
    """Every route of the inbox."""

    def __init__(self, mailbox: Mailbox, faults: Faults) -> None:
        """Both are shared with the SMTP side."""
        self.mailbox = mailbox
        self.faults = faults
        self._templates = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
        self._templates.filters["ago"] = _ago

    def application(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/healthz", self.health),
                Route("/messages", self.messages, methods=["GET"]),
                Route("/messages", self.clear, methods=["DELETE"]),
                Route("/messages/{id}", self.message),
                Route("/messages/{id}/raw", self.raw),
                Route("/messages/{id}/attachments/{number:int}", self.attachment),
                Route("/_faults", self.show_faults, methods=["GET"]),
                Route("/_faults", self.set_faults, methods=["POST"]),
                Route("/_faults", self.clear_faults, methods=["DELETE"]),
                Route("/", self.list_page),
                Route("/view/{id}", self.view_page),
            ]
        )

    async def health(self, _: Request) -> Response:
        """`GET /healthz`."""
        return JSONResponse({"status": "ok", "messages": len(self.mailbox)})

    async def messages(self, request: Request) -> Response:
        """`GET /messages?to=&subject=`: matching mails, newest first."""
        return JSONResponse([mail.as_json() for mail in self._matching(request)])

    async def clear(self, _: Request) -> Response:
        """`DELETE /messages`."""
        self.mailbox.clear()
        return Response(status_code=204)

    async def message(self, request: Request) -> Response:
        """`GET /messages/{id}`."""
        return JSONResponse(self._mail(request).as_json())

    async def raw(self, request: Request) -> Response:
        """`GET /messages/{id}/raw`: as it came in, behind its envelope."""
        return Response(self._mail(request).raw, media_type="text/plain; charset=utf-8")

    async def attachment(self, request: Request) -> Response:
        """`GET /messages/{id}/attachments/{number}`, counted from 0."""
        attachments = self._mail(request).attachments
        number = request.path_params["number"]
        if number >= len(attachments):
            raise HTTPException(404, "no such attachment")
        found = attachments[number]
        disposition = f"attachment; filename*=UTF-8''{quote(found.filename)}"
        return Response(found.content, media_type=found.content_type, headers={"Content-Disposition": disposition})

    async def show_faults(self, _: Request) -> Response:
        """`GET /_faults`: how often each is due yet."""
        return JSONResponse({**self.faults.left, "hang_seconds": self.faults.hang_seconds})

    async def set_faults(self, request: Request) -> Response:
        """`POST /_faults {"reply_450": 2}`: see `Faults`; `hang_seconds` alone means the next one."""
        wanted = await _json_object(request)
        counts = {name: value for name, value in wanted.items() if name != "hang_seconds"}
        unknown = sorted(set(counts) - set(FAULTS))
        if unknown:
            raise HTTPException(400, f"unknown: {', '.join(unknown)}; known: {', '.join(FAULTS)}, hang_seconds")
        if not all(type(value) is int and value >= 0 for value in counts.values()):
            raise HTTPException(400, "counts are whole numbers from 0")
        if "hang_seconds" in wanted:
            if not isinstance(wanted["hang_seconds"], (int, float)) or wanted["hang_seconds"] < 0:
                raise HTTPException(400, "hang_seconds is a number from 0")
            self.faults.hang_seconds = wanted["hang_seconds"]
            counts.setdefault("hang", 1)
        self.faults.left.update(counts)
        return await self.show_faults(request)

    async def clear_faults(self, request: Request) -> Response:
        """`DELETE /_faults`."""
        self.faults.clear()
        return await self.show_faults(request)

    async def list_page(self, request: Request) -> Response:
        """`GET /`: the newest mails, for people."""
        mails = list(self._matching(request))
        filters = {"to": request.query_params.get("to", ""), "subject": request.query_params.get("subject", "")}
        return self._page(
            "list.html", mails=mails[:_PAGE_SIZE], matching=len(mails), kept=len(self.mailbox), filters=filters
        )

    async def view_page(self, request: Request) -> Response:
        """`GET /view/{id}`: one mail, for people."""
        return self._page("view.html", mail=self._mail(request))

    def _matching(self, request: Request) -> list[Mail]:
        query = request.query_params
        return list(self.mailbox.newest_first(query.get("to", ""), query.get("subject", "")))

    def _mail(self, request: Request) -> Mail:
        mail = self.mailbox.get(request.path_params["id"])
        if mail is None:
            raise HTTPException(404, "no such mail")
        return mail

    def _page(self, template: str, **values: Any) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(**values))


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        value = await request.json()
    except ValueError as error:
        raise HTTPException(400, "the body must be JSON") from error
    if not isinstance(value, dict):
        raise HTTPException(400, "the body must be a JSON object")
    return value


def _ago(moment: datetime) -> str:
    """How long ago, as people say it."""
    seconds = int((datetime.now(UTC) - moment).total_seconds())
    if seconds < 5:
        return "just now"
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
