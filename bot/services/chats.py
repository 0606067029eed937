"""The chat log: what friends said, what was answered, and what nobody answered."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from bot.messages import LineMessage, plain_text
from models import AnswerState, ChatMessage, ChatSource, ChatState, Friend

LONGEST_TEXT = 5000
ANSWER = "answer"  # kind of a line that holds a list of messages
POSTBACK = "postback"


def from_friend(
    friend_id: int, message: Mapping[str, Any], *, event_id: int, said_at: datetime, is_answered: bool
) -> dict[str, Any]:
    """One line for what a friend said; `message` is LINE's message object."""
    kind = str(message.get("type", ""))[:40]
    text = message.get("text") if kind == "text" else plain_text([dict(message)])
    return _row(friend_id, ChatSource.FRIEND, kind, text, message, event_id, said_at) | {
        "line_message_id": _id_of(message),
        "is_answered": is_answered,
    }


def from_tap(friend_id: int, tapped: str, *, event_id: int, said_at: datetime) -> dict[str, Any]:
    """One line for a postback."""
    return _row(friend_id, ChatSource.FRIEND, POSTBACK, tapped, None, event_id, said_at)


def from_account(
    friend_id: int,
    messages: Sequence[LineMessage],
    *,
    source: ChatSource,
    source_id: int | None,
    event_id: int,
    said_at: datetime,
) -> dict[str, Any]:
    """One line for an answer that is about to be said."""
    row = _row(friend_id, source, ANSWER, plain_text(list(messages)), list(messages), event_id, said_at)
    return row | {"source_id": source_id, "state": ChatState.DUE}


def _row(
    friend_id: int, source: ChatSource, kind: str, text: object, content: object, event_id: int, said_at: datetime
) -> dict[str, Any]:
    return {
        "friend_id": friend_id,
        "source": source,
        "source_id": None,
        "webhook_event_id": event_id,
        "line_message_id": None,
        "kind": kind,
        "text": _storable(text),
        "content": None if content is None else json.dumps(content),
        "said_at": said_at,
        "state": ChatState.SENT,
        "is_answered": True,
    }


def _id_of(message: Mapping[str, Any]) -> str | None:
    given = message.get("id")
    return given if isinstance(given, str) and given.isascii() and given.isalnum() and len(given) <= 100 else None


def _storable(text: object) -> str | None:
    """Text as both databases can keep it: no NUL, no lone surrogate."""
    if not isinstance(text, str):
        return None
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:LONGEST_TEXT]


def write(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add lines to the log."""
    if rows:
        session.connection().execute(insert(cast(Table, ChatMessage.__table__)), list(rows))


def settle(session: Session, outcomes: Mapping[int, AnswerState], errors: Mapping[int, str | None]) -> None:
    """Note on the lines of answers, by webhook event, what became of them; what was not said is unanswered."""
    states = {AnswerState.SENT: ChatState.SENT}
    if not outcomes:
        return
    table = cast(Table, ChatMessage.__table__)
    session.connection().execute(
        update(table)
        .where(table.c.webhook_event_id == bindparam("event_id"), table.c.state == ChatState.DUE)
        .values(state=bindparam("new_state"), error=bindparam("why")),
        [
            {"event_id": event_id, "new_state": states.get(state, ChatState.FAILED), "why": errors.get(event_id)}
            for event_id, state in outcomes.items()
        ],
    )
    _mark_unanswered(session, [event_id for event_id, state in outcomes.items() if state is not AnswerState.SENT])


def _mark_unanswered(session: Session, event_ids: Sequence[int]) -> None:
    if not event_ids:
        return
    asked = (ChatMessage.webhook_event_id.in_(event_ids), ChatMessage.source == ChatSource.FRIEND)
    session.execute(update(ChatMessage).where(*asked).values(is_answered=False))
    for friend_id, said_at in session.execute(select(ChatMessage.friend_id, ChatMessage.said_at).where(*asked)).all():
        session.execute(update(Friend).where(Friend.id == friend_id).values(unanswered_at=said_at))


def unsend(session: Session, friend_id: int, line_message_id: str, *, now: datetime) -> bool:
    """Remove what a friend took back: its text and content go, the line stays. False if it is not in the log."""
    found = session.execute(
        update(ChatMessage)
        .where(ChatMessage.friend_id == friend_id, ChatMessage.line_message_id == line_message_id)
        .values(text=None, content=None, unsent_at=now, is_answered=True)
        .returning(ChatMessage.id)
        .execution_options(synchronize_session=False)
    )
    return found.first() is not None


def list_chat(session: Session, friend_id: int, *, before: int | None = None, limit: int = 50) -> list[ChatMessage]:
    """A friend's newest lines, newest first; `before` is the id of the last one seen."""
    rows = select(ChatMessage).where(ChatMessage.friend_id == friend_id).order_by(ChatMessage.id.desc()).limit(limit)
    return list(session.scalars(rows.where(ChatMessage.id < before) if before else rows))


def list_unanswered(session: Session, *, after: tuple[datetime, int] | None = None, limit: int = 50) -> list[Friend]:
    """Friends whose message nobody and no rule answered, longest waiting first; `after` is (unanswered_at, id)."""
    rows = select(Friend).where(Friend.unanswered_at.is_not(None)).order_by(Friend.unanswered_at, Friend.id)
    if after:
        at, friend_id = after
        rows = rows.where((Friend.unanswered_at > at) | ((Friend.unanswered_at == at) & (Friend.id > friend_id)))
    return list(session.scalars(rows.limit(limit)))


def mark_answered(session: Session, friend_id: int) -> None:
    """Staff answered, here or in OA Manager: nothing of this friend's waits any more."""
    session.execute(update(Friend).where(Friend.id == friend_id).values(unanswered_at=None))
    session.execute(
        update(ChatMessage)
        .where(ChatMessage.friend_id == friend_id, ChatMessage.is_answered.is_(False))
        .values(is_answered=True),
        execution_options={"synchronize_session": False},
    )
