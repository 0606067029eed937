"""Many small writes, one commit: what waiting threads bring together is made durable together."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, TypeVar, cast

from sqlalchemy.exc import InterfaceError, OperationalError

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 200
MOST_WAITING = 5_000
CLOSING_PATIENCE = 5.0  # seconds

C = TypeVar("C")  # a Session or a Connection
T = TypeVar("T")
R = TypeVar("R")


class Ticket(Generic[T, R]):
    """One item on its way, and a place to wait for its result: a Future without what nobody here needs."""

    __slots__ = ("_done", "_error", "_result", "is_given_up", "item")

    def __init__(self, item: T) -> None:
        self.item = item
        self.is_given_up = False
        self._done = threading.Lock()
        self._done.acquire()
        self._result: R | None = None
        self._error: Exception | None = None

    def result(self, patience: float) -> R:
        """Wait for the result. Raises what went wrong, or TimeoutError."""
        if not self._done.acquire(timeout=patience):
            self.is_given_up = True  # whoever brought it has said no; writing it now would only cost time
            raise TimeoutError
        if self._error is not None:
            raise self._error
        return cast("R", self._result)

    def settle(self, result: R | None = None, error: Exception | None = None) -> None:
        """Let the waiting thread go on."""
        self._result, self._error = result, error
        self._done.release()


class GroupCommit(Generic[C, T, R]):
    """One writer thread; `write` answers once the item is committed.

    `write_all` gets a transaction and the items of one commit, and returns one result for
    each. If the transaction fails every item is tried alone, so that a bad one harms only
    whoever brought it.
    """

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[C]],
        write_all: Callable[[C, Sequence[T]], Sequence[R]],
        *,
        name: str,
        linger: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`linger`: how many seconds to wait for company after the first item; asked each time."""
        self._begin = begin
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
        """Bring an item without waiting. Raises TimeoutError when too many wait already."""
        if self._waiting.qsize() >= MOST_WAITING:
            raise TimeoutError
        ticket: Ticket[T, R] = Ticket(item)
        self._waiting.put(ticket)
        return ticket

    def close(self, patience: float = CLOSING_PATIENCE) -> None:
        """Write what is still waiting and end the thread; a database that does not answer is not waited for."""
        self._waiting.put(None)
        self._thread.join(patience)

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

    def _commit(self, brought: list[Ticket[T, R]], *, is_retry: bool = False) -> None:
        batch = [ticket for ticket in brought if not ticket.is_given_up]
        if not batch:
            return
        try:
            with self._begin() as transaction:
                results = self._write_all(transaction, [ticket.item for ticket in batch])
        except Exception as error:  # noqa: BLE001 the entry point of this thread
            self._fail(batch, error, is_retry=is_retry)
            return
        for ticket, result in zip(batch, results, strict=True):
            ticket.settle(result)

    def _fail(self, batch: list[Ticket[T, R]], error: Exception, *, is_retry: bool) -> None:
        """A deadlock is tried once more; a database that is away fails all at once; else each is tried alone."""
        if is_deadlock(error) and not is_retry:
            self._commit(batch, is_retry=True)
            return
        if len(batch) > 1 and not isinstance(error, OperationalError | InterfaceError):
            for ticket in batch:
                self._commit([ticket])
            return
        logger.warning("%s could not write: %s", self._thread.name, type(error).__name__)
        for ticket in batch:
            ticket.settle(error=error)


def is_deadlock(error: Exception) -> bool:
    """Whether PostgreSQL ended this transaction for another's sake (40P01, 40001)."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) in ("40P01", "40001")
