"""Tags over the API."""

from typing import Annotated

from flask import Blueprint
from pydantic import Field, StringConstraints

from bot.services import tags
from handlers.api.operations import Call, operation
from handlers.api.shapes import Answer, Body, Moment, PageQuery
from models import Role, Tag

blueprint = Blueprint("api_tags", __name__)


class TagAnswer(Answer):
    """A label that can be put on friends."""

    id: int
    name: str
    created_at: Moment


class TagPage(Answer):
    """Some of the tags."""

    items: list[TagAnswer]
    next: str | None


class TagBody(Body):
    """A tag's name."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(examples=["嬰兒副食品"])


def _answer(tag: Tag) -> TagAnswer:
    return TagAnswer(id=tag.id, name=tag.name, created_at=tag.created_at)


@blueprint.get("/tags")
@operation("列出標籤", details="由舊到新。", role=Role.VIEWER, answer=TagPage, query=PageQuery, writes=False)
def list_tags(call: Call, query: PageQuery) -> TagPage:
    """Oldest first."""
    found = tags.page(call.session, limit=query.limit + 1, after=query.after_id)
    items = [_answer(tag) for tag in found[: query.limit]]
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
    return _answer(tags.create(call.session, body.name, by=call.actor, now=call.now))


@blueprint.get("/tags/<int:tag_id>")
@operation("讀取標籤", role=Role.VIEWER, answer=TagAnswer, writes=False)
def get(call: Call, tag_id: int) -> TagAnswer:
    """One tag."""
    return _answer(tags.get_tag(call.session, tag_id))


@blueprint.patch("/tags/<int:tag_id>")
@operation(
    "更改標籤名稱",
    details="規則與好友身上的標籤一併更名。",
    role=Role.MARKETER,
    answer=TagAnswer,
    body=TagBody,
    refusals=(409,),
)
def rename(call: Call, tag_id: int, body: TagBody) -> TagAnswer:
    """Rules and friends keep the tag."""
    return _answer(tags.change(call.session, tag_id, {"name": body.name}, by=call.actor, now=call.now))


@blueprint.delete("/tags/<int:tag_id>")
@operation(
    "刪除標籤",
    details="也從所有好友身上移除；規則、歡迎訊息或追蹤連結仍在使用時為 409。",
    role=Role.MARKETER,
    status=204,
    writes=False,
    refusals=(409,),
)
def delete(call: Call, tag_id: int) -> None:
    """From every friend as well, in transactions of its own; refused with 409 while something puts it on friends."""
    tags.delete(call.runtime.db, tag_id, by=call.actor, now=call.now)
