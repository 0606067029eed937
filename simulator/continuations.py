"""Continuation tokens of paged lists: opaque, good for 24 hours."""

import threading

from simulator import identifiers
from simulator.clock import Clock

LIFETIME_SECONDS = 24 * 3600


class Continuations:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._places: dict[str, tuple[int, float]] = {}

    def issue(self, place: int) -> str:
        """A token for the page that starts at `place`."""
        token = identifiers.opaque_token()
        with self._lock:
            self._places[token] = (place, self._clock.seconds())
        return token

    def place(self, token: str) -> int | None:
        """Where the page starts; None for a token that was never issued or is too old."""
        with self._lock:
            place, issued_at = self._places.get(token, (None, 0.0))
        return place if self._clock.seconds() - issued_at <= LIFETIME_SECONDS else None
