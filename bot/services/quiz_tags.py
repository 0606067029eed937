"""Tags that answers put on friends: at once, or gathered over a batch of events and put in a few statements."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bot.services import tags
from models import TagSource

GATHERED = "quiz_tags"

Cause = tuple[tuple[int, ...], int, str]  # tags, quiz, question and choice


def gather(session: Session) -> None:
    """Keep what answers tag until `settle`; whoever begins a batch of events ends it with that."""
    session.info.setdefault(GATHERED, {})


def put(session: Session, friend_id: int, tag_ids: Sequence[int], *, quiz_id: int, detail: str, now: datetime) -> None:
    """Put tags on a friend for a choice or a result."""
    if not tag_ids:
        return
    gathered: dict[Cause, list[int]] | None = session.info.get(GATHERED)
    cause = (tuple(tag_ids), quiz_id, detail)
    if gathered is None:
        _put(session, cause, [friend_id], now)
    else:
        gathered.setdefault(cause, []).append(friend_id)


def settle(session: Session, *, now: datetime) -> None:
    """Put what was gathered, in the order in which it came up."""
    gathered: dict[Cause, list[int]] = session.info.pop(GATHERED, {})
    for cause, friend_ids in gathered.items():
        _put(session, cause, friend_ids, now)


def _put(session: Session, cause: Cause, friend_ids: list[int], now: datetime) -> None:
    tag_ids, quiz_id, detail = cause
    tags.put(session, friend_ids, tag_ids, source=TagSource.QUIZ, source_id=quiz_id, detail=detail, now=now)
