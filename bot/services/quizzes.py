"""Quizzes and surveys as staff and other systems keep them: made, changed, deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotFoundError
from models import Quiz, QuizVersion

BIGGEST_ID = 2**31 - 1


@dataclass(frozen=True)
class QuizContent:
    """Everything of a quiz that can be chosen; tags are ids, or names that become tags when it is saved."""

    name: str
    questions: Sequence[Mapping[str, Any]]
    results: Sequence[Mapping[str, Any]] = ()
    ending: Mapping[str, Any] = field(default_factory=dict)
    start_keywords: Sequence[Mapping[str, str]] = ()
    attempts_per_friend: int | None = 1
    attempts_per_day: int | None = None
    active_from: datetime | None = None
    active_until: datetime | None = None
    enabled: bool = True
    starts_on_follow: bool = False


def list_quizzes(session: Session) -> list[Quiz]:
    """Return every quiz that is not deleted, newest first."""
    return list(session.scalars(select(Quiz).where(Quiz.archived_at.is_(None)).order_by(Quiz.id.desc())))


def page(session: Session, *, limit: int, after: int = 0) -> list[Quiz]:
    """Return up to `limit` quizzes whose id is greater than `after`, oldest first."""
    query = select(Quiz).where(Quiz.id > after, Quiz.archived_at.is_(None))
    return list(session.scalars(query.order_by(Quiz.id).limit(limit)))


def get_quiz(session: Session, quiz_id: int, *, will_change: bool = False) -> Quiz:
    """Return a quiz; with `will_change` others wait until this transaction ends. Raises NotFoundError."""
    query = select(Quiz).where(Quiz.id == quiz_id, Quiz.archived_at.is_(None))
    if will_change:
        query = query.with_for_update()
    quiz = session.scalar(query) if 0 < quiz_id <= BIGGEST_ID else None
    if quiz is None:
        raise NotFoundError("找不到這份測驗或問卷。")
    return quiz


def newest_version(session: Session, quiz: Quiz) -> QuizVersion:
    """Return the version that new attempts begin on."""
    return session.scalars(
        select(QuizVersion).where(QuizVersion.quiz_id == quiz.id, QuizVersion.number == quiz.version)
    ).one()


def content_of(session: Session, quiz: Quiz) -> QuizContent:
    """Return what was chosen for a quiz, tags as ids."""
    version = newest_version(session, quiz)
    own = [name for name in QuizContent.__dataclass_fields__ if name not in ("questions", "results", "ending")]
    return QuizContent(
        questions=version.questions,
        results=version.results,
        ending=version.ending,
        **{name: getattr(quiz, name) for name in own},
    )
