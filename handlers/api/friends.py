"""Friends over the API: the list, one of them, their attributes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from flask import Blueprint
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from bot.errors import NotFoundError
from bot.services import friend_lists, friend_tags, friends, tracked_links
from handlers.api.operations import Call, operation
from handlers.api.shapes import BIGGEST_ID, Answer, Body, Moment, PageQuery
from models import Friend, FriendState, FriendTag, Role, TagSource
from models.friend import is_line_user_id

blueprint = Blueprint("api_friends", __name__)

State = Literal["following", "not_following", "unknown"]
Value = str | int | float | bool | None
Attributes = Annotated[
    dict[Annotated[str, StringConstraints(min_length=1, max_length=60)], Value], Field(max_length=200)
]


class FriendTagAnswer(Answer):
    """A tag on a friend, and who put it there."""

    id: int
    name: str
    source: TagSource
    source_id: int | None = Field(description="管理員、金鑰、規則、連結、匯入、測驗、遊戲或好友邀請的編號")
    source_detail: str | None = Field(description="測驗的題目與選項、遊戲的獎項")
    tagged_at: Moment
    expires_at: Moment | None


class FriendAnswer(Answer):
    """Somebody who added the account, once did, or only wrote to it."""

    line_user_id: str
    state: FriendState
    display_name: str | None
    attributes: dict[str, Value]
    tags: list[FriendTagAnswer]
    source: str | None = Field(description="這次加入好友所經追蹤連結的代碼")
    followed_at: Moment | None
    last_contact_at: Moment | None


class FriendPage(Answer):
    """Some of the friends."""

    items: list[FriendAnswer]
    next: str | None


class FriendsQuery(PageQuery):
    """Which friends; several conditions must all hold."""

    search: Annotated[str, StringConstraints(max_length=100)] = Field(
        default="", description="名稱的一部分，或完整的 LINE 用戶 ID"
    )
    tag: Annotated[int, Field(ge=1, le=BIGGEST_ID)] | None = Field(default=None, description="標籤的編號")
    state: State | None = None
    source: Annotated[str, StringConstraints(max_length=40)] | None = Field(default=None, description="追蹤連結的代碼")


class FriendChanges(Body):
    """Attributes to set; null removes one, what is not named stays."""

    attributes: Attributes = Field(examples=[{"gender": "female"}])


@blueprint.get("/friends")
@operation(
    "列出好友",
    details="由新到舊；條件要全部符合。",
    role=Role.VIEWER,
    answer=FriendPage,
    query=FriendsQuery,
    writes=False,
)
def list_friends(call: Call, query: FriendsQuery) -> FriendPage:
    """Newest first."""
    link_id = None
    if query.source is not None:
        link = tracked_links.find_link(call.session, query.source)
        if link is None:
            return FriendPage(items=[], next=None)
        link_id = link.id
    page = friend_lists.page(
        call.session,
        limit=query.limit,
        after=query.after_big_id if query.after else None,
        search=query.search,
        tag_id=query.tag,
        state=FriendState(query.state) if query.state else None,
        link_id=link_id,
        now=call.now,
    )
    items = answers(call.session, page.items, now=call.now)
    return FriendPage(items=items, next=str(page.next) if page.next else None)


@blueprint.get("/friends/<line_user_id>")
@operation("讀取好友", details="從未出現過的用戶為 404。", role=Role.VIEWER, answer=FriendAnswer, writes=False)
def get(call: Call, line_user_id: str) -> FriendAnswer:
    """404 for somebody never seen."""
    return answers(call.session, [friend_of(call.session, line_user_id)], now=call.now)[0]


@blueprint.patch("/friends/<line_user_id>")
@operation(
    "設定好友的屬性",
    details="只更改提到的屬性；null 移除屬性。",
    role=Role.MARKETER,
    answer=FriendAnswer,
    body=FriendChanges,
)
def change(call: Call, line_user_id: str, body: FriendChanges) -> FriendAnswer:
    """Sets the attributes that are named."""
    friend = friend_of(call.session, line_user_id, will_change=True)
    friends.set_attributes(call.session, friend, body.attributes, by=call.actor, now=call.now)
    call.session.flush()
    return answers(call.session, [friend], now=call.now)[0]


def friend_of(session: Session, line_user_id: str, *, will_change: bool = False) -> Friend:
    """Return the person with this id; with `will_change` others wait. Raises NotFoundError for one never seen."""
    friend = friends.find_friend(session, line_user_id) if is_line_user_id(line_user_id) else None
    if friend is None:
        raise NotFoundError("找不到這位好友。")
    if will_change:
        session.refresh(friend, with_for_update=True)
    return friend


def answers(session: Session, shown: Sequence[Friend], *, now: datetime) -> list[FriendAnswer]:
    """Return friends as the API shows them, in their order."""
    worn = friend_tags.tags_of_many(session, [friend.id for friend in shown], now=now)
    return [
        FriendAnswer(
            line_user_id=friend.line_user_id,
            state=friend.state,
            display_name=friend.display_name,
            attributes=friend.attributes,
            tags=[tag_answer(friend_tag) for friend_tag in worn[friend.id]],
            source=friend.tracked_link.code if friend.tracked_link else None,
            followed_at=friend.followed_at,
            last_contact_at=friend.last_contact_at,
        )
        for friend in shown
    ]


def tag_answer(friend_tag: FriendTag) -> FriendTagAnswer:
    """Return a tag on a friend as the API shows it."""
    return FriendTagAnswer(
        id=friend_tag.tag_id,
        name=friend_tag.tag.name,
        source=friend_tag.source,
        source_id=friend_tag.source_id,
        source_detail=friend_tag.source_detail,
        tagged_at=friend_tag.tagged_at,
        expires_at=friend_tag.expires_at,
    )
