"""Reading what callers of the control API wish for."""

from typing import Any, NoReturn

from flask import Response, abort, jsonify, make_response, request

from simulator.events import Event
from simulator.people import USER_ID
from simulator.world import World, current_world

LONGEST_WAIT = 60.0


def wishes() -> dict[str, Any]:
    """The JSON object of the request, or an empty one."""
    body: Any = request.get_json(force=True, silent=True) if request.get_data(cache=True) else {}
    if not isinstance(body, dict):
        refuse("the body must be a JSON object")
    return body


def refuse(reason: str, status: int = 400) -> NoReturn:
    """End the request with a sentence about what is wrong."""
    abort(make_response(jsonify(error=reason), status))


def whole(
    body: dict[str, Any], name: str, *, default: int | None = None, least: int = 0, most: int = 10_000_000
) -> int:
    """A whole number out of the wishes."""
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        refuse(f"{name} must be a whole number from {least} to {most}")
    return value


def said(body: dict[str, Any], name: str, *, default: str | None = None) -> str:
    """A text out of the wishes."""
    value = body.get(name, default)
    if not isinstance(value, str):
        refuse(f"{name} must be a text")
    return value


def person_index(line_user_id: str) -> int:
    """The index of a person who exists."""
    index = current_world().people.index_of.get(line_user_id) if USER_ID.match(line_user_id) else None
    if index is None:
        refuse("there is no such person", 404)
    return index


def wait_seconds() -> float:
    """The query parameter `wait`."""
    try:
        return min(LONGEST_WAIT, max(0.0, float(request.args.get("wait", "0"))))
    except ValueError:
        refuse("wait must be a number of seconds")


def query_number(name: str, default: int = 0) -> int:
    text = request.args.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        refuse(f"{name} must be a whole number")
    return int(text)


def told(world: World, event: Event) -> Response:
    """The event as it was sent; with ?wait= also how the bot server took it."""
    wait = wait_seconds()
    outcome = None
    if wait:
        outcome = world.notices.wait_until(lambda: delivery_of(world, event["webhookEventId"]), wait)
    return jsonify(event=event, webhook=outcome)


def delivery_of(world: World, event_id: str) -> dict[str, Any] | None:
    sent = world.ledger.webhook_of(event_id)
    return sent.as_json() if sent is not None else None
