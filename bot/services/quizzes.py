"""Quizzes and surveys as staff and other systems keep them: made, changed, deleted."""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, NotFoundError
from bot.rules.quizzes import read_sheet, warnings_of
from bot.rules.quizzes import start_data as data_of_start
from bot.services import audit, auto_replies, quiz_checks, usages
from bot.services.audit import Actor
from bot.services.quiz_checks import QuizContent
from models import AttemptState, Quiz, QuizAttempt, QuizVersion

__all__ = [
    "QuizContent",
    "change",
    "content_of",
    "create",
    "delete",
    "get_quiz",
    "list_quizzes",
    "newest_version",
    "page",
    "start_data",
    "toggle",
    "warnings",
]

BIGGEST_ID = 2**31 - 1
CODE_BYTES = 5
OWN = frozenset(QuizContent.__dataclass_fields__) - {"questions", "results", "ending"}  # columns of the quiz itself


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
    return QuizContent(
        questions=version.questions,
        results=version.results,
        ending=version.ending,
        **{name: getattr(quiz, name) for name in OWN},
    )


def start_data(quiz: Quiz) -> str:
    """Return what a button carries that starts this quiz, wherever it stands."""
    return data_of_start(quiz.code)


def warnings(content: QuizContent) -> list[FieldFault]:
    """Return what of a kept content probably is not meant: questions nobody reaches, scores without a result."""
    return warnings_of(read_sheet(content.questions, content.results, content.ending))


def create(session: Session, content: QuizContent, *, by: Actor, now: datetime) -> Quiz:
    """Make a quiz. Raises InvalidInputError with each fault at its field."""
    content = quiz_checks.checked(session, content, used={}, used_results=(), by=by, now=now)
    own = {name: getattr(content, name) for name in OWN}
    quiz = Quiz(**own, code=secrets.token_hex(CODE_BYTES), version=1, created_at=now, updated_at=now)
    session.add(quiz)
    session.flush()
    _add_version(session, quiz, content, now)
    changes = audit.changed({}, _for_audit(content))
    audit.record(session, by, "create", "quiz", quiz.id, now=now, changes=changes)
    auto_replies.touch(session)
    return quiz


def change(session: Session, quiz_id: int, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> Quiz:
    """Change the fields of QuizContent that are named. Raises as `create` does, and NotFoundError.

    Other questions, results or ending make a new version; attempts that run finish on theirs.
    """
    quiz = get_quiz(session, quiz_id, will_change=True)
    before = content_of(session, quiz)
    used, used_results = _used_keys(session, quiz_id)
    wanted = replace(before, **changes)
    after = quiz_checks.checked(session, wanted, used=used, used_results=used_results, by=by, now=now)
    differences = audit.changed(_for_audit(before), _for_audit(after))
    if differences:
        for name in differences.keys() & OWN:
            setattr(quiz, name, getattr(after, name))
        if differences.keys() - OWN:
            quiz.version += 1
            _add_version(session, quiz, after, now)
        quiz.updated_at = now
        session.flush()
        audit.record(session, by, "update", "quiz", quiz_id, now=now, changes=differences)
        auto_replies.touch(session)
    return quiz


def toggle(session: Session, quiz_id: int, *, by: Actor, now: datetime) -> Quiz:
    """Switch a quiz on or off. Raises NotFoundError."""
    quiz = get_quiz(session, quiz_id, will_change=True)
    return change(session, quiz_id, {"enabled": not quiz.enabled}, by=by, now=now)


def delete(session: Session, quiz_id: int, *, by: Actor, now: datetime) -> None:
    """Delete a quiz; one that friends played is only put away, so that their answers stay.

    Raises NotFoundError, and ConflictError that names what still uses it.
    """
    quiz = get_quiz(session, quiz_id, will_change=True)
    users = usages.users_of_quiz(session, quiz_id)
    if users:
        raise ConflictError("這份測驗還在使用中：%(users)s。請先從那裡移除。", users="、".join(users))
    changes = {name: [value, None] for name, value in _for_audit(content_of(session, quiz)).items()}
    audit.record(session, by, "delete", "quiz", quiz_id, now=now, changes=changes)
    if session.scalar(select(QuizAttempt.id).where(QuizAttempt.quiz_id == quiz_id).limit(1)) is None:
        session.delete(quiz)
    else:
        quiz.enabled, quiz.archived_at = False, now
        running = (QuizAttempt.quiz_id == quiz_id) & (QuizAttempt.state == AttemptState.RUNNING)
        session.execute(update(QuizAttempt).where(running).values(state=AttemptState.ENDED))
    session.flush()
    auto_replies.touch(session)


def _add_version(session: Session, quiz: Quiz, content: QuizContent, now: datetime) -> None:
    session.add(
        QuizVersion(
            quiz_id=quiz.id,
            number=quiz.version,
            questions=list(content.questions),
            results=list(content.results),
            ending=dict(content.ending),
            created_at=now,
        )
    )
    session.flush()


def _used_keys(session: Session, quiz_id: int) -> tuple[dict[str, set[str]], set[str]]:
    """Return the keys of all versions: of questions, each with those of its choices, and of results."""
    questions: dict[str, set[str]] = {}
    results: set[str] = set()
    for version in session.scalars(select(QuizVersion).where(QuizVersion.quiz_id == quiz_id)):
        for question in version.questions:
            choices = questions.setdefault(question["key"], set())
            choices.update(choice["key"] for choice in question.get("choices") or ())
        results.update(result["key"] for result in version.results)
    return questions, results


def _for_audit(content: QuizContent) -> dict[str, Any]:
    return {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in vars(content).items()
    }
