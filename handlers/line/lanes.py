"""The process's own threads: events are handled in lanes, one per friend; answers are said beside them."""

import logging
import queue
import threading
import zlib
from collections.abc import Callable, Sequence

from bot.group_commit import GroupCommit
from bot.runtime import Runtime
from bot.services import replies
from bot.services.inbox import DueAnswer, Outcome, StoredEvent
from handlers.line import router

logger = logging.getLogger(__name__)

LANES = 2  # more only make smaller transactions
SPEAKERS = 24  # LINE may take its time with each
PATIENCE = 8.0  # seconds that a closing process gives what is in flight


class Lane:
    """One thread that works off its queue, in batches of what waits."""

    def __init__(self, name: str, work: Callable[[list[object]], None], *, most: int) -> None:
        self._work = work
        self._most = most
        self._waiting: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._started = False
        self._lock = threading.Lock()

    def put(self, item: object) -> None:
        """Bring one piece of work; the thread begins with the first."""
        self._waiting.put(item)
        if not self._started:
            with self._lock:
                if not self._started:
                    self._thread.start()
                    self._started = True

    def close(self, patience: float) -> None:
        """Finish what waits, within `patience` seconds; the rest is left for the next process."""
        if self._started:
            self._waiting.put(None)
            self._thread.join(patience)

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, ended = [first], False
            while len(batch) < self._most and not self._waiting.empty():
                item = self._waiting.get()
                if item is None:
                    ended = True
                    break
                batch.append(item)
            try:
                self._work(batch)
            except Exception:
                logger.exception("%s could not work; jobs take it up", self._thread.name)
            if ended:
                return


class Lanes:
    """Handles events after their 200, and says the answers; whatever is lost here, jobs find in the table."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._outcomes: GroupCommit[Outcome, bool] = GroupCommit(runtime.db, replies.write, name="outcomes")
        self._lanes = [Lane(f"lane-{n}", self._handle, most=router.MOST_AT_ONCE) for n in range(LANES)]
        self._speakers = [Lane(f"speaker-{n}", self._say, most=1) for n in range(SPEAKERS)]

    def handle(self, events: Sequence[StoredEvent]) -> None:
        """Queue events behind those of the same friend."""
        for event in events:
            self._lanes[_turn_of(event.payload, LANES)].put(event)

    def close(self) -> None:
        """Finish what is in flight."""
        for lane in (*self._lanes, *self._speakers):
            lane.close(PATIENCE)
        self._outcomes.close()

    def _handle(self, events: list[object]) -> None:
        stored = [event for event in events if isinstance(event, StoredEvent)]
        for answer in router.handle(self._runtime, stored):
            self._speakers[_turn_of(answer.payload, SPEAKERS)].put(answer)

    def _say(self, answers: list[object]) -> None:
        for answer in answers:
            if isinstance(answer, DueAnswer):
                outcome = replies.say(self._runtime.line, answer, now=self._runtime.now())
                self._outcomes.submit(outcome)
                if outcome.again_at:
                    replies.show_waiting(self._runtime.line, answer)


def _turn_of(payload: object, places: int) -> int:
    """The same place for all events of one person, group or room."""
    source = payload.get("source") if isinstance(payload, dict) else None
    name = source.get("userId") or source.get("groupId") or source.get("roomId") if isinstance(source, dict) else ""
    return zlib.crc32(str(name).encode("utf-8", "replace")) % places
