"""The pages that the `type` of problem documents points to."""

from html import escape

from starlette.responses import HTMLResponse

from gateway.http.problem_types import PROBLEM_TYPES, ProblemType
from gateway.http.problems import Problem
from gateway.http.routes import api_router

routes = api_router("Problems")

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color:#1d2733}"
    "code{background:#eef1f4;padding:.1em .3em;border-radius:.2em}dt{font-weight:600;margin-top:1em}dd{margin:0}"
    "a{color:#0b5cad}"
)
_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"}


def _page(title: str, body: str) -> HTMLResponse:
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head>{head}<style>{_STYLE}</style></head><body>{body}</body></html>',
        headers=_POLICY,
    )


def _line(kind: ProblemType) -> str:
    return f'<dt><a href="{kind.uri}"><code>{kind.code}</code></a> {kind.status}</dt><dd>{escape(kind.meaning)}</dd>'


_LIST = "".join(_line(kind) for kind in PROBLEM_TYPES.values())


@routes.get("/problems", include_in_schema=False)
async def list_problems() -> HTMLResponse:
    """Every code that the API may answer with."""
    return _page("Problems", f"<h1>Problems</h1><dl>{_LIST}</dl>")


@routes.get("/problems/{code}", include_in_schema=False)
async def show_problem(code: str) -> HTMLResponse:
    """What a code means, and what a caller can do."""
    kind = PROBLEM_TYPES.get(code)
    if kind is None:
        raise Problem(404, "There is no problem of that code.")
    facts = (
        f"<dl><dt>Code</dt><dd><code>{kind.code}</code></dd><dt>Status</dt><dd>{kind.status}</dd>"
        f"<dt>What it means</dt><dd>{escape(kind.meaning)}</dd><dt>What to do</dt><dd>{escape(kind.cure)}</dd></dl>"
    )
    return _page(kind.title, f'<h1>{escape(kind.title)}</h1>{facts}<p><a href="/problems">All problems</a></p>')
