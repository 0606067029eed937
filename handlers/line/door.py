"""The webhook's side of one process: the writer that stores, the lanes that handle."""

import threading
from collections.abc import Sequence

from sqlalchemy import Connection

from bot.group_commit import GroupCommit
from bot.runtime import Runtime
from bot.services import inbox
from bot.services.inbox import Delivery, StoredEvent
from handlers.line.lanes import Lanes

PRESSURE = 4  # requests at once
LINGER = 0.0012  # seconds whoever commits waits under pressure: fewer, larger commits
PATIENCE = 1.8  # seconds; LINE waits two


class Door:
    """Takes events in. Made once per process, after the fork."""

    def __init__(self, runtime: Runtime) -> None:
        self._storing = 0  # requests that wait for their events to be durable
        self._lock = threading.Lock()
        self._writer: GroupCommit[Connection, Delivery, list[StoredEvent]] = GroupCommit(
            runtime.db.begin_in_haste, inbox.store, name="inbox", linger=self._linger
        )
        self._lanes = Lanes(runtime, is_pressed=lambda: self._storing >= PRESSURE)

    def store(self, delivery: Delivery) -> list[StoredEvent]:
        """Return the new events once they are durable. Raises what the database raised, or TimeoutError."""
        with self._lock:
            self._storing += 1
        try:
            return self._writer.write(delivery, patience=PATIENCE)
        finally:
            with self._lock:
                self._storing -= 1

    def _linger(self) -> float:
        return LINGER if self._storing >= PRESSURE else 0.0

    def handle(self, events: Sequence[StoredEvent]) -> None:
        """Let the lanes handle stored events."""
        self._lanes.handle(events)

    def close(self) -> None:
        """Handle and say what is in flight; what came in is stored by the threads that brought it."""
        self._lanes.close()
