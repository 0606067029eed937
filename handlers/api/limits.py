"""How fast one token may ask: a bucket per token in each process."""

import math
import threading
import time
from dataclasses import dataclass

PER_SECOND = 50.0
BURST = 1_000.0  # a system that draws for hundreds of friends at once is welcome
MOST_BUCKETS = 10_000  # full buckets are forgotten beyond that


@dataclass
class Bucket:
    """What is left for one token, as of one moment."""

    left: float
    at: float


class Limits:
    """The buckets of one process. Safe to share between threads."""

    def __init__(self, *, per_second: float = PER_SECOND, burst: float = BURST) -> None:
        self._per_second = per_second
        self._burst = burst
        self._buckets: dict[int, Bucket] = {}
        self._lock = threading.Lock()

    def spend(self, token_id: int) -> int:
        """Take one request out of a token's bucket; return 0, or after how many seconds to ask again."""
        now = time.monotonic()
        with self._lock:
            bucket = self._buckets.get(token_id)
            if bucket is None:
                self._forget_full(now)
                bucket = self._buckets[token_id] = Bucket(self._burst, now)
            bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._per_second)
            bucket.at = now
            if bucket.left < 1:
                return max(1, math.ceil((1 - bucket.left) / self._per_second))
            bucket.left -= 1
            return 0

    def _forget_full(self, now: float) -> None:
        if len(self._buckets) < MOST_BUCKETS:
            return
        refill = self._burst / self._per_second
        self._buckets = {token: bucket for token, bucket in self._buckets.items() if now - bucket.at < refill}
