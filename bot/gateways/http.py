"""Small HTTP calls to other people's servers: JSON out, our two failures out."""

import threading
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.auth import AuthBase

from bot.errors import GatewayError, GatewayRefusedError

CONNECT_SECONDS, READ_SECONDS = 3, 10
TRY_AGAIN = frozenset({408, 425, 429})
LONGEST_REASON = 200
SHORTEST_SECRET = 8  # what is sent and shorter than this is a word of the protocol


class _Bearer(AuthBase):
    """Sends the token it was given, or none; without it `requests` would look into the machine's .netrc."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class HttpClient:
    """Calls one server. One per process, made after the fork; safe for threads, each has its own connections.

    `party` is the server's name in the sentences staff read, `patience` the seconds it may be silent. No cookie is
    kept, no redirect followed.
    """

    def __init__(self, base_url: str, *, party: str, patience: float = READ_SECONDS) -> None:
        self._base_url = base_url
        self._party = party
        self._timeout = (CONNECT_SECONDS, patience)
        self._of_thread = threading.local()

    def get_json(self, path: str, *, token: str | None = None) -> dict[str, Any]:
        """Return the JSON object behind `path`.

        Raises GatewayRefusedError if the server said no, GatewayError if it did not answer in a way we understand.
        """
        return self._call("GET", path, token=token)

    def post_form(self, path: str, fields: Mapping[str, str], *, token: str | None = None) -> dict[str, Any]:
        """Send a form, return the JSON object of the answer. Raises as `get_json` does; no text holds a field."""
        return self._call("POST", path, token=token, form=fields)

    def post_json(self, path: str, body: Mapping[str, Any], *, token: str | None = None) -> dict[str, Any]:
        """Send a JSON object and return that of the answer. Raises as `get_json` does."""
        return self._call("POST", path, token=token, body=body)

    def _call(
        self,
        method: str,
        path: str,
        *,
        token: str | None,
        form: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            answer = self._session().request(
                method,
                self._base_url + path,
                data=form,
                json=body,
                auth=_Bearer(token),
                timeout=self._timeout,
                allow_redirects=False,
            )
        except (requests.RequestException, OSError) as error:
            # the exception holds the request and with it what is secret, so it goes no further
            kind = type(error).__name__
            raise GatewayError("%(party)s 沒有回應（%(kind)s）", party=self._party, kind=kind) from None
        return self._read(answer, secrets=[token or "", *(form or {}).values()])

    def _read(self, answer: requests.Response, *, secrets: list[str]) -> dict[str, Any]:
        status, content = answer.status_code, _json_object(answer)
        if 200 <= status < 300:
            if content is None:
                raise GatewayError("%(party)s 的回應無法解讀（%(status)s）", party=self._party, status=status)
            return content
        reason = _reason(content or {}, secrets)
        if status >= 500 or status in TRY_AGAIN:
            text = "%(party)s 暫時無法處理（%(status)s）%(reason)s"
            raise GatewayError(text, party=self._party, status=status, reason=reason)
        text = "%(party)s 拒絕了這個要求（%(code)s）%(reason)s"
        raise GatewayRefusedError(text, status=status, party=self._party, code=status, reason=reason)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = self._of_thread.session = requests.Session()
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return session


def _json_object(answer: requests.Response) -> dict[str, Any] | None:
    try:
        content = answer.json()
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _reason(content: Mapping[str, Any], secrets: list[str]) -> str:
    """What the server says of its refusal, short and without anything we sent."""
    said = [content.get(name) for name in ("error", "error_description", "message")]
    text = " ".join(part for part in said if isinstance(part, str))
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "…")
    return f"：{text[:LONGEST_REASON]}" if text else ""
