"""LINE's webhook: verify, store, say 200. Everything else comes after the answer."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import SQLAlchemyError

from bot.services.inbox import Delivery
from handlers.processes import current_process

logger = logging.getLogger(__name__)
blueprint = Blueprint("webhook", __name__)

MOST_BYTES = 2 * 1024 * 1024
SIGNATURE = "X-Line-Signature"


@blueprint.post("/callback")
@blueprint.post("/webhook", endpoint="alias")
def receive() -> Response:
    """Answer 200 once the events are stored; 503 makes LINE send them again. LINE waits two seconds."""
    signature = request.headers.get(SIGNATURE, "")
    if not signature:
        abort(400)
    request.max_content_length = MOST_BYTES
    process = current_process()
    runtime = process.open()
    body = request.get_data(cache=False)
    if not runtime.line.is_signed(body, signature):
        abort(400)

    events = events_in(body)
    if not events:
        return Response("OK")  # the console's Verify button sends none
    door = process.open_door()
    try:
        stored = door.store(Delivery(events, runtime.now(), body, signature))
    except (SQLAlchemyError, TimeoutError) as error:
        logger.warning("events could not be stored: %s", type(error).__name__)
        abort(503)

    response = Response("OK")
    if stored:
        response.call_on_close(lambda: door.handle(stored))
    return response


def events_in(body: bytes) -> tuple[Mapping[str, Any], ...]:
    """Return the events of a signed body. Aborts with 400 if it has no form of LINE's."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        abort(400)
    events = parsed.get("events", []) if isinstance(parsed, dict) else None
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        abort(400)
    return tuple(events)
