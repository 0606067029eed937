"""Sending to people that are not named: broadcast, narrowcast and its progress; validation of messages."""

import random
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from simulator.acceptance import accept_once, answer, check_message_request, note_reached, use_quota
from simulator.gate import json_body
from simulator.line_errors import LineError, Problems, bad_property, monthly_limit, not_found
from simulator.narrowcasts import KEPT_SECONDS, NOT_ALL_RECIPIENTS, TOO_FEW_RECIPIENTS, Narrowcast
from simulator.property_checks import Json
from simulator.recipients import Recipients
from simulator.targeting import choose, uses_attributes
from simulator.world import World, current_world

mass_sending = Blueprint("mass_sending", __name__, url_prefix="/v2/bot/message")
LEAST_REACH = 100  # target reach an account needs before attributes may be used
LEAST_RECIPIENTS = 50


@mass_sending.post("/broadcast")
def broadcast() -> Response:
    """To everybody who follows."""
    return accept_once(send_broadcast)


def send_broadcast() -> Json:
    world, body = current_world(), json_body()
    messages = check_message_request(world, body)
    reached = Recipients(world.people.friends())
    use_quota(world, len(reached))
    world.deliver_to_many(reached, "broadcast", g.received.body, world.new_message_ids(len(messages)))
    note_reached(world, reached, counted=len(reached), kind="broadcast")
    return {}


@mass_sending.post("/narrowcast")
def narrowcast() -> Response:
    """To whom the conditions choose, a little later."""
    return accept_once(start_narrowcast, status=202)


def start_narrowcast() -> Json:
    """Accept a narrowcast; like LINE, reserve the whole target reach while it is prepared."""
    world, body = current_world(), json_body()
    messages = check_message_request(world, body)
    limit = check_limit(body)
    reach = len(world.people.friends())
    attributes = uses_attributes(body)
    if attributes and reach < LEAST_REACH:
        raise LineError(403, "Your account does not have enough friends")
    chosen = choose(world, body)
    reserved = min(reach, int(limit.get("max") or reach))
    left = world.quota.left()
    if limit.get("upToRemainingQuota") and left is not None:
        reserved = min(reserved, left)
    month = world.quota.reserve(reserved)
    if month is None:
        raise monthly_limit()
    order = Narrowcast(
        g.received.request_id, world.clock.seconds(), messages=len(messages), month=month, reserved=reserved
    )
    world.narrowcasts.add(order)
    received = g.received

    def send() -> None:
        order.phase = "sending"
        deliver(world, order, received, chosen, limit, attributes=attributes)
        world.alarms.after(world.settings.narrowcast_seconds, lambda: complete(world, order))

    world.alarms.after(world.settings.narrowcast_seconds, send)
    return {}


def check_limit(body: Json) -> Json:
    limit: Any = body.get("limit") or {}
    if not isinstance(limit, dict):
        raise bad_property("'limit'")
    most = limit.get("max")
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
        problems = Problems()
        problems.add("limit.max", "must be greater than or equal to 1")
        problems.refuse()
    if limit.get("forbidPartialDelivery") and not limit.get("upToRemainingQuota"):
        raise LineError(400, "The option forbidPartialDelivery must be used with upToRemainingQuota.")
    return limit


def deliver(
    world: World, order: Narrowcast, received: Any, chosen: list[int], limit: Json, *, attributes: bool
) -> None:
    """Show the messages to whoever was chosen and is still a friend, and settle the reservation."""
    friends = [index for index in chosen if world.people.is_friend(index)]
    order.target = len(friends)
    if attributes and len(friends) < LEAST_RECIPIENTS:
        order.error_code, order.failed_description = TOO_FEW_RECIPIENTS, "There are not enough recipients"
        friends = []
    elif len(friends) > order.reserved and limit.get("forbidPartialDelivery"):
        order.error_code, order.failed_description = NOT_ALL_RECIPIENTS, "Partial delivery is forbidden"
        friends = []
    elif len(friends) > order.reserved:
        friends = random.Random(order.request_id).sample(friends, order.reserved)  # noqa: S311 - LINE chooses at random too
    reached = Recipients(friends)
    order.success = len(reached)
    world.quota.settle(order.month, reserved=order.reserved, used=len(reached))
    received.reached, received.counted = reached, len(reached)
    if friends:
        world.deliver_to_many(reached, "narrowcast", received.body, world.new_message_ids(order.messages))
        world.quota.count_sent("narrowcast", len(reached))
    world.notices.post()


def complete(world: World, order: Narrowcast) -> None:
    order.phase = "failed" if order.error_code else "succeeded"
    order.completed_at = world.clock.seconds()
    world.notices.post()


@mass_sending.get("/progress/narrowcast")
def narrowcast_progress() -> Response:
    world, request_id = current_world(), request.args.get("requestId", "")
    if not request_id:
        raise LineError(400, "The value for the 'requestId' parameter is invalid")
    order = world.narrowcasts.get(request_id)
    if order is None or world.clock.seconds() - order.accepted_at > KEPT_SECONDS:
        raise not_found()
    return jsonify(order.as_json())


@mass_sending.post("/validate/<any(reply, push, multicast, narrowcast, broadcast):way>")
def validate(way: str) -> Response:  # noqa: ARG001 - all ways take the same messages
    """Check messages without sending them."""
    check_message_request(current_world(), json_body())
    return answer({})
