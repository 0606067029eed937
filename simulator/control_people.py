"""Control API: making people and letting them act."""

import base64
import binascii
from typing import Any

from flask import Blueprint, Response, jsonify, request

from simulator import acts, events
from simulator.people import BLOCKED, DELETED, FOLLOWING, NO_CONSENT, REFUSES_NOTIFICATIONS, SILENT, Details
from simulator.wishes import person_index, query_number, refuse, said, told, wait_seconds, whole, wishes
from simulator.world import World, current_world

control_people = Blueprint("control_people", __name__, url_prefix="/simulator")
NAMED_AT_ONCE = 10_000
FLAGS = {
    "silent": SILENT,
    "refuses_notifications": REFUSES_NOTIFICATIONS,
    "deleted": DELETED,
    "following": FOLLOWING,
    "blocked": BLOCKED,
}
TEXTS = ("name", "language", "phone", "email", "status_message", "picture_url")


def change_details(world: World, index: int, body: dict[str, Any]) -> None:
    """Take over what the wishes say about a person; no webhook is sent."""
    known = world.people.details(index)
    values = {name: said(body, name, default=getattr(known, name)) for name in TEXTS}
    demographics = body.get("demographics", known.demographics)
    world.people.create(world.people.ids[index], details=Details(**values, demographics=demographics))
    for name, flag in FLAGS.items():
        if name in body:
            world.people.set_flag(index, flag, bool(body[name]))
    if "consented" in body:
        world.people.set_flag(index, NO_CONSENT, not body["consented"])
    world.notices.post()


@control_people.post("/people")
def create_person() -> tuple[Response, int]:
    """One person, by default not following; `following` makes a friend without any webhook."""
    world, body = current_world(), wishes()
    try:
        index = world.people.create(said(body, "line_user_id", default=""), following=bool(body.get("following")))
    except ValueError as error:
        refuse(str(error))
    change_details(world, index, body)
    return jsonify(world.people.as_json(index)), 201


@control_people.post("/people/bulk")
def create_people() -> tuple[Response, int]:
    """Many people with generated ids. Ids are named for up to 10,000."""
    world, body = current_world(), wishes()
    made = world.people.create_many(whole(body, "count", least=1), following=bool(body.get("following")))
    named = [world.people.ids[index] for index in made[:NAMED_AT_ONCE]]
    return jsonify(count=len(made), first=made.start, line_user_ids=named), 201


@control_people.get("/people")
def list_people() -> Response:
    """People made one by one first, then the newest generated ones."""
    world = current_world()
    limit, search = query_number("limit", 100), request.args.get("search", "")
    chosen = list(dict.fromkeys([*reversed(world.people.with_details()), *world.people.newest(limit)]))
    people = [{**world.people.as_json(index), "newest": world.chats.newest(index)} for index in chosen[: limit * 2]]
    found = [person for person in people if search in person["name"] or search in person["line_user_id"]]
    return jsonify(people=found[:limit], total=len(world.people))


@control_people.get("/people/<line_user_id>")
def get_person(line_user_id: str) -> Response:
    return jsonify(current_world().people.as_json(person_index(line_user_id)))


@control_people.patch("/people/<line_user_id>")
def change_person(line_user_id: str) -> Response:
    world, index = current_world(), person_index(line_user_id)
    change_details(world, index, wishes())
    return jsonify(world.people.as_json(index))


@control_people.get("/people/<line_user_id>/messages")
def list_messages(line_user_id: str) -> Response:
    """What this person's chat shows; with ?wait= only when something newer than ?after= came or time is up."""
    world, index, after = current_world(), person_index(line_user_id), query_number("after")
    shown = world.notices.wait_until(lambda: world.chats.shown(index, after=after), wait_seconds())
    return jsonify(messages=shown)


@control_people.post("/people/<line_user_id>/follow")
@control_people.post("/people/<line_user_id>/unblock")
def follow(line_user_id: str) -> Response:
    """Follow, or unblock: the event says which."""
    world = current_world()
    return told(world, acts.follow(world, person_index(line_user_id)))


@control_people.post("/people/<line_user_id>/block")
def block(line_user_id: str) -> Response:
    world = current_world()
    return told(world, acts.block(world, person_index(line_user_id)))


@control_people.post("/people/<line_user_id>/say")
def say(line_user_id: str) -> Response:
    """Write {text}, perhaps quoting {quoted_message_id}."""
    world, body = current_world(), wishes()
    message = events.text(
        said(body, "text"), quoted_message_id=body.get("quoted_message_id"), emojis=body.get("emojis")
    )
    return told(world, acts.say(world, person_index(line_user_id), message))


@control_people.post("/people/<line_user_id>/sticker")
def send_sticker(line_user_id: str) -> Response:
    world, body = current_world(), wishes()
    message = events.sticker(said(body, "package_id", default="446"), said(body, "sticker_id", default="1988"))
    return told(world, acts.say(world, person_index(line_user_id), message))


@control_people.post("/people/<line_user_id>/location")
def send_location(line_user_id: str) -> Response:
    world, body = current_world(), wishes()
    place = events.location(
        said(body, "title", default="台北 101"),
        said(body, "address", default="台北市信義區信義路五段 7 號"),
        float(body.get("latitude", 25.0337)),
        float(body.get("longitude", 121.5645)),
    )
    return told(world, acts.say(world, person_index(line_user_id), place))


@control_people.post("/people/<line_user_id>/<any(image, video, audio, file):kind>")
def send_content(line_user_id: str, kind: str) -> Response:
    """Send bytes: as the request body with its Content-Type, or in JSON as base64 {data, media_type}."""
    world, index = current_world(), person_index(line_user_id)
    media_type, data = request.mimetype or "application/octet-stream", request.get_data()
    if media_type == "application/json":
        body = wishes()
        media_type = said(body, "media_type", default="image/png")
        try:
            data = base64.b64decode(said(body, "data"), validate=True)
        except binascii.Error:
            refuse("data must be base64")
    more: dict[str, Any] = {"duration_ms": 5000} if kind in {"video", "audio"} else {}
    if kind == "file":
        more["name"] = request.args.get("name", "file.bin")
    return told(world, acts.send_content(world, index, kind, media_type, data, **more))


@control_people.post("/people/<line_user_id>/postback")
def postback(line_user_id: str) -> Response:
    """Tap something with {data}, perhaps {params} of a date picker and a {display_text}."""
    world, body = current_world(), wishes()
    event = acts.postback(
        world,
        person_index(line_user_id),
        said(body, "data"),
        params=body.get("params"),
        display_text=body.get("display_text"),
    )
    return told(world, event)


@control_people.post("/people/<line_user_id>/switch-rich-menu")
def switch_rich_menu(line_user_id: str) -> Response:
    world, body = current_world(), wishes()
    index = person_index(line_user_id)
    return told(world, acts.switch_rich_menu(world, index, said(body, "alias"), said(body, "data")))


@control_people.post("/people/<line_user_id>/unsend")
def unsend(line_user_id: str) -> Response:
    world = current_world()
    return told(world, acts.unsend(world, person_index(line_user_id), said(wishes(), "message_id")))


@control_people.post("/people/<line_user_id>/video-watched")
def watch_video(line_user_id: str) -> Response:
    world = current_world()
    return told(world, acts.watch_video(world, person_index(line_user_id), said(wishes(), "tracking_id")))
