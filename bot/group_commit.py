"""Many small writes, one commit: what waiting threads bring together is made durable together."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

from sqlalchemy.orm import Session

from bot.database import Database

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 200

T = TypeVar("T")
R = TypeVar("R")


class Ticket(Generic[T, R]):
    """One item on its way, and a place to wait for its result: a Future without what nobody here needs."""

    __slots__ = ("_done", "_error", "_result", "item")

    def __init__(self, item: T) -> None:
        self.item = item
        self._done = threading.Lock()
        self._done.acquire()
        self._result: R | None = None
        self._error: Exception | None = None

    def result(self, patience: float) -> R:
        """Wait for the result. Raises what went wrong, or TimeoutError."""
        if not self._done.acquire(timeout=patience):
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return cast("R", self._result)

    def settle(self, result: R | None = None, error: Exception | None = None) -> None:
        """Let the waiting thread go on."""
        self._result, self._error = result, error
        self._done.release()


class GroupCommit(Generic[T, R]):
    """One writer thread; `write` answers once the item is committed.

    `write_all` gets a transaction and the items of one commit, and returns one result for
    each. If the transaction fails every item is tried alone, so that a bad one harms only
    whoever brought it.
    """

    def __init__(
        self,
        db: Database,
        write_all: Callable[[Session, Sequence[T]], Sequence[R]],
        *,
        name: str,
        linger: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`linger`: seconds to wait for company after the first item."""
        self._db = db
        self._linger = linger
        self._write_all = write_all
        self._waiting: queue.SimpleQueue[Ticket[T, R] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def write(self, item: T, *, patience: float = 30.0) -> R:
        """Write one item and return its result once it is durable.

        Raises what the transaction raised, TimeoutError after `patience` seconds.
        """
        return self.submit(item).result(patience)

    def submit(self, item: T) -> "Ticket[T, R]":
        """Bring an item without waiting."""
        ticket: Ticket[T, R] = Ticket(item)
        self._waiting.put(ticket)
        return ticket

    def close(self) -> None:
        """Write what is still waiting and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            pause = self._linger()
            if pause:
                time.sleep(pause)
            ended = self._take_waiting(batch)
            self._commit(batch)
            if ended:
                return

    def _take_waiting(self, batch: list[Ticket[T, R]]) -> bool:
        """Add what waits already; True once the end was asked for."""
        while len(batch) < MOST_AT_ONCE:
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return False
            if item is None:
                return True
            batch.append(item)
        return False

    def _commit(self, batch: list[Ticket[T, R]]) -> None:
        try:
            with self._db.begin() as session:
                results = self._write_all(session, [ticket.item for ticket in batch])
        except Exception as error:  # noqa: BLE001 the entry point of this thread
            self._fail(batch, error)
            return
        for ticket, result in zip(batch, results, strict=True):
            ticket.settle(result)

    def _fail(self, batch: list[Ticket[T, R]], error: Exception) -> None:
        if len(batch) > 1:
            for ticket in batch:
                self._commit([ticket])
            return
        logger.warning("%s could not write: %s", self._thread.name, type(error).__name__)
        batch[0].settle(error=error)
