"""What was said with a friend, answers of staff's, and who waits for one."""

import json
from typing import Annotated, Any, Literal
from uuid import uuid4

from flask import Blueprint
from pydantic import Field, StringConstraints

from bot.services import audit, chats, staff_messages
from handlers.api.friends import FriendAnswer, answers, friend_of
from handlers.api.operations import Call, operation
from handlers.api.places import at_of, written
from handlers.api.shapes import Answer, Body, Message, Moment, PageQuery
from models import ChatMessage, ChatSource, ChatState, Role, StaffMessageState, StaffMessageWay

blueprint = Blueprint("api_chats", __name__)

PLACE = r"^[0-9]{1,17}-[0-9]{1,18}$"


class ChatLine(Answer):
    """One line of a chat."""

    id: int
    source: ChatSource
    kind: str = Field(description="LINE 的訊息類型；點按為 postback，帳號的回應為 answer")
    text: str | None = Field(description="收回後為 null")
    messages: list[Message]
    said_at: Moment
    state: ChatState
    is_answered: bool
    unsent_at: Moment | None


class ChatPage(Answer):
    """Some lines of a chat."""

    items: list[ChatLine]
    next: str | None


class ChatBody(Body):
    """An answer to one friend; a reply is free and open for a minute, a push is billed."""

    messages: Annotated[list[Message], Field(min_length=1, max_length=5)]
    way: Literal["reply", "push"] = "reply"


class StaffMessageAnswer(Answer):
    """An answer on its way; what became of it stands in the chat."""

    id: int
    state: StaffMessageState
    way: StaffMessageWay
    chat_id: int


class WaitingFriend(Answer):
    """A friend whose message nobody and no rule answered."""

    friend: FriendAnswer
    unanswered_at: Moment


class WaitingPage(Answer):
    """Some of those who wait."""

    items: list[WaitingFriend]
    next: str | None


class WaitingQuery(PageQuery):
    """Which part of those who wait."""

    after: Annotated[str, StringConstraints(pattern=PLACE)] | None = None


@blueprint.get("/friends/<line_user_id>/chat")
@operation("讀取好友的聊天紀錄", details="由新到舊。", role=Role.VIEWER, answer=ChatPage, query=PageQuery, writes=False)
def list_chat(call: Call, line_user_id: str, query: PageQuery) -> ChatPage:
    """Newest first."""
    friend = friend_of(call.session, line_user_id)
    found = chats.list_chat(call.session, friend.id, before=query.after_big_id or None, limit=query.limit + 1)
    items = [line_answer(line) for line in found[: query.limit]]
    return ChatPage(items=items, next=str(items[-1].id) if len(found) > query.limit else None)


@blueprint.post("/friends/<line_user_id>/chat")
@operation(
    "回覆好友",
    details="幾秒內送出，結果寫在聊天紀錄。reply 免費，好友傳訊後約一分鐘內可用；push 計費。"
    "所選方式無法使用時為 409，不會自動改用另一種。",
    role=Role.MARKETER,
    answer=StaffMessageAnswer,
    status=202,
    body=ChatBody,
    refusals=(409,),
)
def send(call: Call, line_user_id: str, body: ChatBody) -> StaffMessageAnswer:
    """Sent within seconds; 409 when the chosen way is not open. A reply never turns into a push."""
    row = staff_messages.write(
        call.session,
        friend_of(call.session, line_user_id),
        body.messages,
        way=StaffMessageWay(body.way),
        form_key=str(uuid4()),
        by=call.actor,
        now=call.now,
    )
    return StaffMessageAnswer(id=row.id, state=row.state, way=row.way, chat_id=row.chat_message_id)


@blueprint.put("/friends/<line_user_id>/answered")
@operation("標示好友的訊息已處理", details="從等待回覆的清單移除。", role=Role.MARKETER, status=204)
def mark_answered(call: Call, line_user_id: str) -> None:
    """Nothing of this friend's waits any more."""
    friend = friend_of(call.session, line_user_id)
    if friend.unanswered_at is not None:
        audit.record(call.session, call.actor, "mark_answered", "friend", friend.id, now=call.now)
    chats.mark_answered(call.session, friend.id, now=call.now)


@blueprint.get("/unanswered")
@operation(
    "列出等待回覆的好友",
    details="等最久的在前。",
    role=Role.VIEWER,
    answer=WaitingPage,
    query=WaitingQuery,
    writes=False,
)
def list_unanswered(call: Call, query: WaitingQuery) -> WaitingPage:
    """Longest waiting first."""
    after = None
    if query.after is not None:
        moment, friend_id = query.after.split("-")
        after = at_of(moment), int(friend_id)
    found = chats.list_unanswered(call.session, after=after, limit=query.limit + 1)
    waiting = [(friend, friend.unanswered_at) for friend in found[: query.limit] if friend.unanswered_at]
    shown = answers(call.session, [friend for friend, _ in waiting], now=call.now)
    items = [WaitingFriend(friend=friend, unanswered_at=at) for friend, (_, at) in zip(shown, waiting, strict=True)]
    last = f"{written(waiting[-1][1])}-{waiting[-1][0].id}" if waiting and len(found) > query.limit else None
    return WaitingPage(items=items, next=last)


def line_answer(line: ChatMessage) -> ChatLine:
    """Return one line as the API shows it."""
    return ChatLine(
        id=line.id,
        source=line.source,
        kind=line.kind,
        text=line.text,
        messages=_messages(line.content),
        said_at=line.said_at,
        state=line.state,
        is_answered=line.is_answered,
        unsent_at=line.unsent_at,
    )


def _messages(content: str | None) -> list[Any]:
    kept = json.loads(content) if content else []
    return kept if isinstance(kept, list) else [kept]
