"""Faults on demand: slow answers, 429, 500 before or after accepting, reset connections, silence."""

import itertools
import random
import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

KINDS = (
    "latency",  # milliseconds, or between milliseconds and up_to_milliseconds
    "rate_limit",  # 429, the request is not looked at
    "monthly_limit",  # 429, as if the quota were used up
    "error_before",  # 500, nothing is done
    "error_after",  # everything is done, then 500
    "reset_before",  # the connection is reset, nothing is done
    "reset_after",  # everything is done, then the connection is reset
    "timeout",  # everything is done, and never answered
    "timeout_before",  # nothing is done, and never answered
)


@dataclass(slots=True)
class Fault:
    """One wish: which endpoints, what goes wrong, how often."""

    number: int
    endpoint: str
    kind: str
    count: int | None = None  # None: until it is taken away
    probability: float = 1.0
    milliseconds: float = 0.0
    up_to_milliseconds: float = 0.0
    met: int = 0

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Mishap:
    """What happens to one request."""

    kind: str = ""
    delay_seconds: float = 0.0


NO_MISHAP = Mishap()


class Faults:
    """The wishes in force. Chance comes from a seed, so a run can be repeated."""

    def __init__(self, seed: str) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._seed = seed
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._faults: list[Fault] = []

    def add(self, *, endpoint: str, kind: str, seed: str | None = None, **choices: Any) -> Fault:
        """Wish for a fault.

        Raises ValueError for a kind that does not exist.
        """
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}")
        with self._lock:
            if seed is not None:
                self._chance.seed(seed)
            fault = Fault(next(self._numbers), endpoint, kind, **choices)
            self._faults = [*self._faults, fault]
            return fault

    def remove(self, number: int) -> bool:
        with self._lock:
            before = len(self._faults)
            self._faults = [fault for fault in self._faults if fault.number != number]
            return len(self._faults) != before

    def clear(self) -> None:
        with self._lock:
            self._faults = []
            self._chance.seed(self._seed)

    def in_force(self) -> list[dict[str, Any]]:
        return [fault.as_json() for fault in self._faults]

    def meet(self, endpoint: str, path: str) -> Mishap:
        """What happens to a request: all latencies that fit, and the first other fault."""
        if not self._faults:
            return NO_MISHAP
        mishap = Mishap()
        with self._lock:
            for fault in self._faults:
                if (mishap.kind and fault.kind != "latency") or not self._strikes(fault, endpoint, path):
                    continue
                fault.met += 1
                if fault.kind == "latency":
                    mishap.delay_seconds += self._latency(fault)
                else:
                    mishap.kind = fault.kind
            self._faults = [fault for fault in self._faults if fault.count is None or fault.met < fault.count]
        return mishap

    def _strikes(self, fault: Fault, endpoint: str, path: str) -> bool:
        method = endpoint.partition(" ")[0]
        named = (endpoint, endpoint.partition(" ")[2], path, f"{method} {path}")
        if not any(fnmatchcase(name, fault.endpoint) for name in named):
            return False
        return fault.probability >= 1 or self._chance.random() < fault.probability

    def _latency(self, fault: Fault) -> float:
        longest = max(fault.milliseconds, fault.up_to_milliseconds)
        return self._chance.uniform(fault.milliseconds, longest) / 1000
