"""Tracked links over the API."""

from typing import Annotated

from flask import Blueprint
from pydantic import Field, StringConstraints
from sqlalchemy import select

from bot.services import tags, tracked_links
from handlers.api.operations import Call, operation
from handlers.api.shapes import Answer, Body, Changes, Moment, PageQuery, TagsGiven
from models import Role, TrackedLink

blueprint = Blueprint("api_links", __name__)

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class LinkBody(Body):
    """A new link."""

    name: Name = Field(examples=["門市海報"])
    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-]{1,40}$")] | None = Field(
        default=None, description="網址中的代碼；null 時自動產生"
    )
    tags: TagsGiven = Field(default=[], description="編號或名稱；貼給由此加入的好友")


class LinkChanges(Changes):
    """What is to be different; the code stays, because it is printed."""

    name: Name = ""
    tags: TagsGiven = Field(default=[])
    archived: bool = Field(default=False, description="封存後仍會導向加好友頁，但不再計數")


class LinkAnswer(Answer):
    """A link, and what came of it."""

    id: int
    code: str
    url: str
    name: str
    tags: list[str]
    created_at: Moment
    archived_at: Moment | None
    opened: int
    joined: int = Field(description="由此加入的好友")
    new: int
    returning: int
    blocked: int = Field(description="由此加入後來封鎖的好友")


class LinkPage(Answer):
    """Some of the links."""

    items: list[LinkAnswer]
    next: str | None


@blueprint.get("/links")
@operation(
    "列出追蹤連結", details="由新到舊，含成效。", role=Role.VIEWER, answer=LinkPage, query=PageQuery, writes=False
)
def list_links(call: Call, query: PageQuery) -> LinkPage:
    """Newest first."""
    rows = select(TrackedLink).order_by(TrackedLink.id.desc()).limit(query.limit + 1)
    if query.after:
        rows = rows.where(TrackedLink.id < query.after_id)
    found = list(call.session.scalars(rows))
    shown = found[: query.limit]
    return LinkPage(items=_answers(call, shown), next=str(shown[-1].id) if len(found) > query.limit else None)


@blueprint.post("/links")
@operation(
    "新增追蹤連結",
    details="代碼已存在時為 409。",
    role=Role.MARKETER,
    answer=LinkAnswer,
    status=201,
    body=LinkBody,
    refusals=(409,),
)
def create(call: Call, body: LinkBody) -> LinkAnswer:
    """Refused with 409 if the code is taken."""
    link = tracked_links.create(
        call.session, name=body.name, code=body.code, tags=body.tags, by=call.actor, now=call.now
    )
    return _answers(call, [link])[0]


@blueprint.get("/links/<int:link_id>")
@operation("讀取追蹤連結", role=Role.VIEWER, answer=LinkAnswer, writes=False)
def get(call: Call, link_id: int) -> LinkAnswer:
    """One link."""
    return _answers(call, [tracked_links.get_link(call.session, link_id)])[0]


@blueprint.patch("/links/<int:link_id>")
@operation(
    "更改追蹤連結",
    details="只更改提到的欄位；代碼已印出，不能更改。",
    role=Role.MARKETER,
    answer=LinkAnswer,
    body=LinkChanges,
)
def change(call: Call, link_id: int, body: LinkChanges) -> LinkAnswer:
    """Only what is named changes."""
    changes = body.given()
    archived = changes.pop("archived", None)
    link = tracked_links.change(call.session, link_id, changes, by=call.actor, now=call.now)
    if archived is not None:
        turn = tracked_links.archive if archived else tracked_links.restore
        link = turn(call.session, link_id, by=call.actor, now=call.now)
    return _answers(call, [link])[0]


def _answers(call: Call, links: list[TrackedLink]) -> list[LinkAnswer]:
    settings = call.runtime.settings
    figures = tracked_links.figures(call.session, [link.id for link in links], zone=settings.zone)
    names = tags.names_of(call.session, [tag_id for link in links for tag_id in link.tags])
    return [
        LinkAnswer(
            id=link.id,
            code=link.code,
            url=tracked_links.url_of(link, public_url=settings.public_url),
            name=link.name,
            tags=[names[tag_id] for tag_id in link.tags if tag_id in names],
            created_at=link.created_at,
            archived_at=link.archived_at,
            opened=figures[link.id].opened,
            joined=figures[link.id].joined,
            new=figures[link.id].new,
            returning=figures[link.id].returning,
            blocked=figures[link.id].blocked,
        )
        for link in links
    ]
