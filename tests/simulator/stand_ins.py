"""A client that speaks to LINE, and a bot server that hears webhooks."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import urllib3

from simulator import Server
from simulator.wire import Listener
from tests.simulator import openapi

Json = dict[str, Any]
TEXT = {"type": "text", "text": "您好"}


class Line:
    """Calls LINE's endpoints on a simulator; every answer is held against LINE's documents."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.token = server.world.settings.channel_access_token
        self._http = urllib3.PoolManager(retries=False)

    def call(
        self, method: str, path: str, body: Any = None, *, headers: Json | None = None, timeout: float = 5.0
    ) -> urllib3.BaseHTTPResponse:
        """One request with the channel access token."""
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"} | (headers or {})
        answer = self._http.request(method, self.server.url + path, body=sent, headers=given, timeout=timeout)
        told = answer.headers.get("Content-Type", "").startswith("application/json")
        if path.startswith(("/v2/bot", "/bot")) and told and answer.headers.get("x-line-request-id"):
            openapi.check_response(method, path, answer.status, answer.json())
        return answer

    def post(self, path: str, body: Any, **headers: str) -> urllib3.BaseHTTPResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", f"/v2/bot/{path}", body, headers=named)

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        return self.call("GET", f"/v2/bot/{path}")

    def push(self, to: str, *messages: Json, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.post("message/push", {"to": to, "messages": list(messages) or [TEXT]}, **headers)

    def multicast(self, to: list[str], *messages: Json, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.post("message/multicast", {"to": to, "messages": list(messages) or [TEXT]}, **headers)

    def control(self, method: str, path: str, body: Json | None = None) -> Any:
        """The control API; an answer that is no success is an error of the test."""
        answer = self._http.request(
            method, f"{self.server.url}/simulator/{path}", body=None if body is None else json.dumps(body)
        )
        assert answer.status < 300, (answer.status, answer.data)
        return answer.json()

    def person(self, **wishes: Any) -> str:
        line_user_id: str = self.control("POST", "people", {"following": True, **wishes})["line_user_id"]
        return line_user_id

    def people(self, count: int, *, following: bool = True) -> list[str]:
        made: list[str] = self.control("POST", "people/bulk", {"count": count, "following": following})["line_user_ids"]
        return made

    def act(self, line_user_id: str, act: str, **wishes: Any) -> Json:
        """Let a person do something; comes back when the bot server took the event."""
        event: Json = self.control("POST", f"people/{line_user_id}/{act}?wait=5", wishes)["event"]
        return event

    def shown(self, line_user_id: str) -> list[Json]:
        """The messages of the account that a person's chat shows."""
        told = self.control("GET", f"people/{line_user_id}/messages")["messages"]
        return [line["message"] for line in told if line["from"] == "account"]

    def used(self) -> int:
        used: int = self.get("message/quota/consumption").json()["totalUsage"]
        return used


@dataclass
class BotServer:
    """A webhook address that keeps what it heard and answers what it is told to."""

    secret: str
    statuses: list[int] = field(default_factory=list)  # for the next bodies; afterwards 200
    bodies: list[Json] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    badly_signed: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._listener = Listener(("127.0.0.1", 0), self.answer)
        self.url = f"http://127.0.0.1:{self._listener.server_address[1]}/callback"
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, environ: Json, start: Callable[..., Any]) -> Iterable[bytes]:
        raw = environ["wsgi.input"].read()
        expected = base64.b64encode(hmac.new(self.secret.encode(), raw, hashlib.sha256).digest()).decode()
        with self._lock:
            self.badly_signed += environ.get("HTTP_X_LINE_SIGNATURE") != expected
            self.raw.append(raw)
            self.bodies.append(json.loads(raw))
            status = self.statuses.pop(0) if self.statuses else 200
        start(f"{status} X", [("Content-Type", "text/plain")])
        return [b"OK"]

    def events(self) -> list[Json]:
        return [event for body in list(self.bodies) for event in body["events"]]

    def heard(self, count: int, *, timeout: float = 5.0) -> list[Json]:
        """The events, once there are `count` of them."""
        deadline = time.monotonic() + timeout
        while len(self.events()) < count and time.monotonic() < deadline:
            time.sleep(0.005)
        assert len(self.events()) >= count, f"only {len(self.events())} of {count} events came"
        return self.events()

    def close(self) -> None:
        self._listener.shutdown()
        self._listener.server_close()
        self._listener.hang_up()
