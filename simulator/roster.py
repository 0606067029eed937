"""People as LINE shows them to an account: profiles, the follower list, groups, link tokens."""

from typing import Any

from flask import Blueprint, Response, jsonify

from simulator import identifiers
from simulator.acceptance import answer
from simulator.account import page_limit, page_start
from simulator.groups import Group
from simulator.line_errors import bad_path_value, not_available, not_found
from simulator.people import USER_ID
from simulator.world import World, current_world

roster = Blueprint("roster", __name__, url_prefix="/v2/bot")
MEMBERS_PER_PAGE = 100


def person(line_user_id: str) -> int:
    """The index of an existing person.

    Raises LineError: 400 for what is no user id, 404 for nobody.
    """
    if not USER_ID.match(line_user_id):
        raise bad_path_value("userId")
    index = current_world().people.index_of.get(line_user_id)
    if index is None:
        raise not_found()
    return index


@roster.get("/profile/<user_id>")
def get_profile(user_id: str) -> Response:
    world, index = current_world(), person(user_id)
    if not world.people.can_be_seen(index, world.clock.seconds()):
        raise not_found()
    return jsonify(profile(world, index, with_language=True))


def profile(world: World, index: int, *, with_language: bool = False) -> dict[str, Any]:
    """A profile; what a person does not have is left out."""
    details = world.people.details(index)
    shown = {"userId": world.people.ids[index], "displayName": details.name}
    if details.picture_url:
        shown["pictureUrl"] = details.picture_url
    if with_language and details.status_message:
        shown["statusMessage"] = details.status_message
    if with_language and details.language:
        shown["language"] = details.language
    return shown


@roster.get("/followers/ids")
def list_followers() -> Response:
    """A page of the ids of friends. Only verified accounts may ask."""
    world = current_world()
    if not world.may_list_followers:
        raise not_available()
    limit = page_limit(most=1000, default=300)
    line_user_ids, following_page = world.people.follower_page(page_start(world), limit)
    page: dict[str, Any] = {"userIds": line_user_ids}
    if following_page is not None:
        page["next"] = world.continuations.issue(following_page)
    return jsonify(page)


@roster.post("/user/<user_id>/linkToken")
def issue_link_token(user_id: str) -> Response:
    world, index = current_world(), person(user_id)
    token = identifiers.opaque_token()
    world.link_tokens[token] = (world.people.ids[index], world.clock.seconds())
    return jsonify(linkToken=token)


def group_named(chat_id: str, *, prefix: str, parameter: str) -> Group:
    """The group or room the account is in.

    Raises LineError: 400 for what is no such id, 404 if the account is not there.
    """
    if len(chat_id) != 33 or not chat_id.startswith(prefix):
        raise bad_path_value(parameter)
    group = current_world().groups.joined(chat_id)
    if group is None:
        raise not_found()
    return group


@roster.get("/group/<group_id>/summary")
def get_group_summary(group_id: str) -> Response:
    group = group_named(group_id, prefix="C", parameter="groupId")
    return jsonify(groupId=group.chat_id, groupName=group.name)


@roster.get("/group/<group_id>/members/count")
def count_group_members(group_id: str) -> Response:
    return jsonify(count=len(group_named(group_id, prefix="C", parameter="groupId").members))


@roster.get("/room/<room_id>/members/count")
def count_room_members(room_id: str) -> Response:
    return jsonify(count=len(group_named(room_id, prefix="R", parameter="roomId").members))


@roster.get("/group/<group_id>/members/ids")
def list_group_members(group_id: str) -> Response:
    return member_page(group_named(group_id, prefix="C", parameter="groupId"))


@roster.get("/room/<room_id>/members/ids")
def list_room_members(room_id: str) -> Response:
    return member_page(group_named(room_id, prefix="R", parameter="roomId"))


def member_page(group: Group) -> Response:
    world = current_world()
    if not world.may_list_followers:
        raise not_available()
    start = page_start(world)
    members = [world.people.ids[index] for index in group.members[start : start + MEMBERS_PER_PAGE]]
    page: dict[str, Any] = {"memberIds": members}
    if start + MEMBERS_PER_PAGE < len(group.members):
        page["next"] = world.continuations.issue(start + MEMBERS_PER_PAGE)
    return jsonify(page)


@roster.get("/group/<group_id>/member/<user_id>")
def get_group_member(group_id: str, user_id: str) -> Response:
    return member_profile(group_named(group_id, prefix="C", parameter="groupId"), user_id)


@roster.get("/room/<room_id>/member/<user_id>")
def get_room_member(room_id: str, user_id: str) -> Response:
    return member_profile(group_named(room_id, prefix="R", parameter="roomId"), user_id)


def member_profile(group: Group, user_id: str) -> Response:
    index = person(user_id)
    if index not in group.members:
        raise not_found()
    return jsonify(profile(current_world(), index))


@roster.post("/group/<group_id>/leave")
def leave_group(group_id: str) -> Response:
    group_named(group_id, prefix="C", parameter="groupId").joined = False
    return answer({})


@roster.post("/room/<room_id>/leave")
def leave_room(room_id: str) -> Response:
    group_named(room_id, prefix="R", parameter="roomId").joined = False
    return answer({})
