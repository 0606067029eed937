"""The monthly message quota, as LINE counts it: by calendar month in Tokyo, sends of OA Manager included."""

import threading
from collections import defaultdict

from simulator.clock import Clock


class Quota:
    """Messages used and reserved in the running month, and what was sent on each day."""

    def __init__(self, clock: Clock, limit: int | None) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.limit = limit
        self._used: dict[str, int] = defaultdict(int)
        self._reserved: dict[str, int] = defaultdict(int)
        self._sent: dict[tuple[str, str], int] = defaultdict(int)
        self._set: set[tuple[str, str]] = set()

    def month(self) -> str:
        """The quota month by Tokyo's calendar: in Taipei it ends on the last day at 23:00."""
        return self._clock.in_tokyo().strftime("%Y%m")

    def day(self) -> str:
        return self._clock.in_tokyo().strftime("%Y%m%d")

    @property
    def used(self) -> int:
        return self._used[self.month()]

    @property
    def reserved(self) -> int:
        return self._reserved[self.month()]

    def take(self, messages: int) -> bool:
        """Use up `messages`; False and nothing used if they do not fit."""
        month = self.month()
        with self._lock:
            if not self._fits(month, messages):
                return False
            self._used[month] += messages
            return True

    def reserve(self, messages: int) -> str | None:
        """Set `messages` aside, as a running narrowcast does; returns the month, None if they do not fit."""
        month = self.month()
        with self._lock:
            if not self._fits(month, messages):
                return None
            self._reserved[month] += messages
            return month

    def settle(self, month: str, *, reserved: int, used: int) -> None:
        """Turn a month's reservation into what was really sent."""
        with self._lock:
            self._reserved[month] -= reserved
            self._used[month] += used

    def left(self) -> int | None:
        """None without a limit."""
        return None if self.limit is None else max(0, self.limit - self.used - self.reserved)

    def _fits(self, month: str, messages: int) -> bool:
        return self.limit is None or self._used[month] + self._reserved[month] + messages <= self.limit

    def set_used(self, messages: int) -> None:
        with self._lock:
            self._used[self.month()] = messages

    def count_sent(self, kind: str, messages: int) -> None:
        """Add to the day's delivery count of one way to send."""
        with self._lock:
            self._sent[kind, self.day()] += messages

    def sent(self, kind: str, day: str) -> int:
        return self._sent[kind, day]

    def set_sent(self, kind: str, day: str, messages: int) -> None:
        """Say what a day's delivery count is to be; it is ready at once, whatever the day."""
        with self._lock:
            self._sent[kind, day] = messages
            self._set.add((kind, day))

    def was_set(self, kind: str, day: str) -> bool:
        return (kind, day) in self._set
