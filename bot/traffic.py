"""The log of requests and calls, written beside the threads that serve: nobody at the door waits for a disk."""

import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

EVERY = 0.25  # seconds between two writes
MOST_WAITING = 100_000  # when nobody reads the log any more, the oldest go first

Entry = tuple[float, str, str | None, dict[str, Any]]  # seconds since 1970, message, request id, the rest


class TrafficLog:
    """Collects entries and writes them a few times a second; what waits is written when the process ends."""

    def __init__(self, write: Callable[[list[Entry]], None]) -> None:
        self._write = write
        self._waiting: deque[Entry] = deque(maxlen=MOST_WAITING)
        self._pid = 0
        self._lock = threading.Lock()
        atexit.register(self.flush)

    def add(self, message: str, request_id: str | None, entry: dict[str, Any]) -> None:
        """Keep one entry for the next write; the thread that writes is this process's own."""
        self._waiting.append((time.time(), message, request_id, entry))
        if self._pid != os.getpid():
            self._begin()

    def flush(self) -> None:
        """Write what waits, now."""
        with self._lock:
            entries = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if entries:
                self._write(entries)

    def _begin(self) -> None:
        if self._pid and self._pid != os.getpid():  # after a fork: the parent writes its own entries
            last = self._waiting.pop()
            self._waiting.clear()
            self._waiting.append(last)
            self._lock = threading.Lock()
        self._pid = os.getpid()
        threading.Thread(target=self._run, name="traffic-log", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(EVERY)
            self.flush()
