"""Control API: many people at once, groups, and webhooks made by the caller."""

from typing import Any

from flask import Blueprint, Response, jsonify

from simulator import acts, events
from simulator.groups import Group
from simulator.wishes import person_index, query_number, refuse, said, told, wait_seconds, whole, wishes
from simulator.world import World, current_world

control_crowds = Blueprint("control_crowds", __name__, url_prefix="/simulator")
MOST_EVENTS = 1000


def indexes_of(world: World, body: dict[str, Any]) -> list[int]:
    """People by {line_user_ids}, or {count} of them from position {first}."""
    line_user_ids = body.get("line_user_ids")
    if isinstance(line_user_ids, list):
        return [person_index(str(line_user_id)) for line_user_id in line_user_ids]
    first = whole(body, "first", default=0)
    count = whole(body, "count", least=1)
    if first + count > len(world.people):
        refuse("there are not so many people")
    return list(range(first, first + count))


@control_crowds.post("/follows")
def follow_many() -> Response:
    """Many people follow in one burst, {events_per_body} to a webhook."""
    world, body = current_world(), wishes()
    size = whole(body, "events_per_body", default=1, least=1, most=MOST_EVENTS)
    return jsonify(events=acts.follow_many(world, indexes_of(world, body), events_per_body=size))


@control_crowds.post("/texts")
def say_many() -> Response:
    """Many people write {text} in one burst."""
    world, body = current_world(), wishes()
    size = whole(body, "events_per_body", default=1, least=1, most=MOST_EVENTS)
    text = said(body, "text")
    many = [acts.message_event(world, index, events.text(text)) for index in indexes_of(world, body)]
    return jsonify(events=acts.send_many(world, many, events_per_body=size))


@control_crowds.get("/groups")
def list_groups() -> Response:
    world = current_world()
    return jsonify(groups=[group.as_json(world.people.ids) for group in world.groups.all()])


@control_crowds.post("/groups")
def create_group() -> tuple[Response, int]:
    """{name, members, room}: people invite the account; a join event is sent."""
    world, body = current_world(), wishes()
    members = [person_index(str(member)) for member in body.get("members", [])]
    group, event = acts.invite(world, said(body, "name", default="群組"), members, room=bool(body.get("room")))
    return jsonify(group=group.as_json(world.people.ids), event=event), 201


def group_of(chat_id: str) -> Group:
    group = current_world().groups.get(chat_id)
    if group is None:
        refuse("there is no such group", 404)
    return group


@control_crowds.get("/groups/<chat_id>")
def get_group(chat_id: str) -> Response:
    return jsonify(group_of(chat_id).as_json(current_world().people.ids))


@control_crowds.post("/groups/<chat_id>/say")
def say_in_group(chat_id: str) -> Response:
    """{line_user_id} writes {text} in the group."""
    world, body = current_world(), wishes()
    member = person_index(said(body, "line_user_id"))
    return told(world, acts.say_in_group(world, group_of(chat_id), member, events.text(said(body, "text"))))


@control_crowds.post("/groups/<chat_id>/remove")
def remove_from_group(chat_id: str) -> Response:
    """The account is removed from the group: a leave event."""
    world = current_world()
    return told(world, acts.remove_from_group(world, group_of(chat_id)))


@control_crowds.post("/webhooks")
def send_raw_webhook() -> Response:
    """Send {events} as they are given, signed; or {body} as text, with {signature} if it is to be a wrong one."""
    world, body = current_world(), wishes()
    if "body" in body:
        raw = said(body, "body").encode()
        status, reason = world.webhooks.post_bytes(raw, signature=body.get("signature"))
    elif isinstance(body.get("events"), list):
        status, reason = world.webhooks.post(body["events"])
    else:
        refuse("events or body must be given")
    return jsonify(status=status, reason=reason)


@control_crowds.get("/webhooks")
def list_webhooks() -> Response:
    """Webhooks sent after number {since}, and how the bot server took them."""
    world = current_world()
    sent = [webhook.as_json() for webhook in world.ledger.webhooks(since=query_number("since"))]
    return jsonify(webhooks=sent, waiting=world.webhooks.waiting, failed=world.webhooks.failed)


@control_crowds.get("/webhooks/idle")
def wait_for_webhooks() -> Response:
    """Wait until every webhook was answered, at most ?wait= seconds."""
    world = current_world()
    idle = world.notices.wait_until(lambda: world.webhooks.waiting == 0, wait_seconds())
    return jsonify(idle=idle, waiting=world.webhooks.waiting)


@control_crowds.post("/webhooks/redeliver")
def redeliver() -> Response:
    """Send failed webhooks again, marked as redelivery."""
    return jsonify(redelivered=current_world().webhooks.redeliver())


@control_crowds.get("/webhooks/behaviour")
def get_behaviour() -> Response:
    return jsonify(current_world().webhooks.behaviour.__dict__)


@control_crowds.put("/webhooks/behaviour")
def set_behaviour() -> Response:
    """Change {active, copies, delay_ms, shuffle_ms, events_per_body, redeliver}."""
    try:
        behaviour = current_world().webhooks.behave(**wishes())
    except TypeError:
        refuse("known are: active, copies, delay_ms, shuffle_ms, events_per_body, redeliver")
    return jsonify(behaviour.__dict__)
