"""The process's own threads: events are handled in lanes, one per friend; answers are said beside them."""

import logging
import queue
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from bot.group_commit import GroupCommit
from bot.runtime import Runtime
from bot.services import replies
from bot.services.inbox import DueAnswer, Outcome, StoredEvent
from handlers.line import router

logger = logging.getLogger(__name__)

LANES = 4
SQLITE_LANES = 1  # one writer at a time: more lanes only make smaller transactions
MOST_OUTCOMES = 200
SPEAKERS = 24  # LINE may take its time with each
OUTCOMES_LINGER = 0.05  # seconds; nobody waits for these
CLOSING_PATIENCE = 8.0  # seconds that a closing process gives what is in flight

PACE = 0.25  # seconds between two batches while requests press at the door: LINE waits two seconds for its 200
LONGEST_WAIT = 2.0  # a friend waits no longer than this for the door's sake
GLANCE = 0.005


class Lane:
    """One thread that works off its queue, in batches of what waits.

    While `is_pressed` it goes at a pace, so that acknowledging comes first and its batches grow.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[list[Any]], None],
        *,
        most: int,
        is_pressed: Callable[[], bool] = lambda: False,
        linger: float = 0.0,
    ) -> None:
        """`linger`: seconds to wait for company after the first piece."""
        self._work = work
        self._most = most
        self._is_pressed = is_pressed
        self._linger = linger
        self._waiting: queue.SimpleQueue[tuple[float, Any] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._started = False
        self._lock = threading.Lock()
        self._worked_at = 0.0

    def put(self, item: object) -> None:
        """Bring one piece of work; the thread begins with the first."""
        self._waiting.put((time.monotonic(), item))
        if not self._started:
            with self._lock:
                if not self._started:
                    self._thread.start()
                    self._started = True

    def end(self) -> None:
        """Take nothing new after what waits already."""
        self._waiting.put(None)

    def join(self, until: float) -> None:
        """Wait for the thread until this monotonic moment; what is left is for the next process."""
        if self._started:
            self._thread.join(max(0.0, until - time.monotonic()))

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            since, item = first
            batch = [item]
            if self._linger:
                time.sleep(self._linger)
            ended = self._gather(batch, since)
            try:
                self._work(batch)
            except Exception:
                logger.exception("%s could not work; jobs take it up", self._thread.name)
            self._worked_at = time.monotonic()
            if ended:
                return

    def _gather(self, batch: list[Any], since: float) -> bool:
        """Add what waits, at the pace of the moment; True once the end was asked for."""
        while len(batch) < self._most:
            try:
                found = self._waiting.get_nowait()
            except queue.Empty:
                if not self._must_yield(since):
                    return False
                time.sleep(GLANCE)
                continue
            if found is None:
                return True
            batch.append(found[1])
        while self._must_yield(since):
            time.sleep(GLANCE)
        return False

    def _must_yield(self, since: float) -> bool:
        now = time.monotonic()
        return self._is_pressed() and now - self._worked_at < PACE and now - since < LONGEST_WAIT


class Lanes:
    """Handles events after their 200, and says the answers; whatever is lost here, jobs find in the table."""

    def __init__(self, runtime: Runtime, *, is_pressed: Callable[[], bool]) -> None:
        self._runtime = runtime
        self._outcomes: GroupCommit[Session, Outcome, bool] = GroupCommit(
            runtime.db.begin, replies.write, name="outcomes"
        )
        self._clerk = Lane("outcomes", self._write, most=MOST_OUTCOMES, linger=OUTCOMES_LINGER)
        count = SQLITE_LANES if runtime.db.is_sqlite else LANES
        self._lanes = [
            Lane(f"lane-{n}", self._handle, most=router.MOST_AT_ONCE, is_pressed=is_pressed) for n in range(count)
        ]
        self._speakers = [Lane(f"speaker-{n}", self._say, most=1) for n in range(SPEAKERS)]

    def handle(self, events: Sequence[StoredEvent]) -> None:
        """Queue events behind those of the same friend."""
        for event in events:
            self._lanes[_turn_of(event.payload, len(self._lanes))].put(event)

    def close(self) -> None:
        """Finish what is in flight."""
        until = time.monotonic() + CLOSING_PATIENCE
        for threads in (self._lanes, self._speakers, [self._clerk]):  # in this order: each brings the next its last
            for lane in threads:
                lane.end()
            for lane in threads:
                lane.join(until)

    def _handle(self, events: list[StoredEvent]) -> None:
        for answer in router.handle(self._runtime, events):
            self._speakers[_turn_of(answer.payload, SPEAKERS)].put(answer)

    def _say(self, answers: list[DueAnswer]) -> None:
        for answer in answers:
            replies.show_waiting(self._runtime.line, answer, now=self._runtime.now())
            self._clerk.put(replies.say(self._runtime.line, answer, now=self._runtime.now()))

    def _write(self, outcomes: list[Outcome]) -> None:
        self._outcomes.write_together(outcomes)


def _turn_of(payload: object, places: int) -> int:
    """The same place for all events of one person, group or room."""
    source = payload.get("source") if isinstance(payload, dict) else None
    name = source.get("userId") or source.get("groupId") or source.get("roomId") if isinstance(source, dict) else ""
    return zlib.crc32(str(name).encode("utf-8", "replace")) % places
