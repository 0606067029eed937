"""Structured logs: one JSON line per entry on standard error, without people and secrets.

Standard output stays free for what a command was asked to print.
"""

import json
import logging
import re
import secrets
import sys
import traceback
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

from bot.scrubbing import scrub
from bot.traffic import Entry, TrafficLog

SANE_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
OURS = frozenset({"time", "level", "logger", "request_id", "pid"})
QUIET = {
    "apscheduler": logging.WARNING,
    "urllib3": logging.ERROR,
    "alembic": logging.WARNING,
    "werkzeug": logging.WARNING,
}

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
traffic = logging.getLogger("traffic")  # one line per webhook or LINE call, written the quick way
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class OneStream(logging.StreamHandler[TextIO]):
    """Writes to one stream, or to whatever standard error is at the moment of writing."""

    def __init__(self, chosen: TextIO | None, formatter: logging.Formatter) -> None:
        self._chosen = chosen
        super().__init__(chosen)
        self.setFormatter(formatter)

    @property
    def stream(self) -> TextIO:
        """Where the next line goes."""
        return self._chosen or sys.stderr

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        """The choice stands."""


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every logger of this process to one place in one form. Safe to repeat."""
    root = logging.getLogger()
    for logger, formatter in ((root, make_formatter()), (traffic, logging.Formatter())):
        others = [handler for handler in logger.handlers if not isinstance(handler, OneStream)]
        logger.handlers[:] = [*others, OneStream(stream, formatter)]
    traffic.propagate = False
    root.setLevel(level)
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))


def make_formatter() -> logging.Formatter:
    """Return the formatter that turns any record of any library into one scrubbed JSON line."""
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _add_origin,
        structlog.stdlib.ExtraAdder(),
    ]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.ExceptionRenderer(_format_exception),
            _scrub_all,
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def begin_request(given: str | None) -> str:
    """Name the request that begins: by the sender's `X-Request-ID` if that is sane, else by a name of ours."""
    name = given if given and SANE_ID.fullmatch(given) else secrets.token_hex(8)
    request_id.set(name)
    return name


def request_logged(method: str, path: str, status: int, seconds: float, *, address: str | None = None) -> None:
    """Note one answered request; for a webhook with its sender's address, since LINE keeps no logs for us."""
    _write_quickly(
        "request", {"method": method, "path": path, "status": status, "ms": _ms(seconds), "address": address}
    )


def call_logged(method: str, endpoint: str, status: int, seconds: float, *, line_request_id: str | None = None) -> None:
    """Note one call to LINE with LINE's own name for it; status 0 means that no answer came."""
    entry = {"method": method, "endpoint": _scrubbed(endpoint), "status": status, "ms": _ms(seconds)}
    _write_quickly("line call", entry | {"line_request_id": line_request_id})


_scrubbed = lru_cache(maxsize=1024)(scrub)


def _write_quickly(message: str, entry: dict[str, Any]) -> None:
    """For entries that are known to hold nothing to scrub; a webhook must not pay for more."""
    if traffic.isEnabledFor(logging.INFO):
        _traffic_log.add(message, request_id.get(), entry)


def _write_traffic(entries: list[Entry]) -> None:
    """Write many entries at once, one JSON line each."""
    lines = [_line_of(*entry) for entry in entries]
    for handler in traffic.handlers:
        if isinstance(handler, OneStream):
            with suppress(OSError, ValueError):  # a closed stream: nobody reads any more
                handler.stream.write("".join(lines))
                handler.stream.flush()


def _line_of(seconds: float, message: str, name: str | None, entry: dict[str, Any]) -> str:
    head = {"time": _iso(seconds), "level": "info", "message": message, "request_id": name}
    return _encode({name: value for name, value in (head | entry).items() if value is not None}) + "\n"


_traffic_log = TrafficLog(_write_traffic)
flush = _traffic_log.flush


def _add_origin(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    record: logging.LogRecord = entry["_record"]
    entry["time"] = _iso(record.created)
    entry["pid"] = record.process
    name = request_id.get()
    if name is not None:
        entry["request_id"] = name
    return entry


def _scrub_all(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    for name, value in entry.items():
        if name not in OURS and value is not None and not isinstance(value, bool | int | float):
            entry[name] = scrub(str(value))
    return entry


def _format_exception(exc_info: Any) -> str:
    return "".join(traceback.format_exception(*exc_info)).rstrip()


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
