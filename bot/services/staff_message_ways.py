"""The ways in which staff can answer a friend: by a reply token, free, or by a push, billed."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.errors import ConflictError
from models import ChatMessage, ChatSource, EventState, Friend, StaffMessage, StaffMessageWay, WebhookEvent

TOKEN_SERVES = timedelta(seconds=55)  # LINE honours a reply token for a minute; the call takes its time too
NON_FRIEND_MAY = timedelta(days=7)  # reference: send push message, to whoever wrote within 7 days


@dataclass(frozen=True)
class FreeReply:
    """A reply token that nobody has used: answering with it costs nothing until `until`."""

    event_id: int
    until: datetime


def find_free_reply(session: Session, friend_id: int, *, now: datetime) -> FreeReply | None:
    """Return the newest reply token of this friend's that nobody used and no rule answers with."""
    taken = exists().where(StaffMessage.reply_event_id == WebhookEvent.id)
    rows = (
        select(WebhookEvent)
        .join(ChatMessage, ChatMessage.webhook_event_id == WebhookEvent.id)
        .where(
            ChatMessage.friend_id == friend_id,
            ChatMessage.source == ChatSource.FRIEND,
            WebhookEvent.state == EventState.HANDLED,
            WebhookEvent.answer_state.is_(None),
            WebhookEvent.received_at > now - TOKEN_SERVES,
            ~taken,
        )
        .order_by(WebhookEvent.received_at.desc(), WebhookEvent.id.desc())
    )
    line_user_id = session.scalar(select(Friend.line_user_id).where(Friend.id == friend_id))
    for event in session.scalars(rows):
        if reply_token_of(event) and sender_of(event) == line_user_id:  # a number alone proves nobody's identity
            return FreeReply(event.id, event.received_at + TOKEN_SERVES)
    return None


def can_push(session: Session, friend: Friend, *, now: datetime) -> bool:
    """Whether LINE delivers a push: to friends, and to whoever wrote within seven days."""
    return friend.can_receive or wrote_lately(session, friend, now=now)


def wrote_lately(session: Session, friend: Friend, *, now: datetime) -> bool:
    """Whether this person wrote to the account within LINE's seven days."""
    lines = select(ChatMessage.id).where(
        ChatMessage.friend_id == friend.id,
        ChatMessage.source == ChatSource.FRIEND,
        ChatMessage.said_at > now - NON_FRIEND_MAY,
    )
    return session.scalar(lines.limit(1)) is not None


def open_way(session: Session, friend: Friend, way: StaffMessageWay, now: datetime) -> int | None:
    """Return the event whose token a reply uses. Raises ConflictError."""
    if way is StaffMessageWay.REPLY:
        free = find_free_reply(session, friend.id, now=now)
        if free is None:
            raise ConflictError("免費回覆的時間已過。訊息還沒有送出；要送出請改用推播（計費）。")
        return free.event_id
    if not can_push(session, friend, now=now):
        raise ConflictError("這個人不是好友，也沒有在 7 天內傳訊息來，LINE 不會送達。")
    return None


def reply_token_of(event: WebhookEvent) -> str | None:
    """Return the token LINE sent with an event; None if there is none that may be used."""
    payload = _payload_of(event)
    token = payload.get("replyToken")
    return token if isinstance(token, str) and payload.get("mode") != "standby" else None


def sender_of(event: WebhookEvent) -> str | None:
    """Return LINE's id of the person an event came from; None if it names nobody."""
    source = _payload_of(event).get("source")
    line_user_id = source.get("userId") if isinstance(source, dict) else None
    return line_user_id if isinstance(line_user_id, str) else None


def _payload_of(event: WebhookEvent) -> dict[str, Any]:
    try:
        payload = json.loads(event.payload)
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}
