"""The chat page: LINE on a phone, for whoever wants to try the account by hand."""

from flask import Blueprint, Response, jsonify, render_template

from simulator.wishes import person_index, query_number, refuse, wait_seconds
from simulator.world import World, current_world

chat = Blueprint("chat", __name__)


@chat.get("/")
def show_chat() -> str:
    return render_template("chat.html", settings=current_world().settings)


@chat.get("/simulator/notices")
def watch() -> Response:
    """The number of the newest notice; with ?wait= only when it is another than ?notice=."""
    return jsonify(notice=newest_notice(current_world()))


def newest_notice(world: World) -> int:
    seen, wait = query_number("notice"), wait_seconds()
    if wait:
        world.notices.wait_until(lambda: world.notices.number != seen, wait)
    return world.notices.number


@chat.get("/simulator/chat/<line_user_id>")
def watch_chat(line_user_id: str) -> Response:
    """What changed in one chat since ?notice=: messages after ?after=, loading animation, rich menu, friendship."""
    world, index = current_world(), person_index(line_user_id)
    notice = newest_notice(world)
    return jsonify(notice=notice, **look(world, index, query_number("after")))


def look(world: World, index: int, after: int) -> dict[str, object]:
    menu = world.rich_menus.shown_to(index)
    return {
        "person": world.people.as_json(index),
        "messages": world.chats.shown(index, after=after),
        "loading_seconds": max(0.0, world.chats.loading_until.get(index, 0.0) - world.clock.seconds()),
        "rich_menu": None if menu is None or not world.people.is_friend(index) else menu.as_json(),
    }


@chat.get("/simulator/rich-menus/<rich_menu_id>/image")
def rich_menu_image(rich_menu_id: str) -> Response:
    """The picture of a rich menu as the phone shows it."""
    menu = current_world().rich_menus.menus.get(rich_menu_id)
    if menu is None or not menu.image:
        refuse("there is no such picture", 404)
    return Response(menu.image, content_type=menu.image_type)


@chat.get("/simulator/contents/<message_id>")
def own_content(message_id: str) -> Response:
    """What a person sent, as the own chat shows it."""
    content = current_world().contents.get(message_id)
    if content is None or content.gone:
        refuse("there is no such content", 404)
    media_type = content.media_type if content.media_type.startswith(("image/", "video/", "audio/")) else ""
    response = Response(content.data, content_type=media_type or "application/octet-stream")
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
