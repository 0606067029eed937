"""Wakes whoever waits for something to happen: the chat page and tests that read back."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NoticeBoard:
    """One counter of everything that happened, and a condition to wait on."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._number = 0
        self._closed = False

    def post(self) -> int:
        """Note that something happened; returns its number."""
        with self._condition:
            self._number += 1
            self._condition.notify_all()
            return self._number

    @property
    def number(self) -> int:
        return self._number

    def close(self) -> None:
        """Send everybody who waits home."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def wait_until(self, look: Callable[[], T], timeout: float) -> T:
        """Look again after every notice until `look` returns something true or time is up; returns the last look."""
        deadline = time.monotonic() + timeout
        while True:
            with self._condition:
                seen = self._number
            found = look()
            if found:
                return found
            with self._condition:
                left = deadline - time.monotonic()
                if left <= 0 or self._closed:
                    return found
                if self._number == seen:
                    self._condition.wait(left)
