"""LINE notification messages, both kinds (reference/line-notification-messages)."""

import json
import re
from typing import Any

from flask import Blueprint, Response, g, request

from simulator import events
from simulator import property_checks as check
from simulator.acceptance import answer, check_message_request, note_units, required_text
from simulator.gate import json_body
from simulator.line_errors import LineError, Problems, failed_to_send, not_available
from simulator.message_checks import WITHOUT_MEDIA, check_units
from simulator.people import BLOCKED, DELETED, REFUSES_NOTIFICATIONS, SILENT
from simulator.property_checks import Json
from simulator.recipients import Recipients
from simulator.world import World, current_world

notifications = Blueprint("notifications", __name__)
HASH = re.compile(r"[0-9a-f]{64}\Z")
SHORTEST_TAG, LONGEST_TAG = 16, 100


@notifications.post("/bot/pnp/push")
def push_flexible() -> Response:
    """The flexible kind: any messages without pictures, films and sounds; 200."""
    world, body = current_world(), json_body()
    check_permission(world)
    phone = checked_destination(body)
    messages = check_message_request(world, body, kinds=WITHOUT_MEDIA)
    index = addressee(world, phone)
    note_units(world, body)
    arrange_delivery(world, index, phone, g.received.body, len(messages), kind="pnp")
    return answer({})


@notifications.post("/v2/bot/message/pnp/templated/push")
def push_templated() -> Response:
    """The template kind: keys of a template, its items and buttons; 202."""
    world, body = current_world(), json_body()
    check_permission(world)
    phone = checked_destination(body)
    check_template(world, body)
    check_units(body)
    index = addressee(world, phone)
    note_units(world, body)
    shown = json.dumps({"messages": [{**body, "type": "notification"}]}).encode()
    arrange_delivery(world, index, phone, shown, 1, kind="pnp/templated")
    return answer({}, 202)


def check_permission(world: World) -> None:
    if not world.may_notify:
        raise not_available()


def checked_destination(body: Json) -> str:
    """The phone hash `to`, after the delivery tag was looked at."""
    tag = delivery_tag()
    if tag is not None and not SHORTEST_TAG <= len(tag) <= LONGEST_TAG:
        raise LineError(400, "The value for the 'X-Line-Delivery-Tag' header is invalid")
    to = required_text(body, "to")
    if not HASH.match(to):
        problems = Problems()
        problems.add("to", "The value must be a valid SHA-256 digest.")
        problems.refuse()
    return to


def delivery_tag() -> str | None:
    return request.headers.get("X-Line-Delivery-Tag")


def addressee(world: World, phone: str) -> int:
    """The person with this number.

    Raises LineError (422) if there is none or the person refused notification messages.
    """
    index = world.people.by_phone(phone)
    if index is None or world.people.flags[index] & (REFUSES_NOTIFICATIONS | DELETED):
        raise failed_to_send(422)
    return index


def check_template(world: World, body: Json) -> None:
    """Keys exist (where the simulator was told which), appear once and say something."""
    problems = Problems()
    key = required_text(body, "templateKey")
    if world.template_keys is not None and key not in world.template_keys:
        detail = {"message": "The specified template doesn't exist, or you don't have the permission"}
        raise LineError(400, f"Invalid templateKey: {key}", [{**detail, "property": "templateKey"}])
    content: Any = body.get("body") or {}
    emphasized = check.one_object(content, "emphasizedItem", "body", problems, required=False)
    items = check.objects(content, "items", "body", problems, least=0, most=15)
    buttons = check.objects(content, "buttons", "body", problems, least=0, most=2)
    seen: set[str] = set()
    if emphasized is not None:
        check_item(emphasized, "body.emphasizedItem", problems, seen, longest=15)
    for number, item in enumerate(items):
        check_item(item, f"body.items[{number}]", problems, seen, longest=300)
    for number, button in enumerate(buttons):
        check.text(button, "buttonKey", f"body.buttons[{number}]", problems, longest=100)
        check.text(button, "url", f"body.buttons[{number}]", problems, longest=1000, measure=len)
    problems.refuse()


def check_item(item: Json, where: str, problems: Problems, seen: set[str], *, longest: int) -> None:
    key = check.text(item, "itemKey", where, problems, longest=100)
    check.text(item, "content", where, problems, longest=longest)
    if key and key in seen:
        repeated = f"Duplicate itemKey in items or between emphasizedItem and items are not allowed: {key}"
        problems.add(f"{where}.itemKey", repeated)
    seen.add(key)


def arrange_delivery(world: World, index: int, phone: str, shown: bytes, count: int, *, kind: str) -> None:
    """Let the message arrive after a while, unless the person blocked or is silent, and tell by webhook."""
    tag = delivery_tag() or phone
    received = g.received

    def deliver() -> None:
        if world.people.flags[index] & (BLOCKED | SILENT):
            return
        world.deliver_to(index, "notification", shown, world.new_message_ids(count))
        received.reached = Recipients([index])
        world.quota.count_sent(kind, 1)
        world.tell(index, events.event(world.clock, "delivery", None, delivery={"data": tag}))
        world.notices.post()

    world.alarms.after(world.notification_seconds, deliver)
