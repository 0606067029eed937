"""Rich menu endpoints: create, list, delete, default, per person, batch (docs/messaging-api/rich-menus-overview)."""

from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from simulator import property_checks as check
from simulator.acceptance import answer, required_text
from simulator.clock import iso_utc
from simulator.gate import json_body
from simulator.line_errors import LineError, Problems, bad_path_value, bad_property, not_found
from simulator.people import USER_ID
from simulator.property_checks import Json
from simulator.rich_menus import RichMenu, check_rich_menu
from simulator.world import World, current_world

rich_menu_api = Blueprint("rich_menu_api", __name__, url_prefix="/v2/bot")
MOST_AT_ONCE = 500
MOST_OPERATIONS = 1000


def menu_named(rich_menu_id: str) -> RichMenu:
    menu = current_world().rich_menus.menus.get(rich_menu_id)
    if menu is None:
        raise not_found()
    return menu


def with_image(menu: RichMenu) -> RichMenu:
    """The menu if it has its picture, without which nobody can get it."""
    if not menu.image:
        raise LineError(400, "must upload richmenu image before applying it to user", [])
    return menu


@rich_menu_api.post("/richmenu")
def create_rich_menu() -> Response:
    content = json_body()
    check_rich_menu(content)
    rich_menu_id = current_world().rich_menus.create(content)
    if rich_menu_id is None:
        raise LineError(400, "The maximum number of rich menus has been reached")
    return jsonify(richMenuId=rich_menu_id)


@rich_menu_api.post("/richmenu/validate")
def validate_rich_menu() -> Response:
    check_rich_menu(json_body())
    return answer({})


@rich_menu_api.get("/richmenu/list")
def list_rich_menus() -> Response:
    menus = list(current_world().rich_menus.menus.values())
    return jsonify(richmenus=[menu.as_json() for menu in menus])


@rich_menu_api.get("/richmenu/<rich_menu_id>")
def get_rich_menu(rich_menu_id: str) -> Response:
    return jsonify(menu_named(rich_menu_id).as_json())


@rich_menu_api.delete("/richmenu/<rich_menu_id>")
def delete_rich_menu(rich_menu_id: str) -> Response:
    current_world().rich_menus.delete(menu_named(rich_menu_id).rich_menu_id)
    return answer({})


@rich_menu_api.post("/user/all/richmenu/<rich_menu_id>")
def set_default(rich_menu_id: str) -> Response:
    current_world().rich_menus.default_id = with_image(menu_named(rich_menu_id)).rich_menu_id
    return answer({})


@rich_menu_api.get("/user/all/richmenu")
def get_default() -> Response:
    default_id = current_world().rich_menus.default_id
    if default_id is None:
        raise not_found("no default richmenu")
    return jsonify(richMenuId=default_id)


@rich_menu_api.delete("/user/all/richmenu")
def clear_default() -> Response:
    current_world().rich_menus.default_id = None
    return answer({})


def checked_user_id(user_id: str) -> str:
    if not USER_ID.match(user_id):
        raise bad_path_value("userId")
    return user_id


@rich_menu_api.get("/user/<user_id>/richmenu")
def get_menu_of_user(user_id: str) -> Response:
    world = current_world()
    index = world.people.index_of.get(checked_user_id(user_id), -1)
    rich_menu_id = world.rich_menus.of_person.get(index)
    if rich_menu_id is None:
        raise not_found("the user has no richmenu")
    return jsonify(richMenuId=rich_menu_id)


@rich_menu_api.post("/user/<user_id>/richmenu/<rich_menu_id>")
def link_menu(user_id: str, rich_menu_id: str) -> Response:
    world = current_world()
    line_user_id = checked_user_id(user_id)
    menu = with_image(menu_named(rich_menu_id))
    world.rich_menus.link(friends_among(world, [line_user_id]), menu.rich_menu_id)
    return answer({})


@rich_menu_api.delete("/user/<user_id>/richmenu")
def unlink_menu(user_id: str) -> Response:
    world = current_world()
    world.rich_menus.unlink(world.people.known([checked_user_id(user_id)]))
    return answer({})


def friends_among(world: World, line_user_ids: list[str]) -> list[int]:
    """Linking to people who are not friends is accepted and does nothing."""
    return [index for index in world.people.known(line_user_ids) if world.people.is_friend(index)]


def user_ids_of(body: Json) -> list[str]:
    value: Any = body.get("userIds")
    problems = Problems()
    if value is None:
        problems.add("userIds", "May not be empty")
    elif not isinstance(value, list):
        raise bad_property("'userIds'")
    elif not 1 <= len(value) <= MOST_AT_ONCE:
        problems.add("userIds", f"Size must be between 1 and {MOST_AT_ONCE}")
    problems.refuse()
    for number, line_user_id in enumerate(value):
        if not isinstance(line_user_id, str) or not USER_ID.match(line_user_id):
            raise bad_property(f"'userIds[{number}]'")
    return list(value)


@rich_menu_api.post("/richmenu/bulk/link")
def link_many() -> Response:
    world, body = current_world(), json_body()
    rich_menu_id = checked_menu_id(body, "richMenuId", "richMenuId")
    line_user_ids = user_ids_of(body)
    menu = world.rich_menus.menus.get(rich_menu_id)
    if menu is None:
        raise not_found("richmenu not found")
    world.rich_menus.link(friends_among(world, line_user_ids), with_image(menu).rich_menu_id)
    return answer({}, 202)


@rich_menu_api.post("/richmenu/bulk/unlink")
def unlink_many() -> Response:
    world = current_world()
    world.rich_menus.unlink(world.people.known(user_ids_of(json_body())))
    return answer({}, 202)


def checked_menu_id(holder: Json, name: str, where: str) -> str:
    rich_menu_id = required_text(holder, name)
    if not rich_menu_id.startswith("richmenu-") or len(rich_menu_id) != len("richmenu-") + 32:
        problems = Problems()
        problems.add(where, "invalid richMenuId")
        problems.refuse()
    return rich_menu_id


@rich_menu_api.post("/richmenu/batch")
def batch() -> Response:
    """Replace or unlink menus of everybody who has a certain one."""
    world, body = current_world(), json_body()
    operations = checked_operations(world, body)
    for operation in operations:
        if operation["type"] == "unlinkAll":
            world.rich_menus.of_person.clear()
        else:
            world.rich_menus.replace_everywhere(operation["from"], operation.get("to"))
    world.rich_menus.batches[g.received.request_id] = world.clock.seconds()
    return answer({}, 202)


@rich_menu_api.post("/richmenu/validate/batch")
def validate_batch() -> Response:
    checked_operations(current_world(), json_body())
    return answer({})


def checked_operations(world: World, body: Json) -> list[Json]:
    problems = Problems()
    operations = check.objects(body, "operations", "", problems, least=1, most=MOST_OPERATIONS)
    problems.refuse()
    kinds = [operation.get("type") for operation in operations]
    if "unlinkAll" in kinds and len(operations) > 1:
        problems.add("operations[].type", "'unlinkAll' type can't be combined with other type")
    seen: set[str] = set()
    for number, operation in enumerate(operations):
        where = f"operations[{number}]"
        kind = check.one_of(operation, "type", where, problems, values=("link", "unlink", "unlinkAll"))
        for name in {"link": ("from", "to"), "unlink": ("from",)}.get(kind or "", ()):
            check_operand(world, checked_menu_id(operation, name, f"{where}.{name}"), f"{where}.{name}", problems)
        source = operation.get("from")
        if isinstance(source, str) and source in seen:
            problems.add("operations[].from", f"from richmenu ({source}) is duplicated")
        seen.add(str(source))
    problems.refuse()
    return operations


def check_operand(world: World, rich_menu_id: str, where: str, problems: Problems) -> None:
    menu = world.rich_menus.menus.get(rich_menu_id)
    if menu is None:
        missing = {"message": f"Richmenu ({rich_menu_id}) is not found", "property": where}
        raise LineError(404, "The request body has 1 error(s)", [missing])
    if where.endswith(".to") and not menu.image:
        problems.add(where, f"'to' richmenu ({rich_menu_id}) must have image but it doesn't")


@rich_menu_api.get("/richmenu/progress/batch")
def batch_progress() -> Response:
    accepted_at = current_world().rich_menus.batches.get(request.args.get("requestId", ""))
    if accepted_at is None:
        raise not_found()
    moment = iso_utc(accepted_at)
    return jsonify(phase="succeeded", acceptedTime=moment, completedTime=moment)
