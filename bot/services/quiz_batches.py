"""What answers write beside their attempt: rows and tags, at once, or gathered over a batch of events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from bot.services import tags
from models import QuizAnswer, QuizAttempt, TagSource

GATHERED = "quiz_batch"
ADD_ANSWERS = insert(cast(Table, QuizAnswer.__table__))  # built once: rows through the ORM cost several times as much

Cause = tuple[tuple[int, ...], int, str]  # tags, quiz, question and choice
Row = dict[str, Any]


@dataclass
class Gathered:
    """What is to be written at the end of a batch."""

    rows: list[tuple[QuizAttempt, Row]] = field(default_factory=list)
    tags: dict[Cause, list[int]] = field(default_factory=dict)


def gather(session: Session) -> None:
    """Keep what answers write until `settle`; whoever begins a batch of events ends it with that."""
    session.info.setdefault(GATHERED, Gathered())


def add_rows(session: Session, attempt: QuizAttempt, rows: Sequence[Row]) -> None:
    """Write the rows of one answer."""
    gathered: Gathered | None = session.info.get(GATHERED)
    if gathered is None:
        _write_rows(session, [(attempt, row) for row in rows])
    else:
        gathered.rows.extend((attempt, row) for row in rows)


def settle_rows(session: Session) -> None:
    """Write the rows gathered so far, for somebody who is about to read them."""
    gathered: Gathered | None = session.info.get(GATHERED)
    if gathered is not None and gathered.rows:
        _write_rows(session, gathered.rows)
        gathered.rows = []


def put_tags(
    session: Session, friend_id: int, tag_ids: Sequence[int], *, quiz_id: int, detail: str, now: datetime
) -> None:
    """Put tags on a friend for a choice or a result."""
    if not tag_ids:
        return
    gathered: Gathered | None = session.info.get(GATHERED)
    cause = (tuple(tag_ids), quiz_id, detail)
    if gathered is None:
        _put_tags(session, cause, [friend_id], now)
    else:
        gathered.tags.setdefault(cause, []).append(friend_id)


def settle(session: Session, *, now: datetime) -> None:
    """Write what was gathered; tags in the order in which they came up."""
    settle_rows(session)
    gathered: Gathered | None = session.info.pop(GATHERED, None)
    for cause, friend_ids in gathered.tags.items() if gathered else ():
        _put_tags(session, cause, friend_ids, now)


def _write_rows(session: Session, rows: Sequence[tuple[QuizAttempt, Row]]) -> None:
    session.flush()  # attempts that began in this very batch get their ids
    session.connection().execute(ADD_ANSWERS, [{"attempt_id": attempt.id, **row} for attempt, row in rows])


def _put_tags(session: Session, cause: Cause, friend_ids: list[int], now: datetime) -> None:
    tag_ids, quiz_id, detail = cause
    tags.put(session, friend_ids, tag_ids, source=TagSource.QUIZ, source_id=quiz_id, detail=detail, now=now)
