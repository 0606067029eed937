"""Rich menu aliases (reference/messaging-api#rich-menu-alias)."""

import re

from flask import Blueprint, Response, jsonify

from simulator.acceptance import answer, required_text
from simulator.gate import json_body
from simulator.line_errors import LineError, Problems, not_found
from simulator.property_checks import Json
from simulator.rich_menu_api import checked_menu_id
from simulator.world import World, current_world

rich_menu_aliases = Blueprint("rich_menu_aliases", __name__, url_prefix="/v2/bot/richmenu/alias")
ALIAS = re.compile(r"[a-z0-9_-]{1,32}\Z")


def usable_menu(world: World, body: Json) -> str:
    """The id of a menu that exists and has its picture."""
    rich_menu_id = checked_menu_id(body, "richMenuId", "richMenuId")
    menu = world.rich_menus.menus.get(rich_menu_id)
    if menu is None or not menu.image:
        raise LineError(400, "richmenu not found")
    return rich_menu_id


def known_alias(world: World, alias_id: str) -> str:
    if alias_id not in world.rich_menus.aliases:
        raise not_found("richmenu alias not found")
    return alias_id


@rich_menu_aliases.post("")
def create_alias() -> Response:
    world, body = current_world(), json_body()
    alias_id = required_text(body, "richMenuAliasId")
    if not ALIAS.match(alias_id):
        problems = Problems()
        problems.add("richMenuAliasId", "invalid richMenuAliasId")
        problems.refuse()
    rich_menu_id = usable_menu(world, body)
    if alias_id in world.rich_menus.aliases:
        raise LineError(400, "conflict richmenu alias id")
    world.rich_menus.aliases[alias_id] = rich_menu_id
    return answer({})


@rich_menu_aliases.get("/list")
def list_aliases() -> Response:
    aliases = current_world().rich_menus.aliases.items()
    return jsonify(aliases=[{"richMenuAliasId": alias, "richMenuId": menu} for alias, menu in aliases])


@rich_menu_aliases.get("/<rich_menu_alias_id>")
def get_alias(rich_menu_alias_id: str) -> Response:
    world = current_world()
    alias_id = known_alias(world, rich_menu_alias_id)
    return jsonify(richMenuAliasId=alias_id, richMenuId=world.rich_menus.aliases[alias_id])


@rich_menu_aliases.post("/<rich_menu_alias_id>")
def update_alias(rich_menu_alias_id: str) -> Response:
    world = current_world()
    alias_id = known_alias(world, rich_menu_alias_id)
    world.rich_menus.aliases[alias_id] = usable_menu(world, json_body())
    return answer({})


@rich_menu_aliases.delete("/<rich_menu_alias_id>")
def delete_alias(rich_menu_alias_id: str) -> Response:
    world = current_world()
    del world.rich_menus.aliases[known_alias(world, rich_menu_alias_id)]
    return answer({})
