"""Groups of tags over the API."""

from typing import Annotated

from flask import Blueprint
from pydantic import Field, StringConstraints

from bot.services import tag_groups
from handlers.api.operations import Call, operation
from handlers.api.shapes import BIGGEST_ID, Answer, Body, Changes, Moment
from models import Role, TagGroup

blueprint = Blueprint("api_tag_groups", __name__)

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class GroupAnswer(Answer):
    """Tags that belong together."""

    id: int
    name: str
    position: int
    created_at: Moment


class GroupList(Answer):
    """All groups; there are never many."""

    items: list[GroupAnswer]
    next: None


class GroupBody(Body):
    """A new group."""

    name: Name = Field(examples=["會員等級"])


class GroupChanges(Changes):
    """What is to change of a group."""

    name: Name = Field(default="", examples=["會員等級"])
    position: Annotated[int, Field(ge=0, le=BIGGEST_ID)] = Field(default=0, description="從 0 起的順序")


def _answer(group: TagGroup) -> GroupAnswer:
    return GroupAnswer(id=group.id, name=group.name, position=group.position, created_at=group.created_at)


@blueprint.get("/tag-groups")
@operation("列出標籤群組", details="依順序，一次全部。", role=Role.VIEWER, answer=GroupList, writes=False)
def list_groups(call: Call) -> GroupList:
    """In staff's order."""
    return GroupList(items=[_answer(group) for group in tag_groups.list_groups(call.session)], next=None)


@blueprint.post("/tag-groups")
@operation(
    "新增標籤群組",
    details="排在最後；名稱已存在時為 409。",
    role=Role.MARKETER,
    answer=GroupAnswer,
    status=201,
    body=GroupBody,
    refusals=(409,),
)
def create(call: Call, body: GroupBody) -> GroupAnswer:
    """After the others."""
    return _answer(tag_groups.create(call.session, body.name, by=call.actor, now=call.now))


@blueprint.patch("/tag-groups/<int:group_id>")
@operation(
    "更改標籤群組", details="名稱或順序。", role=Role.MARKETER, answer=GroupAnswer, body=GroupChanges, refusals=(409,)
)
def change(call: Call, group_id: int, body: GroupChanges) -> GroupAnswer:
    """Another name, or another place among the groups."""
    given = body.given()
    if "name" in given:
        tag_groups.rename(call.session, group_id, given["name"], by=call.actor, now=call.now)
    group = tag_groups.get_group(call.session, group_id)
    if "position" in given:
        steps = given["position"] - [one.id for one in tag_groups.list_groups(call.session)].index(group_id)
        tag_groups.move(call.session, group_id, steps=steps, by=call.actor, now=call.now)
    return _answer(group)


@blueprint.delete("/tag-groups/<int:group_id>")
@operation("刪除標籤群組", details="裡面的標籤變成不分組。", role=Role.MARKETER, status=204)
def delete(call: Call, group_id: int) -> None:
    """Its tags stay, in no group."""
    tag_groups.delete(call.session, group_id, by=call.actor, now=call.now)
