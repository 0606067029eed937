"""Tags over the API."""

from collections.abc import Sequence
from typing import Annotated, Any

from flask import Blueprint
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from bot.errors import FieldFault, InvalidInputError
from bot.services import tag_groups, tag_merges, tags
from handlers.api.operations import Call, operation
from handlers.api.shapes import BIGGEST_ID, Answer, Body, Changes, Moment, PageQuery, TagId
from models import Role, Tag, TagColour

blueprint = Blueprint("api_tags", __name__)

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
GroupGiven = Annotated[int, Field(ge=1, le=BIGGEST_ID)] | Name
Colour = Annotated[TagColour, Field(strict=False)]


class TagsGroup(Answer):
    """The group a tag is in."""

    id: int
    name: str


class TagAnswer(Answer):
    """A label that can be put on friends."""

    id: int
    name: str
    group: TagsGroup | None
    colour: TagColour
    friends: int = Field(description="目前有這個標籤的好友數；很大時為估計")
    created_at: Moment


class TagPage(Answer):
    """Some of the tags."""

    items: list[TagAnswer]
    next: str | None


class TagBody(Body):
    """A new tag."""

    name: Name = Field(examples=["嬰兒副食品"])
    group: GroupGiven | None = Field(default=None, description="群組的編號或名稱；null 為不分組")
    colour: Colour = TagColour.GREY


class TagChanges(Changes):
    """What is to change of a tag."""

    name: Name = Field(default="", examples=["嬰兒副食品"])
    group: GroupGiven | None = Field(default=None, description="群組的編號或名稱；null 為不分組")
    colour: Colour = TagColour.GREY


class MergeBody(Body):
    """Which tag it becomes."""

    into: TagId


def _answers(call: Call, shown: Sequence[Tag]) -> list[TagAnswer]:
    one = shown[0].id if len(shown) == 1 else None
    counts = tags.count_friends(call.session, now=call.now, tag_id=one) if shown else {}
    groups = {group.id: TagsGroup(id=group.id, name=group.name) for group in tag_groups.list_groups(call.session)}
    return [
        TagAnswer(
            id=tag.id,
            name=tag.name,
            group=None if tag.group_id is None else groups.get(tag.group_id),
            colour=tag.colour,
            friends=counts.get(tag.id, 0),
            created_at=tag.created_at,
        )
        for tag in shown
    ]


def _group_id(session: Session, given: int | str | None) -> int | None:
    """Return the id of the group that was named. Raises InvalidInputError."""
    if given is None:
        return None
    group = tag_groups.find_group(session, given)
    if group is None:
        raise InvalidInputError([FieldFault("group", "沒有這個標籤群組。")])
    return group.id


@blueprint.get("/tags")
@operation("列出標籤", details="由舊到新。", role=Role.VIEWER, answer=TagPage, query=PageQuery, writes=False)
def list_tags(call: Call, query: PageQuery) -> TagPage:
    """Oldest first."""
    found = tags.page(call.session, limit=query.limit + 1, after=query.after_id)
    items = _answers(call, found[: query.limit])
    return TagPage(items=items, next=str(items[-1].id) if len(found) > query.limit else None)


@blueprint.post("/tags")
@operation(
    "新增標籤",
    details="名稱已存在時為 409。",
    role=Role.MARKETER,
    answer=TagAnswer,
    status=201,
    body=TagBody,
    refusals=(409,),
)
def create(call: Call, body: TagBody) -> TagAnswer:
    """Refused with 409 if the name is taken."""
    group_id = _group_id(call.session, body.group)
    tag = tags.create(call.session, body.name, group_id=group_id, colour=body.colour, by=call.actor, now=call.now)
    return _answers(call, [tag])[0]


@blueprint.get("/tags/<int:tag_id>")
@operation("讀取標籤", role=Role.VIEWER, answer=TagAnswer, writes=False)
def get(call: Call, tag_id: int) -> TagAnswer:
    """One tag."""
    return _answers(call, [tags.get_tag(call.session, tag_id)])[0]


@blueprint.patch("/tags/<int:tag_id>")
@operation(
    "更改標籤",
    details="名稱、群組、顏色；規則與好友身上的標籤一併更名。",
    role=Role.MARKETER,
    answer=TagAnswer,
    body=TagChanges,
    refusals=(409,),
)
def change(call: Call, tag_id: int, body: TagChanges) -> TagAnswer:
    """Rules and friends keep the tag."""
    changes: dict[str, Any] = body.given()
    if "group" in changes:
        changes["group_id"] = _group_id(call.session, changes.pop("group"))
    return _answers(call, [tags.change(call.session, tag_id, changes, by=call.actor, now=call.now)])[0]


@blueprint.post("/tags/<int:tag_id>/merge")
@operation(
    "合併標籤",
    details="好友、規則、測驗、遊戲與分眾都改用 into；這個標籤會消失。中斷後可以再送一次。",
    role=Role.MARKETER,
    answer=TagAnswer,
    body=MergeBody,
    writes=False,
    repeatable=True,
    refusals=(409,),
)
def merge(call: Call, tag_id: int, body: MergeBody) -> TagAnswer:
    """In transactions of its own; asked for again it goes on, and once done it answers the same."""
    tag = tag_merges.merge(call.runtime.db, tag_id, into_id=body.into, by=call.actor, now=call.now)
    with call.runtime.db() as session:
        return _answers(Call(session, call.runtime, call.token, call.now), [tag])[0]


@blueprint.delete("/tags/<int:tag_id>")
@operation(
    "刪除標籤",
    details="也從所有好友身上移除；還有規則、測驗、遊戲、連結或分眾使用時為 409。",
    role=Role.MARKETER,
    status=204,
    writes=False,
    refusals=(409,),
)
def delete(call: Call, tag_id: int) -> None:
    """From every friend as well, in transactions of its own; refused with 409 while something uses it."""
    tags.delete(call.runtime.db, tag_id, by=call.actor, now=call.now)
