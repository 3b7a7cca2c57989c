"""The operator's API of the gateway, as the commands use it."""

from typing import Any

import httpx

from tidebook.environment import CommandFailed, Environment

PATIENCE_SECONDS = 60
"""A bulk replay of 500 takes ten seconds, and its handlers may be slow."""


class OperatorApi:
    """Requests with the operator's key; a problem document becomes one line."""

    def __init__(self, environment: Environment) -> None:
        self._url = environment.need("API_URL").rstrip("/")
        self._headers = {"Authorization": f"Bearer {environment.need('OPERATOR_API_KEY')}"}

    def get(self, path: str, **parameters: Any) -> Any:
        """The answer's JSON. Raises `CommandFailed`."""
        given = {name: value for name, value in parameters.items() if value is not None}
        return self._send("GET", path, params=given)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """The answer's JSON. Raises `CommandFailed`."""
        return self._send("POST", path, json={name: value for name, value in body.items() if value})

    def _send(self, method: str, path: str, **more: Any) -> Any:
        try:
            answer = httpx.request(
                method, f"{self._url}{path}", headers=self._headers, timeout=PATIENCE_SECONDS, **more
            )
            document = answer.json()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CommandFailed(f"{self._url} does not answer: {type(error).__name__}") from error
        except ValueError as error:
            raise CommandFailed(f"{self._url} is not Tidebook's API: HTTP {answer.status_code}") from error
        if answer.is_error:
            raise CommandFailed(f"{document.get('detail', 'refused')} ({document.get('code', answer.status_code)})")
        return document
