"""`/docs`: the OpenAPI document as a page, whose scripts and styles come from a package in the lock alone.

It works without a way to the internet, and its Content-Security-Policy would not let it use one.
"""

import gzip
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from gateway.http.reading import takes_gzip

PAGE = "/docs"
ASSETS = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon.png": "image/png",
}
"""Files of the package `fastapi-offline`, which brings Swagger UI along, to their media types."""
PATHS = frozenset({PAGE, f"{PAGE}/start.js", *(f"{PAGE}/{name}" for name in ASSETS)})
"""All addresses of the page."""
# Swagger UI sets styles on elements, and draws its marks from data addresses.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_START = """
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#page",
  deepLinking: true,
  persistAuthorization: true,
  validatorUrl: null
});
"""
_HTML = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tidebook API</title>
<link rel="icon" href="{PAGE}/favicon.png">
<link rel="stylesheet" href="{PAGE}/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="{PAGE}/swagger-ui-bundle.js"></script>
<script src="{PAGE}/start.js"></script>
</body>
</html>
"""


class PreparedAnswer:
    """An answer that is always the same: compressed once, for whoever takes it so."""

    def __init__(self, body: bytes, media_type: str) -> None:
        self._body = body
        self._compressed = gzip.compress(body, mtime=0)
        self._media_type = media_type

    def to(self, request: Request) -> Response:
        """The answer for that request."""
        short = takes_gzip(request.headers.get("accept-encoding", ""))
        headers = {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if short else {})
        return Response(self._compressed if short else self._body, media_type=self._media_type, headers=headers)


def documentation_routes() -> list[Route]:
    """The page, its script, and the files that it needs."""
    package = files("fastapi_offline") / "static"
    prepared = {name: PreparedAnswer((package / name).read_bytes(), kind) for name, kind in ASSETS.items()}
    prepared["start.js"] = PreparedAnswer(_START.encode(), "text/javascript; charset=utf-8")

    async def page(_: Request) -> Response:
        return HTMLResponse(_HTML, headers={"Content-Security-Policy": POLICY})

    async def asset(request: Request) -> Response:
        return prepared[request.url.path.rpartition("/")[2]].to(request)

    return [
        Route(PAGE, page, include_in_schema=False),
        *(Route(f"{PAGE}/{name}", asset, include_in_schema=False) for name in prepared),
    ]
