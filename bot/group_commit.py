"""Many small writes, one commit: what waiting threads bring together is made durable together."""

import collections
import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Generic, TypeVar, cast

from sqlalchemy.exc import InterfaceError, OperationalError

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 200
MOST_WAITING = 5_000

C = TypeVar("C")  # a Session or a Connection
T = TypeVar("T")
R = TypeVar("R")


class Ticket(Generic[T, R]):
    """One item on its way, and a place to wait: for its result, or for being asked to lead."""

    __slots__ = ("_error", "_result", "_woken", "is_given_up", "is_settled", "item")

    def __init__(self, item: T) -> None:
        self.item = item
        self.is_given_up = False
        self.is_settled = False
        self._woken = threading.Lock()
        self._woken.acquire()
        self._result: R | None = None
        self._error: Exception | None = None

    def wait(self, until: float) -> bool:
        """Sleep until somebody wakes this ticket; False if the monotonic moment comes first."""
        return self._woken.acquire(timeout=max(0.0, until - time.monotonic()))

    def wake(self) -> None:
        """Let the waiting thread go on."""
        self._woken.release()

    def settle(self, result: R | None = None, error: Exception | None = None) -> None:
        """Keep what became of the item."""
        self._result, self._error = result, error
        self.is_settled = True

    def result(self) -> R:
        """Return the result of a settled ticket. Raises what went wrong."""
        if self._error is not None:
            raise self._error
        return cast("R", self._result)


class GroupCommit(Generic[C, T, R]):
    """`write` answers once the item is committed.

    Whoever finds nobody writing leads: it commits what has queued up, its own item first, and
    then hands the lead to the next who waits. No thread of its own stands between, so a lone
    write costs no change of threads and a crowd shares its commits.

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
        """`linger`: how many seconds the leader waits for company; asked each time."""
        self._begin = begin
        self._linger = linger
        self._name = name
        self._write_all = write_all
        self._queue: collections.deque[Ticket[T, R]] = collections.deque()
        self._lock = threading.Lock()
        self._is_led = False

    def write(self, item: T, *, patience: float = 30.0) -> R:
        """Write one item and return its result once it is durable.

        Raises what the transaction raised; TimeoutError after `patience` seconds, or at once when too many wait.
        A commit that is under way when patience ends is waited for by whoever leads it.
        """
        until = time.monotonic() + patience
        ticket: Ticket[T, R] = Ticket(item)
        with self._lock:
            if len(self._queue) >= MOST_WAITING:
                raise TimeoutError
            self._queue.append(ticket)
            leads, self._is_led = not self._is_led, True
        if not leads and not ticket.wait(until):
            self._give_up(ticket)
        if not ticket.is_settled:
            self._lead()
        return ticket.result()

    def write_together(self, items: Sequence[T]) -> None:
        """Commit items that nobody waits for; what cannot be written is logged."""
        self._commit([Ticket(item) for item in items])

    def _give_up(self, ticket: Ticket[T, R]) -> None:
        """Leave the queue, unless the ticket was woken in this very moment. Raises TimeoutError."""
        with self._lock:
            if ticket.wait(0):
                return
            ticket.is_given_up = True  # whoever brought it has said no; writing it now would only cost time
        raise TimeoutError

    def _lead(self) -> None:
        """Commit one batch, then hand the lead on."""
        pause = self._linger()
        if pause:
            time.sleep(pause)
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(MOST_AT_ONCE, len(self._queue)))]
        try:
            self._commit(batch)
        finally:
            self._hand_on()
            for ticket in batch:
                if not ticket.is_settled:
                    ticket.settle(error=TimeoutError())  # given up meanwhile, or this thread is being ended
                ticket.wake()

    def _hand_on(self) -> None:
        with self._lock:
            while self._queue and self._queue[0].is_given_up:
                self._queue.popleft()
            self._is_led = bool(self._queue)
            if self._is_led:
                self._queue[0].wake()

    def _commit(self, brought: Sequence[Ticket[T, R]], *, is_retry: bool = False) -> None:
        batch = [ticket for ticket in brought if not ticket.is_given_up]
        if not batch:
            return
        try:
            with self._begin() as transaction:
                results = self._write_all(transaction, [ticket.item for ticket in batch])
        except Exception as error:  # noqa: BLE001 it belongs to whoever brought the item
            self._fail(batch, error, is_retry=is_retry)
            return
        for ticket, result in zip(batch, results, strict=True):
            ticket.settle(result)

    def _fail(self, batch: Sequence[Ticket[T, R]], error: Exception, *, is_retry: bool) -> None:
        """A deadlock is tried once more; a database that is away fails all at once; else each is tried alone."""
        if is_deadlock(error) and not is_retry:
            self._commit(batch, is_retry=True)
            return
        if len(batch) > 1 and not isinstance(error, OperationalError | InterfaceError):
            for ticket in batch:
                self._commit([ticket])
            return
        logger.warning("%s could not write: %s", self._name, type(error).__name__)
        for ticket in batch:
            ticket.settle(error=error)


def is_deadlock(error: Exception) -> bool:
    """Whether PostgreSQL ended this transaction for another's sake (40P01, 40001)."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) in ("40P01", "40001")
