"""Reply tokens: one minute from the webhook, once, and after a redelivery again, until 20 minutes past the event."""

import threading
from dataclasses import dataclass

from simulator import identifiers
from simulator.clock import Clock

OLDEST_EVENT_SECONDS = 20 * 60
SWEEP_FROM = 10_000  # so many tokens are kept before old ones are looked for


@dataclass(slots=True)
class Token:
    """Where an answer goes, and until when. `index` is None for groups and rooms."""

    index: int | None
    chat_id: str
    event_at: float
    alive_from: float  # the newest delivery of the webhook that carries it


class ReplyTokens:
    def __init__(self, clock: Clock, lifetime_seconds: float) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}
        self._sweep_at = SWEEP_FROM
        self.lifetime_seconds = lifetime_seconds

    def issue(self, index: int | None, chat_id: str) -> str:
        name, now = identifiers.reply_token(), self._clock.seconds()
        with self._lock:
            self._tokens[name] = Token(index, chat_id, now, now)
            if len(self._tokens) >= self._sweep_at:
                self._forget_old()
        return name

    def delivered(self, name: str) -> None:
        """The webhook with this token goes out (again): its minute begins."""
        with self._lock:
            token = self._tokens.get(name)
            if token is not None:
                token.alive_from = self._clock.seconds()

    def use(self, name: str) -> Token | None:
        """Use the token up; None if it is unknown, used or too old."""
        now = self._clock.seconds()
        with self._lock:
            token = self._tokens.get(name)
            if token is None:
                return None
            if now - token.alive_from > self.lifetime_seconds or now - token.event_at > OLDEST_EVENT_SECONDS:
                return None
            return self._tokens.pop(name)

    def _forget_old(self) -> None:
        """Drop tokens no answer can use any more; the lock is held."""
        oldest = self._clock.seconds() - OLDEST_EVENT_SECONDS
        self._tokens = {name: token for name, token in self._tokens.items() if token.event_at > oldest}
        self._sweep_at = max(SWEEP_FROM, 2 * len(self._tokens))
