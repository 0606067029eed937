"""What came of a quiz: who began and finished, where they left, what they chose; in a few statements."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Float, cast, exists, func, select
from sqlalchemy.orm import Session

from bot.services.quiz_questions import WITH_CHOICES, Question, questions_of, result_names
from bot.services.quiz_scopes import Rows, Scope
from models import AttemptState, QuizAnswer, QuizAttempt, QuizVersion

MOST_DAYS = 60


@dataclass(frozen=True)
class ChoiceFigures:
    """One choice; `friends` are people, `answers` attempts."""

    key: str
    text: str
    answers: int
    friends: int
    share: float | None  # of the attempts that answered the question


@dataclass(frozen=True)
class NumberFigures:
    """What the numbers that friends wrote come to."""

    average: float
    least: float
    most: float


@dataclass(frozen=True)
class QuestionFigures:
    """One question."""

    question: Question
    answered: int  # attempts
    skipped: int
    dropped: int  # attempts that stand still, or ended, at this question
    choices: list[ChoiceFigures]
    numbers: NumberFigures | None

    @property
    def reached(self) -> int:
        """How many attempts came as far as this."""
        return self.answered + self.skipped + self.dropped


@dataclass(frozen=True)
class ResultFigures:
    """One result; the key is None for those who finished without one."""

    key: str | None
    name: str | None
    attempts: int
    share: float


@dataclass(frozen=True)
class QuizFigures:
    """Everything on the page of results."""

    started: int
    finished: int
    running: int
    ended: int  # by the end of the quiz, or begun anew
    questions: list[QuestionFigures]
    results: list[ResultFigures]
    scores: NumberFigures | None  # of finished attempts
    days: list[tuple[date, int, int]]  # begun on that day, and how many of those finished; the newest days

    @property
    def finish_rate(self) -> float | None:
        """Share of those who began."""
        return self.finished / self.started if self.started else None


def figures(session: Session, scope: Scope, versions: Sequence[QuizVersion]) -> QuizFigures:
    """Count everything. `versions` are the quiz's, the newest first, or the one that is asked about."""
    states = _states(session, scope)
    finished = states.get(AttemptState.FINISHED, 0)
    return QuizFigures(
        started=sum(states.values()),
        finished=finished,
        running=states.get(AttemptState.RUNNING, 0),
        ended=states.get(AttemptState.ENDED, 0),
        questions=_questions(session, scope, questions_of(versions)),
        results=_results(session, scope, result_names(versions), finished),
        scores=_scores(session, scope),
        days=_days(session, scope),
    )


def count_attempts(session: Session, quiz_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Return for each quiz how many attempts began and how many finished."""
    query = (
        select(QuizAttempt.quiz_id, func.count(), func.count().filter(QuizAttempt.state == AttemptState.FINISHED))
        .where(QuizAttempt.quiz_id.in_(quiz_ids))
        .group_by(QuizAttempt.quiz_id)
    )
    counted = {quiz_id: (started, finished) for quiz_id, started, finished in session.execute(query)}
    return {quiz_id: counted.get(quiz_id, (0, 0)) for quiz_id in quiz_ids}


def _states(session: Session, scope: Scope) -> dict[AttemptState, int]:
    query = select(QuizAttempt.state, func.count()).where(*scope.attempts()).group_by(QuizAttempt.state)
    return dict(session.execute(query).all())


def _questions(session: Session, scope: Scope, questions: list[Question]) -> list[QuestionFigures]:
    chosen = _chosen(session, scope)
    people = _people(session, scope) if _is_repeated(session, scope) else {}
    written = _written(session, scope, [one.key for one in questions if not one.kinds <= {*WITH_CHOICES}])
    choosers = _choosers(session, scope, [one.key for one in questions if "multiple" in one.kinds])
    dropped = _dropped(session, scope)
    shown = []
    for question in questions:
        counts = chosen.get(question.key, {})
        blank = counts.get("", 0)
        with_value = written.get(question.key, 0)
        answered = with_value + choosers.get(question.key, sum(counts.values()) - blank)
        if question.is_former and not answered and not blank:
            continue
        shown.append(
            QuestionFigures(
                question=question,
                answered=answered,
                skipped=blank - with_value,
                dropped=dropped.get(question.key, 0),
                choices=_choices(question, counts, people.get(question.key), answered),
                numbers=_numbers(session, scope, question) if "number" in question.kinds and answered else None,
            )
        )
    return shown


def _choices(
    question: Question, counts: dict[str, int], people: dict[str, int] | None, answered: int
) -> list[ChoiceFigures]:
    return [
        ChoiceFigures(
            key,
            text,
            answers=counts.get(key, 0),
            friends=counts.get(key, 0) if people is None else people.get(key, 0),
            share=counts.get(key, 0) / answered if answered else None,
        )
        for key, text in question.choices.items()
    ]


def _chosen(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """Return how often each choice was taken; the empty key stands for answers without one."""
    query = scope.answers(select(QuizAnswer.question_key, QuizAnswer.choice_key, func.count()))
    return _by_question(session, query.group_by(QuizAnswer.question_key, QuizAnswer.choice_key))


def _people(session: Session, scope: Scope) -> dict[str, dict[str, int]]:
    """Return how many people took each choice."""
    count = func.count(QuizAnswer.friend_id.distinct())
    query = scope.answers(select(QuizAnswer.question_key, QuizAnswer.choice_key, count))
    return _by_question(session, query.group_by(QuizAnswer.question_key, QuizAnswer.choice_key))


def _by_question(session: Session, query: Rows) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for question_key, choice_key, count in session.execute(query):
        found[question_key][choice_key] = count
    return found


def _written(session: Session, scope: Scope, keys: list[str]) -> dict[str, int]:
    """Return for each question how many attempts wrote something; a skipped question has an answer without a value."""
    query = scope.answers(select(QuizAnswer.question_key, func.count(QuizAnswer.value))).where(
        QuizAnswer.question_key.in_(keys), QuizAnswer.choice_key == ""
    )
    return _by_key(session, query.group_by(QuizAnswer.question_key)) if keys else {}


def _choosers(session: Session, scope: Scope, keys: list[str]) -> dict[str, int]:
    """Return for each question how many attempts took at least one choice."""
    query = scope.answers(select(QuizAnswer.question_key, func.count(QuizAnswer.attempt_id.distinct()))).where(
        QuizAnswer.question_key.in_(keys), QuizAnswer.choice_key != ""
    )
    return _by_key(session, query.group_by(QuizAnswer.question_key)) if keys else {}


def _by_key(session: Session, query: Rows) -> dict[str, int]:
    return dict(session.execute(query).all())


def _dropped(session: Session, scope: Scope) -> dict[str, int]:
    query = select(QuizAttempt.question_key, func.count()).where(
        *scope.attempts(), QuizAttempt.state != AttemptState.FINISHED, QuizAttempt.question_key.is_not(None)
    )
    return _by_key(session, query.group_by(QuizAttempt.question_key))


def _is_repeated(session: Session, scope: Scope) -> bool:
    """Whether anybody played twice; else attempts are people."""
    again = exists().where(QuizAttempt.quiz_id == scope.quiz_id, QuizAttempt.number > 1)
    return bool(session.scalar(select(again)))


def _numbers(session: Session, scope: Scope, question: Question) -> NumberFigures | None:
    """Only answers to versions that asked for a number are numbers."""
    number = cast(QuizAnswer.value, Float)
    query = scope.answers(select(func.avg(number), func.min(number), func.max(number))).where(
        QuizAnswer.question_key == question.key, QuizAnswer.choice_key == "", QuizAnswer.value.is_not(None)
    )
    if question.kinds != {"number"}:
        asking = [version_id for version_id, kind in question.versions.items() if kind == "number"]
        attempt = exists().where(QuizAttempt.id == QuizAnswer.attempt_id, QuizAttempt.version_id.in_(asking))
        query = query.where(attempt.correlate(QuizAnswer))
    return _spread(session.execute(query).one())


def _results(session: Session, scope: Scope, names: dict[str, str], finished: int) -> list[ResultFigures]:
    query = select(QuizAttempt.result_key, func.count()).where(
        *scope.attempts(), QuizAttempt.state == AttemptState.FINISHED
    )
    counts: dict[str | None, int] = dict(session.execute(query.group_by(QuizAttempt.result_key)).all())
    keys: list[str | None] = [*names, *([None] if counts.get(None) else [])]
    return [
        ResultFigures(key, names.get(key or ""), counts.get(key, 0), counts.get(key, 0) / finished if finished else 0.0)
        for key in keys
    ]


def _scores(session: Session, scope: Scope) -> NumberFigures | None:
    score = cast(QuizAttempt.score, Float)
    query = select(func.avg(score), func.min(score), func.max(score))
    found = session.execute(query.where(*scope.attempts(), QuizAttempt.state == AttemptState.FINISHED)).one()
    return _spread(found)


def _spread(row: Any) -> NumberFigures | None:
    average, least, most = row
    return None if average is None else NumberFigures(float(average), float(least), float(most))


def _days(session: Session, scope: Scope) -> list[tuple[date, int, int]]:
    finished = func.count().filter(QuizAttempt.state == AttemptState.FINISHED)
    query = select(QuizAttempt.on, func.count(), finished).where(*scope.attempts()).group_by(QuizAttempt.on)
    newest = session.execute(query.order_by(QuizAttempt.on.desc()).limit(MOST_DAYS)).all()
    return [(on, begun, ended) for on, begun, ended in reversed(newest)]
