"""LINE's rate limits: a token bucket for each endpoint (reference/messaging-api#rate-limits). Off by default."""

import threading
from dataclasses import dataclass

from simulator.clock import Clock

HOUR, MINUTE, SECOND = 3600.0, 60.0, 1.0
OTHERS = (2000, SECOND)
LIMITS = {
    "POST /v2/bot/message/narrowcast": (60, HOUR),
    "POST /v2/bot/message/broadcast": (60, HOUR),
    "POST /v2/bot/channel/webhook/test": (60, HOUR),
    "PUT /v2/bot/channel/webhook/endpoint": (1000, MINUTE),
    "GET /v2/bot/channel/webhook/endpoint": (1000, MINUTE),
    "POST /v2/bot/richmenu": (100, HOUR),
    "DELETE /v2/bot/richmenu/{richMenuId}": (100, HOUR),
    "DELETE /v2/bot/richmenu/alias/{richMenuAliasId}": (100, HOUR),
    "GET /v2/bot/richmenu/progress/batch": (100, HOUR),
    "POST /v2/bot/richmenu/batch": (3, HOUR),
    "GET /v2/bot/richmenu/list": (10, SECOND),
    "POST /v2/bot/message/multicast": (200, SECOND),
    "POST /v2/bot/chat/loading/start": (100, SECOND),
}


@dataclass(slots=True)
class Bucket:
    tokens: float
    filled_at: float


class RateLimits:
    """One bucket per endpoint, filled continuously, never above its capacity."""

    def __init__(self, clock: Clock, *, on: bool) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, Bucket] = {}
        self.on = on

    def allows(self, endpoint: str) -> bool:
        """Take a token for a request to `endpoint`; False if the bucket is empty."""
        if not self.on:
            return True
        capacity, period = LIMITS.get(endpoint, OTHERS)
        now = self._clock.seconds()
        with self._lock:
            bucket = self._buckets.setdefault(endpoint, Bucket(float(capacity), now))
            refill = (now - bucket.filled_at) * capacity / period
            bucket.tokens = min(float(capacity), bucket.tokens + refill)
            bucket.filled_at = now
            if bucket.tokens < 1:
                return False
            bucket.tokens -= 1
            return True

    def switch(self, *, on: bool) -> None:
        with self._lock:
            self.on = on
            self._buckets.clear()
