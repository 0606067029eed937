"""Quizzes and attempts as rows, for tests of what is counted."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from bot.services.quiz_questions import list_versions
from models import AttemptState, Friend, PlayedIn, Quiz, QuizAnswer, QuizAttempt, QuizVersion
from tests.conftest import NOW
from tests.factories import later, make_friend

numbers = count(1)

SKIN = {
    "key": "skin",
    "kind": "single",
    "text": "您的膚質？",
    "choices": [{"key": "oily", "text": "油性"}, {"key": "dry", "text": "乾性"}],
}
CARE = {
    "key": "care",
    "kind": "multiple",
    "text": "用過哪些保養品？",
    "required": False,
    "choices": [{"key": "lotion", "text": "乳液"}, {"key": "mask", "text": "面膜"}, {"key": "oil", "text": "精油"}],
}
AGE = {"key": "age", "kind": "number", "text": "幾歲？"}
WORDS = {"key": "words", "kind": "text", "text": "想說的話？", "required": False}
RESULTS = [{"key": "a", "name": "清爽型", "max_score": 4}, {"key": "b", "name": "滋潤型", "min_score": 5}]


def make_quiz(session: Session, questions: Sequence[Mapping[str, Any]] = (SKIN, CARE, AGE, WORDS)) -> Quiz:
    quiz = Quiz(code=f"quiz{next(numbers)}", name="膚質測驗", created_at=NOW, updated_at=NOW)
    session.add(quiz)
    session.flush()
    add_version(session, quiz, 1, questions)
    return quiz


def add_version(session: Session, quiz: Quiz, number: int, questions: Sequence[Mapping[str, Any]]) -> QuizVersion:
    version = QuizVersion(
        quiz_id=quiz.id, number=number, questions=list(questions), results=RESULTS, ending={}, created_at=NOW
    )
    session.add(version)
    quiz.version = number
    session.flush()
    return version


def play(
    session: Session,
    quiz: Quiz,
    answers: Mapping[str, Any],
    *,
    friend: Friend | None = None,
    stopped_at: str | None = None,
    hours: float = 0,
    **columns: Any,
) -> QuizAttempt:
    """An attempt: a list holds choices, a text is written, None is skipped."""
    version = list_versions(session, quiz.id)[0]
    attempt = QuizAttempt(
        quiz_id=quiz.id,
        version_id=version.id,
        friend_id=(friend or make_friend(session)).id,
        on=date(2026, 11, 20),
        key=f"attempt{next(numbers)}",
        place=PlayedIn.CHAT,
        question_key=stopped_at,
        started_at=later(hours=hours),
        asked_at=later(hours=hours),
        state=AttemptState.RUNNING if stopped_at else AttemptState.FINISHED,
        **({"number": 1} | columns),
    )
    session.add(attempt)
    session.flush()
    for step, (key, given) in enumerate(answers.items()):
        chosen = given if isinstance(given, list) else [""]
        for choice in chosen:
            session.add(
                QuizAnswer(
                    attempt_id=attempt.id,
                    question_key=key,
                    choice_key=choice,
                    quiz_id=quiz.id,
                    friend_id=attempt.friend_id,
                    step=step,
                    value=given if isinstance(given, str) else None,
                    answered_at=later(hours=hours),
                )
            )
    session.flush()
    return attempt
