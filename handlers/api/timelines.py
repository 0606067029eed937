"""What happened with one friend, over the API."""

from collections.abc import Sequence
from typing import Annotated, Literal

from flask import Blueprint
from pydantic import StringConstraints
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.services import timelines
from bot.services.timelines import Happening, Place
from handlers.api.chats import ChatLine, line_answer
from handlers.api.friends import FriendTagAnswer, friend_of, tag_answer
from handlers.api.operations import Call, operation
from handlers.api.places import at_of, written
from handlers.api.shapes import Answer, Moment, PageQuery
from models import ChatMessage, FriendshipChange, FriendshipKind, FriendTag, Role, TrackedLink

blueprint = Blueprint("api_timelines", __name__)

PLACE = r"^[0-9]{1,17}-[0-2]-[0-9]{1,18}$"


class FriendshipTurn(Answer):
    """A friendship that began or ended."""

    change: FriendshipKind
    is_returning: bool
    source: str | None


class TimelineEntry(Answer):
    """Something that happened; what `kind` names is there, the others are null."""

    at: Moment
    kind: Literal["friendship", "tag", "chat"]
    friendship: FriendshipTurn | None = None
    tag: FriendTagAnswer | None = None
    chat: ChatLine | None = None


class TimelinePage(Answer):
    """Some of what happened."""

    items: list[TimelineEntry]
    next: str | None


class TimelineQuery(PageQuery):
    """Which part of a timeline."""

    after: Annotated[str, StringConstraints(pattern=PLACE)] | None = None


@blueprint.get("/friends/<line_user_id>/timeline")
@operation(
    "讀取好友的時間軸",
    details="加入與封鎖、標籤、聊天，由新到舊。",
    role=Role.VIEWER,
    answer=TimelinePage,
    query=TimelineQuery,
    writes=False,
)
def list_timeline(call: Call, line_user_id: str, query: TimelineQuery) -> TimelinePage:
    """Friendship, tags and chat in one order, newest first."""
    friend = friend_of(call.session, line_user_id)
    found = timelines.page(call.session, friend.id, limit=query.limit + 1, after=_place(query.after))
    shown = found[: query.limit]
    codes = _codes(call.session, shown)
    return TimelinePage(
        items=[_entry(happening, codes) for happening in shown],
        next=_written(shown[-1].place) if len(found) > query.limit else None,
    )


def _entry(happening: Happening, codes: dict[int, str]) -> TimelineEntry:
    entry, at = happening.entry, happening.place.at
    if isinstance(entry, FriendTag):
        return TimelineEntry(at=at, kind="tag", tag=tag_answer(entry))
    if isinstance(entry, ChatMessage):
        return TimelineEntry(at=at, kind="chat", chat=line_answer(entry))
    code = codes.get(entry.tracked_link_id) if entry.tracked_link_id else None
    turn = FriendshipTurn(change=entry.kind, is_returning=entry.is_returning, source=code)
    return TimelineEntry(at=at, kind="friendship", friendship=turn)


def _codes(session: Session, happenings: Sequence[Happening]) -> dict[int, str]:
    entries = [happening.entry for happening in happenings]
    ids = {entry.tracked_link_id for entry in entries if isinstance(entry, FriendshipChange)}
    query = select(TrackedLink.id, TrackedLink.code).where(TrackedLink.id.in_([one for one in ids if one is not None]))
    return dict(session.execute(query).all())


def _place(after: str | None) -> Place | None:
    if after is None:
        return None
    at, kind, number = after.split("-")
    return Place(at_of(at), int(kind), int(number))


def _written(place: Place) -> str:
    return f"{written(place.at)}-{place.kind}-{place.id}"
