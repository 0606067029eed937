"""Slows down whoever tries passwords from one address, whatever names they try."""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

TRIES = 30
WITHIN = timedelta(minutes=10)
ADDRESSES = 10_000  # remembered at most


class Brake:
    """Counts tries by address in this process; the accounts' own lock is in the database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tries: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def lets(self, address: str, *, now: datetime) -> bool:
        """Count one try; False once there were too many."""
        with self._lock:
            since, tries = self._tries.pop(address, (now, 0))
            if now - since >= WITHIN:
                since, tries = now, 0
            self._tries[address] = (since, tries + 1)
            if len(self._tries) > ADDRESSES:
                self._tries.popitem(last=False)
            return tries < TRIES

    def forget(self, address: str) -> None:
        """Start anew after a right password."""
        with self._lock:
            self._tries.pop(address, None)
