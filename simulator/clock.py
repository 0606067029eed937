"""The simulator's own clock. It can be moved forward, so that a test need not wait a minute."""

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

LINE_ZONE = timezone(timedelta(hours=9))  # dates and months of LINE's statistics are those of Tokyo


class Clock:
    """Real time plus whatever `advance` added."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._lock = threading.Lock()

    def seconds(self) -> float:
        """Unix time in seconds."""
        return time.time() + self._ahead

    def milliseconds(self) -> int:
        return int(self.seconds() * 1000)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), tz=UTC)

    def in_tokyo(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), tz=LINE_ZONE)

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`; earlier moves stay."""
        with self._lock:
            self._ahead += seconds

    def reset(self) -> None:
        with self._lock:
            self._ahead = 0.0


def iso_utc(seconds: float) -> str:
    """Unix seconds as LINE writes times in progress answers: milliseconds and a Z."""
    moment = datetime.fromtimestamp(seconds, tz=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
