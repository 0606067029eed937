"""Names every request, and notes how it was answered."""

import time

from flask import Flask, Response, g, request

from bot import logs, metrics
from bot.scrubbing import scrub

HEADER = "X-Request-ID"
WEBHOOK = ("/callback", "/webhook")
UNNOTED = ("/healthz", "/readyz", "/metrics")
LONGEST_PATH = 200


def init_app(app: Flask) -> None:
    """Watch the requests of the whole application."""
    app.before_request(begin)
    app.after_request(note)


def begin() -> None:
    """Give the request its name; every line of the log carries it from here on."""
    g.request_began = time.perf_counter()
    g.request_id = logs.begin_request(request.headers.get(HEADER))


def note(response: Response) -> Response:
    """Log and count the answer. Paths appear as their pattern, because they may hold ids of people."""
    path = request.path
    if path in UNNOTED or "request_began" not in g:
        return response
    seconds = time.perf_counter() - g.request_began
    if path in WEBHOOK:
        metrics.webhook_answered(response.status_code)
        logs.request_logged(request.method, path, response.status_code, seconds, address=request.remote_addr)
    elif request.endpoint is None or not request.endpoint.endswith("static"):
        rule = request.url_rule.rule if request.url_rule else scrub(path[:LONGEST_PATH])
        logs.request_logged(request.method, rule, response.status_code, seconds)
    response.headers[HEADER] = g.request_id
    return response
