"""The chat log: what friends said, what was answered, and what nobody answered."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from bot.messages import LineMessage, plain_text
from bot.services import inbox
from models import AnswerState, ChatMessage, ChatSource, ChatState, Friend

LONGEST_TEXT = 5000
ANSWER = "answer"  # kind of a line that holds a list of messages
POSTBACK = "postback"
UNSENT = "unsent"  # taken back by the friend

# Statements of the hot road, built once.
LINES = cast(Table, ChatMessage.__table__)
ADD_LINES = insert(LINES)
TAKEN_BACK = select(LINES.c.line_message_id).where(
    LINES.c.line_message_id.in_(bindparam("message_ids", expanding=True)), LINES.c.kind == UNSENT
)
SETTLE = (
    update(LINES)
    .where(LINES.c.webhook_event_id == bindparam("event_id"), LINES.c.state == ChatState.DUE)
    .values(state=bindparam("new_state"), error=bindparam("why"))
)


def from_friend(
    friend_id: int, message: Mapping[str, Any], *, event_id: int, said_at: datetime, is_answered: bool
) -> dict[str, Any]:
    """One line for what a friend said; `message` is LINE's message object."""
    kind = (_storable(message.get("type")) or "")[:40]
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
    """Add lines to the log; what was taken back before it arrived is not kept."""
    said = {row["line_message_id"]: row["webhook_event_id"] for row in rows if row["line_message_id"]}
    gone: set[str | None] = set()
    if said:
        gone = set(session.connection().execute(TAKEN_BACK, {"message_ids": list(said)}).scalars())
        inbox.blank(session, [said[str(message_id)] for message_id in gone])
    kept = [row for row in rows if row["line_message_id"] not in gone or row["line_message_id"] is None]
    if kept:
        session.connection().execute(ADD_LINES, kept)


def settle(session: Session, outcomes: Mapping[int, AnswerState], errors: Mapping[int, str | None]) -> None:
    """Note on the lines of answers, by webhook event, what became of them; what was not said is unanswered."""
    states = {AnswerState.SENT: ChatState.SENT}
    if not outcomes:
        return
    _mark_unanswered(session, [event_id for event_id, state in outcomes.items() if state is not AnswerState.SENT])
    session.connection().execute(
        SETTLE,
        [
            {"event_id": event_id, "new_state": states.get(state, ChatState.FAILED), "why": errors.get(event_id)}
            for event_id, state in outcomes.items()
        ],
    )


def _mark_unanswered(session: Session, event_ids: Sequence[int]) -> None:
    """What was not said leaves its question open, unless staff attended to the friend since. Friends are locked first,
    in the order everybody locks them in."""
    if not event_ids:
        return
    asked = (ChatMessage.webhook_event_id.in_(event_ids), ChatMessage.source == ChatSource.FRIEND)
    lines = session.execute(select(ChatMessage.id, ChatMessage.friend_id, ChatMessage.said_at).where(*asked)).all()
    wanted = {line.friend_id for line in lines}
    rows = session.scalars(select(Friend).where(Friend.id.in_(wanted)).order_by(Friend.id).with_for_update())
    friends = {friend.id: friend for friend in rows}
    for line in lines:
        friend = friends[line.friend_id]
        if friend.attended_at is not None and friend.attended_at >= line.said_at:
            continue
        friend.unanswered_at = max(friend.unanswered_at or line.said_at, line.said_at)
        session.execute(update(ChatMessage).where(ChatMessage.id == line.id).values(is_answered=False))


def unsend(session: Session, friend_id: int, line_message_id: str, *, event_id: int, now: datetime) -> None:
    """Remove what a friend took back, here and in the stored event: the line stays, its words go.

    A message that has not arrived yet leaves a mark, so that it is not kept when it does.
    """
    found = session.execute(
        update(ChatMessage)
        .where(ChatMessage.friend_id == friend_id, ChatMessage.line_message_id == line_message_id)
        .values(text=None, content=None, kind=UNSENT, unsent_at=now, is_answered=True)
        .returning(ChatMessage.webhook_event_id)
        .execution_options(synchronize_session=False)
    )
    said_by = [event_id for event_id in found.scalars() if event_id is not None]
    inbox.blank(session, said_by)
    if not said_by:
        mark = _row(friend_id, ChatSource.FRIEND, UNSENT, None, None, event_id, now)
        session.add(ChatMessage(**(mark | {"line_message_id": line_message_id, "unsent_at": now})))
        return
    waiting = select(func.max(ChatMessage.said_at)).where(
        ChatMessage.friend_id == friend_id, ChatMessage.is_answered.is_(False)
    )
    session.execute(update(Friend).where(Friend.id == friend_id).values(unanswered_at=waiting.scalar_subquery()))


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


def mark_answered(session: Session, friend_id: int, *, now: datetime) -> None:
    """Staff answered, here or in OA Manager: nothing of this friend's waits any more."""
    session.execute(update(Friend).where(Friend.id == friend_id).values(unanswered_at=None, attended_at=now))
    session.execute(
        update(ChatMessage)
        .where(ChatMessage.friend_id == friend_id, ChatMessage.is_answered.is_(False))
        .values(is_answered=True),
        execution_options={"synchronize_session": False},
    )
