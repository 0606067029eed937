"""Every request the platform received and every webhook it sent, to be read back as JSON."""

import itertools
import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from simulator.recipients import NOBODY, Recipients

OVERTAKEN = 1000  # requests that are answered later than ones that came after them
LOOKED_BACK = 1000


@dataclass(slots=True)
class Received:
    """One request to LINE and what came of it."""

    number: int
    endpoint: str  # method and path as LINE documents it, with {placeholders}
    path: str
    query: str
    at_ms: int
    request_id: str
    headers: dict[str, str]
    body: bytes
    status: int = 0  # 0: never answered
    answer: bytes = b""
    fault: str = ""  # the fault on demand that met it
    reached: Recipients = NOBODY  # whose chat shows it
    counted: int = 0  # messages of the monthly quota it used
    notes: dict[str, Any] = field(default_factory=dict)

    def as_json(self, line_user_ids: list[str]) -> dict[str, Any]:
        reached = [line_user_ids[index] for index in itertools.islice(iter(self.reached), 500)]
        return {
            "number": self.number,
            "endpoint": self.endpoint,
            "path": self.path,
            "query": self.query,
            "at_ms": self.at_ms,
            "status": self.status,
            "request_id": self.request_id,
            "retry_key": self.headers.get("X-Line-Retry-Key"),
            "headers": self.headers,
            "body": readable(self.body),
            "answer": readable(self.answer),
            "fault": self.fault or None,
            "reached": reached,
            "reached_count": len(self.reached),
            "counted": self.counted,
            **self.notes,
        }


@dataclass(slots=True)
class SentWebhook:
    """One POST to the webhook address and how the bot server took it."""

    number: int
    at_ms: int
    event_ids: list[str]
    types: list[str]
    redelivery: bool
    status: int
    reason: str
    milliseconds: float

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


class Ledger:
    """The newest `size` requests and webhooks, in the order of arrival."""

    def __init__(self, size: int) -> None:
        self._received: deque[Received] = deque(maxlen=size)
        self._webhooks: deque[SentWebhook] = deque(maxlen=size)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def next_number(self) -> int:
        return next(self._numbers)

    def note(self, received: Received) -> None:
        with self._lock:
            self._received.append(received)

    def note_webhook(self, sent: SentWebhook) -> None:
        with self._lock:
            self._webhooks.append(sent)

    def clear(self) -> None:
        with self._lock:
            self._received.clear()
            self._webhooks.clear()

    def received(
        self, *, endpoint: str = "", since: int = 0, line_user_id: str = "", index: int | None = None
    ) -> Iterator[Received]:
        """Requests in order: `endpoint` a pattern or a part of the path, `since` a number, for or about one person."""
        for row in self._rows_after(since):
            if row.number <= since or (endpoint and not is_endpoint(row, endpoint)):
                continue
            if line_user_id and not is_about(row, line_user_id, index):
                continue
            yield row

    def _rows_after(self, since: int) -> list[Received]:
        """The rows since a number, in order; they lie at the end, give or take those that overtook each other."""
        with self._lock:
            if not since:
                return list(self._received)
            newest = itertools.takewhile(lambda row: row.number > since - OVERTAKEN, reversed(self._received))
            return list(newest)[::-1]

    def webhooks(self, *, since: int = 0) -> list[SentWebhook]:
        with self._lock:
            return [row for row in self._webhooks if row.number > since]

    def webhook_of(self, event_id: str) -> SentWebhook | None:
        """How the newest delivery of an event was taken, if it is among the last few."""
        with self._lock:
            newest = itertools.islice(reversed(self._webhooks), LOOKED_BACK)
            return next((sent for sent in newest if event_id in sent.event_ids), None)


def is_endpoint(row: Received, pattern: str) -> bool:
    """`push`, `/v2/bot/message/push`, `POST /v2/bot/message/*` all find a push."""
    named = row.endpoint, row.endpoint.partition(" ")[2], row.path
    if any(fnmatchcase(name, pattern) for name in named):
        return True
    return "/" not in pattern and pattern in row.endpoint.split("/")


def is_about(row: Received, line_user_id: str, index: int | None) -> bool:
    if index is not None and index in row.reached:
        return True
    return line_user_id in row.path or line_user_id.encode() in row.body


def readable(body: bytes) -> Any:
    """A body as JSON if it is JSON, as text if it is text, else its length."""
    if not body:
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return f"<{len(body)} bytes>"
    try:
        return json.loads(text)
    except ValueError:
        return text
