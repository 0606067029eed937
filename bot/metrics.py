"""What is counted for Prometheus while the program runs.

Several processes of one machine add up where PROMETHEUS_MULTIPROC_DIR names a folder they
share (gunicorn.conf.py makes one); alone, a process counts in its memory.
"""

import os
import re
from collections.abc import Iterable
from functools import cache, lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

ID_IN_PATH = re.compile(r"/(?=[^/]*\d)[^/]{12,}")  # a user, a menu or a message; its name would make endless series
LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

REGISTRY = CollectorRegistry()
webhooks = Counter(
    "yanglai_webhook_requests", "Webhook requests by the status they were given", ["status"], registry=REGISTRY
)
events = Counter("yanglai_webhook_events", "Webhook events by the state they reached", ["state"], registry=REGISTRY)
answers = Counter("yanglai_answers", "Answers to events by outcome", ["outcome"], registry=REGISTRY)
line_calls = Histogram(
    "yanglai_line_call_seconds",
    "Calls to LINE by endpoint and status (0: no answer)",
    ["endpoint", "status"],
    registry=REGISTRY,
    buckets=LATENCIES,
)


def webhook_answered(status: int) -> None:
    """Count one request to the webhook."""
    _webhooks_answered(status).inc()


@cache
def _webhooks_answered(status: int) -> Counter:
    return webhooks.labels(str(status))


def events_reached(state: str, count: int = 1) -> None:
    """Count events that came to a state: handled, not_understood, put_back (to be tried again, or given up)."""
    if count:
        events.labels(state).inc(count)


def answer_ended(outcome: str) -> None:
    """Count one answer by what became of it: sent, refused, expired."""
    answers.labels(outcome).inc()


def line_called(endpoint: str, status: int, seconds: float) -> None:
    """Count one call to LINE and how long it took; status 0 if no answer came."""
    _calls_of(endpoint, status).observe(seconds)


@lru_cache(maxsize=1024)
def _calls_of(endpoint: str, status: int) -> Histogram:
    return line_calls.labels(ID_IN_PATH.sub("/{id}", endpoint), str(status))


def write_exposition(figures: Iterable[Metric]) -> bytes:
    """Return everything counted so far, and the figures read at this moment, in Prometheus' text form."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        counted = generate_latest(registry)
    else:
        counted = generate_latest(REGISTRY)
    now = CollectorRegistry()
    now.register(_Figures(figures))
    return counted + generate_latest(now)


class _Figures(Collector):
    def __init__(self, figures: Iterable[Metric]) -> None:
        self._figures = list(figures)

    def collect(self) -> Iterable[Metric]:
        return self._figures
