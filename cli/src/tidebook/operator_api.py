"""The operator's API of the gateway, as the commands use it."""

from collections.abc import Iterator
from typing import Any

import httpx

from tidebook.environment import CommandFailed, Environment

PATIENCE_SECONDS = 60
"""A bulk replay of 500 takes ten seconds, and its handlers may be slow."""
_AT_A_TIME = 100


class OperatorApi:
    """Requests with the operator's key; a problem document becomes one line."""

    def __init__(self, environment: Environment) -> None:
        self._url = environment.need("API_URL").rstrip("/")
        self._headers = {"Authorization": f"Bearer {environment.need('OPERATOR_API_KEY')}"}

    def get(self, path: str, **parameters: Any) -> Any:
        """The answer's JSON. Raises `CommandFailed`."""
        given = {name: str(value) for name, value in parameters.items() if value is not None}
        return self._send("GET", path, params=given)

    def pages(self, path: str, member: str, limit: int, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Pages of a list until `limit` of what its `member` holds are shown. Raises `CommandFailed`."""
        shown, cursor = 0, None
        while shown < limit:
            page = self.get(path, **parameters, cursor=cursor, limit=min(limit - shown, _AT_A_TIME))
            yield page
            shown, cursor = shown + len(page[member]), page["next_cursor"]
            if cursor is None:
                return

    def each(self, path: str, member: str, limit: int, **parameters: Any) -> Iterator[dict[str, Any]]:
        """What a list holds, at most `limit`. Raises `CommandFailed`."""
        for page in self.pages(path, member, limit, **parameters):
            yield from page[member]

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer's JSON. Raises `CommandFailed`."""
        given = {name: value for name, value in body.items() if value not in (None, "", [])}
        return self._send("POST", path, json=given)

    def delete(self, path: str) -> None:
        """End what the path names. Raises `CommandFailed`."""
        self._send("DELETE", path)

    def _send(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = httpx.request(
                method, f"{self._url}{path}", headers=self._headers, timeout=PATIENCE_SECONDS, **more
            )
            document = answer.json() if answer.content else None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CommandFailed(f"{self._url} does not answer: {type(error).__name__}") from error
        except ValueError as error:
            raise CommandFailed(f"{self._url} is not Tidebook's API: HTTP {answer.status_code}") from error
        if answer.is_error:
            told = document if isinstance(document, dict) else {}
            raise CommandFailed(f"{told.get('detail', 'refused')} ({told.get('code', answer.status_code)})")
        return document
