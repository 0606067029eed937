"""Sending to people that are named: reply, push and multicast."""

from flask import Blueprint, Response, g

from simulator.acceptance import (
    accept_once,
    answer,
    check_message_request,
    note_reached,
    note_units,
    required_text,
    sent_messages,
    use_quota,
)
from simulator.gate import json_body
from simulator.groups import Group
from simulator.line_errors import LineError, Problems, bad_property, failed_to_send
from simulator.people import BLOCKED, DELETED, FOLLOWING, USER_ID
from simulator.property_checks import Json
from simulator.recipients import Recipients
from simulator.world import World, current_world

sending = Blueprint("sending", __name__, url_prefix="/v2/bot/message")
MOST_RECIPIENTS = 500
FRIEND_BITS = FOLLOWING | BLOCKED | DELETED
ID_LENGTH = 33


@sending.post("/reply")
def reply() -> Response:
    """Answer with a reply token; free."""
    world, body = current_world(), json_body()
    token_name = required_text(body, "replyToken")
    messages = check_message_request(world, body)
    token = world.reply_tokens.use(token_name)
    if token is None:
        raise LineError(400, "Invalid reply token")
    g.received.notes["since_webhook_ms"] = round((world.clock.seconds() - token.alive_from) * 1000, 3)
    message_ids = world.new_message_ids(len(messages))
    group = world.groups.joined(token.chat_id)
    if group is not None:
        group.messages.extend(messages)
    elif token.index is not None:
        world.deliver_to(token.index, "reply", g.received.body, message_ids)
        note_reached(world, Recipients([token.index]), counted=0, kind="reply")
    return answer(sent_messages(messages, message_ids))


@sending.post("/push")
def push() -> Response:
    """To one friend, somebody who wrote within seven days, a group or a room."""
    return accept_once(send_push)


def send_push() -> Json:
    world, body = current_world(), json_body()
    to = required_text(body, "to")
    messages = check_message_request(world, body)
    if len(to) != ID_LENGTH or to[0] not in "UCR":
        raise bad_property("'to'")
    message_ids = world.new_message_ids(len(messages))
    if to[0] == "U":
        push_to_person(world, world.people.index_of.get(to), message_ids)
    else:
        push_to_group(world, world.groups.joined(to), messages)
    note_units(world, body)
    return sent_messages(messages, message_ids)


def push_to_person(world: World, index: int | None, message_ids: list[str]) -> None:
    """Somebody who blocked or never became a friend gets nothing, and nothing is counted."""
    if index is None:
        raise failed_to_send()
    if not world.people.can_be_pushed(index, world.clock.seconds()):
        return
    use_quota(world, 1)
    world.deliver_to(index, "push", g.received.body, message_ids)
    note_reached(world, Recipients([index]), counted=1, kind="push")


def push_to_group(world: World, group: Group | None, messages: list[Json]) -> None:
    """A push to a group counts once for every member."""
    if group is None:
        raise failed_to_send()
    use_quota(world, len(group.members))
    group.messages.extend(messages)
    g.received.counted = len(group.members)
    world.quota.count_sent("push", len(group.members))


@sending.post("/multicast")
def multicast() -> Response:
    """To up to 500 friends, all or nothing."""
    return accept_once(send_multicast)


def send_multicast() -> Json:
    world, body = current_world(), json_body()
    line_user_ids = recipients_of(body)
    messages = check_message_request(world, body)
    for number, line_user_id in enumerate(line_user_ids):
        if not isinstance(line_user_id, str) or not USER_ID.match(line_user_id):
            raise bad_property(f"to[{number}]")
        if world.refuse_unknown_ids and line_user_id not in world.people.index_of:
            raise bad_property(f"to[{number}]")
    flags = world.people.flags
    friends = [index for index in world.people.known(line_user_ids) if flags[index] & FRIEND_BITS == FOLLOWING]
    use_quota(world, len(friends))
    reached = Recipients(friends)
    world.deliver_to_many(reached, "multicast", g.received.body, world.new_message_ids(len(messages)))
    note_reached(world, reached, counted=len(friends), kind="multicast")
    note_units(world, body)
    return {}


def recipients_of(body: Json) -> list[str]:
    """The property `to` of a multicast: 1 to 500 ids."""
    to = body.get("to")
    problems = Problems()
    if to is None:
        problems.add("to", "May not be empty")
    elif not isinstance(to, list):
        raise bad_property("'to'")
    elif not 1 <= len(to) <= MOST_RECIPIENTS:
        problems.add("to", f"Size must be between 1 and {MOST_RECIPIENTS}")
    problems.refuse()
    return list(to or ())
