"""Conversations: each friend's newest line, the newest first."""

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from models import ChatMessage, Friend


def list_recent(session: Session, *, before: int | None = None, limit: int = 50) -> list[tuple[Friend, ChatMessage]]:
    """Return friends with the newest line of their chat; `before` is the id of the last line seen."""
    newer = aliased(ChatMessage)
    is_newest = ~exists().where(newer.friend_id == ChatMessage.friend_id, newer.id > ChatMessage.id)
    rows = select(Friend, ChatMessage).join(ChatMessage, ChatMessage.friend_id == Friend.id).where(is_newest)
    if before is not None:
        rows = rows.where(ChatMessage.id < before)
    found = session.execute(rows.order_by(ChatMessage.id.desc()).limit(limit))
    return [(friend, line) for friend, line in found]
