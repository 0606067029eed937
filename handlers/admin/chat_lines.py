"""The chat log as pages show it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models import ChatMessage, ChatSource, ChatState


@dataclass(frozen=True)
class ChatLine:
    """One line of the log, made ready to be shown."""

    id: int
    source: ChatSource
    source_id: int | None
    kind: str
    text: str
    messages: list[Any]
    said_at: datetime
    state: ChatState
    error: str | None
    is_unsent: bool
    is_answered: bool

    @property
    def is_ours(self) -> bool:
        """Whether the account said it."""
        return self.source is not ChatSource.FRIEND


def opened(rows: Iterable[ChatMessage]) -> list[ChatLine]:
    """Turn rows, newest first, into lines, oldest first."""
    return [_line(row) for row in rows][::-1]


def _line(row: ChatMessage) -> ChatLine:
    return ChatLine(
        id=row.id,
        source=row.source,
        source_id=row.source_id,
        kind=row.kind,
        text=row.text or "",
        messages=_messages(row),
        said_at=row.said_at,
        state=row.state,
        error=row.error,
        is_unsent=row.unsent_at is not None,
        is_answered=row.is_answered,
    )


def _messages(row: ChatMessage) -> list[Any]:
    try:
        content = json.loads(row.content) if row.content else None
    except ValueError:
        content = None
    if isinstance(content, dict):
        return [content]
    if isinstance(content, list):
        return content
    return [{"type": "text", "text": row.text}] if row.text else []
