"""What accepting a message request means: checks, quota, retry key, answer."""

from collections.abc import Callable

from flask import Response, g, jsonify, request

from simulator import identifiers
from simulator.line_errors import LineError, Problems, bad_property, monthly_limit
from simulator.message_checks import check_messages, check_units
from simulator.property_checks import Json, UrlRule
from simulator.recipients import Recipients
from simulator.retry_keys import KEY, fingerprint
from simulator.world import World, current_world

QUOTABLE = frozenset({"text", "textV2", "sticker", "image", "video", "template", "flex"})
UNITS_PER_MONTH = 1000


def accept_once(send: Callable[[], Json], *, status: int = 200) -> Response:
    """Send, unless the request's retry key was accepted within 24 hours: then 409 and the first answer."""
    world, key = current_world(), request.headers.get("X-Line-Retry-Key")
    if key is None:
        return answer(send(), status)
    if not KEY.match(key):
        raise LineError(400, "The retry key is invalid")
    accepted = world.retry_keys.take(key)
    if accepted is not None:
        g.received.notes["same_body"] = accepted.body_hash == fingerprint(g.received.body)
        refusal = LineError(409, "The retry key is already accepted", **accepted.answer)
        refusal.headers["x-line-accepted-request-id"] = accepted.request_id
        raise refusal
    try:
        sent = send()
        world.retry_keys.accept(key, g.received.request_id, g.received.body, sent)
    finally:
        world.retry_keys.release(key)
    return answer(sent, status)


def answer(body: Json, status: int = 200) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


def check_message_request(world: World, body: Json, *, kinds: tuple[str, ...] | None = None) -> list[Json]:
    """The messages of a request whose common properties are in order.

    Raises LineError as LINE would.
    """
    if not isinstance(body.get("notificationDisabled", False), bool):
        raise bad_property("'notificationDisabled'")
    check_units(body)
    return check_messages(body, urls=UrlRule(allow_plain_http=world.settings.allow_plain_http), kinds=kinds)


def required_text(body: Json, name: str) -> str:
    value = body.get(name)
    if value is None or value == "":
        problems = Problems()
        problems.add(name, "May not be empty")
        problems.refuse()
    if not isinstance(value, str):
        raise bad_property(f"'{name}'")
    return value


def use_quota(world: World, messages: int) -> None:
    """Take messages from the month's quota; nothing is sent if they do not fit."""
    if not world.quota.take(messages):
        raise monthly_limit()


def sent_messages(messages: list[Json], message_ids: list[str]) -> Json:
    """The answer that names each message, with a quote token where it can be quoted."""
    sent = []
    for message, message_id in zip(messages, message_ids, strict=True):
        entry = {"id": message_id}
        if message["type"] in QUOTABLE:
            entry["quoteToken"] = identifiers.quote_token()
        sent.append(entry)
    return {"sentMessages": sent}


def note_reached(world: World, recipients: Recipients, *, counted: int, kind: str) -> None:
    """Write into the ledger and the day's counts who was reached."""
    g.received.reached = recipients
    g.received.counted = counted
    world.quota.count_sent(kind, len(recipients))


def note_units(world: World, body: Json) -> None:
    """Remember the month's aggregation units; the 1,001st is not assigned."""
    units = world.aggregation_units.setdefault(world.quota.month(), set())
    for unit in body.get("customAggregationUnits") or ():
        if len(units) < UNITS_PER_MONTH:
            units.add(unit)
