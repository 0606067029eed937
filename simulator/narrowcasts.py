"""Narrowcasts on their way: waiting, sending, then succeeded or failed."""

import threading
from dataclasses import dataclass
from typing import Any

from simulator.clock import iso_utc

KEPT_SECONDS = 14 * 24 * 3600
TOO_FEW_RECIPIENTS = 2
NOT_ALL_RECIPIENTS = 5


@dataclass(slots=True)
class Narrowcast:
    request_id: str
    accepted_at: float
    messages: int
    month: str  # of the quota it has reserved
    reserved: int
    phase: str = "waiting"
    target: int = 0
    success: int = 0
    failure: int = 0
    completed_at: float = 0.0
    error_code: int = 0
    failed_description: str = ""

    def as_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"phase": self.phase, "acceptedTime": iso_utc(self.accepted_at)}
        if self.phase in {"sending", "succeeded"}:
            answer |= {"successCount": self.success, "failureCount": self.failure, "targetCount": self.target}
        if self.phase == "failed":
            answer |= {"failedDescription": self.failed_description, "errorCode": self.error_code}
        if self.completed_at:
            answer["completedTime"] = iso_utc(self.completed_at)
        return answer


class Narrowcasts:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_request: dict[str, Narrowcast] = {}

    def add(self, narrowcast: Narrowcast) -> None:
        with self._lock:
            self._by_request[narrowcast.request_id] = narrowcast

    def get(self, request_id: str) -> Narrowcast | None:
        return self._by_request.get(request_id)
