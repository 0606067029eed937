"""Names every request, and notes how it was answered."""

import time
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, g, request

from bot import logs, metrics
from bot.scrubbing import scrub

HEADER = "X-Request-ID"
UNNOTED = ("/healthz", "/readyz", "/metrics")
LONGEST_PATH = 200


def init_app(app: Flask) -> None:
    """Watch the requests that come through Flask."""
    app.before_request(begin)
    app.after_request(note)


def begin_webhook(environ: Mapping[str, Any]) -> float:
    """Name a webhook request, which does not come through Flask; return when it began."""
    logs.begin_request(environ.get("HTTP_X_REQUEST_ID"))
    return time.perf_counter()


def note_webhook(environ: Mapping[str, Any], status: int, began: float) -> None:
    """Log and count the answer to a webhook, with the sender's address: LINE keeps no such log for us."""
    metrics.webhook_answered(status)
    logs.request_logged(
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"],
        status,
        time.perf_counter() - began,
        address=environ.get("REMOTE_ADDR"),
    )


def begin() -> None:
    """Give the request its name; every line of the log carries it from here on."""
    g.request_began = time.perf_counter()
    g.request_id = logs.begin_request(request.headers.get(HEADER))


def note(response: Response) -> Response:
    """Log the answer. Paths appear as their pattern, because they may hold ids of people."""
    if request.path in UNNOTED or "request_began" not in g:
        return response
    if request.endpoint is None or not request.endpoint.endswith("static"):
        path = request.url_rule.rule if request.url_rule else scrub(request.path[:LONGEST_PATH])
        seconds = time.perf_counter() - g.request_began
        logs.request_logged(request.method, path, response.status_code, seconds)
    response.headers[HEADER] = g.request_id
    return response
