"""Retry keys: what was accepted is not sent again for 24 hours (docs/messaging-api/retrying-api-request)."""

import hashlib
import re
import threading
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import Clock

LIFETIME_SECONDS = 24 * 3600
KEY = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
SENDING_ENDPOINTS = frozenset(f"POST /v2/bot/message/{way}" for way in ("push", "multicast", "narrowcast", "broadcast"))


@dataclass(slots=True)
class Accepted:
    """The first request of a key that LINE said yes to."""

    at: float
    request_id: str
    body_hash: bytes
    answer: dict[str, Any] = field(default_factory=dict)


class RetryKeys:
    """Accepted keys. A key is held while its request is looked at, so that two at once are not both accepted."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._held: set[str] = set()
        self._accepted: dict[str, Accepted] = {}

    def take(self, key: str) -> Accepted | None:
        """Hold the key and return None, or return what was accepted under it. Waits while another holds it."""
        with self._changed:
            while key in self._held:
                self._changed.wait()
            accepted = self._accepted.get(key)
            if accepted is not None and self._clock.seconds() - accepted.at < LIFETIME_SECONDS:
                return accepted
            self._held.add(key)
            return None

    def accept(self, key: str, request_id: str, body: bytes, answer: dict[str, Any]) -> None:
        with self._changed:
            self._accepted[key] = Accepted(self._clock.seconds(), request_id, fingerprint(body), answer)

    def release(self, key: str) -> None:
        with self._changed:
            self._held.discard(key)
            self._changed.notify_all()


def fingerprint(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()
