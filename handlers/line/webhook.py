"""LINE's webhook: verify, store, say 200. Everything else comes after the answer.

A WSGI function in front of Flask, not a Flask view: this is the one door that a whole
campaign's answers come through at once, and Flask's request context costs as much as
checking and storing together.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wsgi import ClosingIterator, get_content_length, get_input_stream

from bot.services.inbox import Delivery, StoredEvent
from handlers import request_log
from handlers.processes import Process

logger = logging.getLogger(__name__)

PATHS = frozenset({"/callback", "/webhook"})
MOST_BYTES = 2 * 1024 * 1024
SIGNATURE = "HTTP_X_LINE_SIGNATURE"
LINE_PATIENCE, OTHERS_PATIENCE = 2.0, 20.0  # seconds

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


class RefusedError(Exception):
    """The request is answered with this status and nothing is kept."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


class Webhook:
    """Answers LINE's requests; hands every other path to the application behind it."""

    def __init__(self, application: Application, process: Process) -> None:
        self._application = application
        self._process = process

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO") not in PATHS:
            _wait_for_body(environ, OTHERS_PATIENCE)
            return self._application(environ, start_response)
        began = request_log.begin_webhook(environ)
        status, events = HTTPStatus.OK, list[StoredEvent]()
        try:
            events = self._receive(environ)
        except RefusedError as refusal:
            status = refusal.status
        request_log.note_webhook(environ, status, began)
        answer = _answer(start_response, status)
        if not events:
            return answer
        return ClosingIterator(answer, lambda: self._process.open_door().handle(events))

    def _receive(self, environ: Environ) -> list[StoredEvent]:
        """Return the new events once they are stored; 503 makes LINE send them again. LINE waits two seconds."""
        if environ["REQUEST_METHOD"] != "POST":
            raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED)
        signature = environ.get(SIGNATURE, "")
        if not signature:
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        body = _read(environ)
        runtime = self._process.open()
        if not runtime.line.is_signed(body, signature):
            raise RefusedError(HTTPStatus.BAD_REQUEST)
        events = events_in(body)
        if not events:
            return []  # the console's Verify button sends none
        try:
            return self._process.open_door().store(Delivery(events, runtime.now(), body, signature))
        except (SQLAlchemyError, TimeoutError) as error:
            logger.warning("events could not be stored: %s", type(error).__name__)
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE) from error
        except Exception as error:
            logger.exception("events could not be stored")
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE) from error


def _read(environ: Environ) -> bytes:
    """Return the raw body, at most two megabytes of it."""
    _wait_for_body(environ, LINE_PATIENCE)
    length = get_content_length(environ)
    if length is not None and length > MOST_BYTES:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        stream = get_input_stream(environ) if length is None else environ["wsgi.input"]
        body: bytes = stream.read(MOST_BYTES + 1 if length is None else length)
    except (OSError, ValueError):
        raise RefusedError(HTTPStatus.BAD_REQUEST) from None
    if len(body) > MOST_BYTES:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return body


def _wait_for_body(environ: Environ, seconds: float) -> None:
    """Let a silent sender hold a thread no longer than this between two pieces of its body (under gunicorn)."""
    connection = environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(seconds)


def _answer(start_response: Any, status: HTTPStatus) -> list[bytes]:
    text = status.phrase.encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers.append(("Allow", "POST"))
    start_response(f"{status.value} {status.phrase}", headers)
    return [text]


def events_in(body: bytes) -> tuple[Mapping[str, Any], ...]:
    """Return the events of a signed body. Raises RefusedError if it has no form of LINE's."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        raise RefusedError(HTTPStatus.BAD_REQUEST) from None
    events = parsed.get("events", []) if isinstance(parsed, dict) else None
    if not isinstance(events, list):
        raise RefusedError(HTTPStatus.BAD_REQUEST)
    return tuple(event if isinstance(event, dict) else {"notAnEvent": event} for event in events)
