"""Answers one by one: what friends wrote, who took a choice, what one friend answered, everything for a table."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.services.quiz_questions import Question, list_versions, questions_of
from bot.services.quiz_scopes import Scope
from models import AttemptState, Friend, Quiz, QuizAnswer, QuizAttempt, QuizVersion

SLICE = 2_000  # attempts read at once for a table


@dataclass(frozen=True)
class Written:
    """What one friend wrote."""

    attempt_id: int
    started_at: datetime
    friend: Friend
    value: str
    answered_at: datetime


@dataclass(frozen=True)
class Place:
    """Where the next page of written answers begins: after the attempt that began then."""

    started_at: datetime
    attempt_id: int


@dataclass(frozen=True)
class Given:
    """One answer of an attempt: the texts of the choices, or what was written; nothing where it was skipped."""

    question: str
    kind: str
    choices: Sequence[str]
    value: str | None


@dataclass(frozen=True)
class Played:
    """One attempt with its answers in the order in which they were given."""

    attempt: QuizAttempt
    quiz: Quiz
    result: str | None
    answers: Sequence[Given]


@dataclass(frozen=True)
class Row:
    """One attempt as a row of a table; `answers` are keys of choices, or one value, by the question's key."""

    attempt_id: int
    line_user_id: str
    display_name: str | None
    number: int
    state: AttemptState
    started_at: datetime
    finished_at: datetime | None
    score: int
    version: int
    result: str | None
    answers: Mapping[str, Sequence[str]]


def list_written(
    session: Session, scope: Scope, question_key: str, *, limit: int, after: Place | None = None
) -> list[Written]:
    """Return up to `limit` written answers, those of the newest attempts first."""
    query = (
        select(QuizAnswer, QuizAttempt.started_at, Friend)
        .join_from(QuizAttempt, QuizAnswer, QuizAnswer.attempt_id == QuizAttempt.id)
        .join(Friend, Friend.id == QuizAttempt.friend_id)
        .where(*scope.attempts(), QuizAnswer.question_key == question_key, QuizAnswer.choice_key == "")
        .where(QuizAnswer.value.is_not(None))
    )
    if after is not None:
        earlier = and_(QuizAttempt.started_at == after.started_at, QuizAttempt.id < after.attempt_id)
        query = query.where(or_(QuizAttempt.started_at < after.started_at, earlier))
    rows = session.execute(query.order_by(QuizAttempt.started_at.desc(), QuizAttempt.id.desc()).limit(limit))
    return [
        Written(answer.attempt_id, started_at, friend, answer.value or "", answer.answered_at)
        for answer, started_at, friend in rows
    ]


def list_choosers(
    session: Session, quiz_id: int, question_key: str, choice_key: str, *, limit: int, after: int | None = None
) -> list[Friend]:
    """Return up to `limit` friends who ever took a choice, the newest friends first, below the id `after`."""
    chose = (QuizAnswer.quiz_id == quiz_id, QuizAnswer.question_key == question_key)
    ids = select(QuizAnswer.friend_id).where(*chose, QuizAnswer.choice_key == choice_key).distinct()
    if after is not None:
        ids = ids.where(QuizAnswer.friend_id < after)
    some = list(session.scalars(ids.order_by(QuizAnswer.friend_id.desc()).limit(limit)))
    return list(session.scalars(select(Friend).where(Friend.id.in_(some)).order_by(Friend.id.desc())))


def list_played(session: Session, friend_id: int, *, limit: int) -> list[Played]:
    """Return the newest attempts of one friend with everything answered in them."""
    rows = session.execute(
        select(QuizAttempt, Quiz, QuizVersion)
        .join(Quiz, Quiz.id == QuizAttempt.quiz_id)
        .join(QuizVersion, QuizVersion.id == QuizAttempt.version_id)
        .where(QuizAttempt.friend_id == friend_id)
        .order_by(QuizAttempt.id.desc())
        .limit(limit)
    ).all()
    answers = _answers(session, [attempt.id for attempt, _, _ in rows])
    return [
        Played(attempt, quiz, _result(version, attempt.result_key), _given(version, answers[attempt.id]))
        for attempt, quiz, version in rows
    ]


def stream(db: Database, scope: Scope) -> Iterator[Row]:
    """Return every attempt with its answers, the oldest first, read in slices."""
    with db() as session:
        versions = {version.id: version for version in list_versions(session, scope.quiz_id)}
    after = 0
    while True:
        with db() as session:
            slice_of = _slice(session, scope, versions, after)
        yield from slice_of
        if len(slice_of) < SLICE:
            return
        after = slice_of[-1].attempt_id


def _slice(session: Session, scope: Scope, versions: Mapping[int, QuizVersion], after: int) -> list[Row]:
    own = (QuizAttempt.number, QuizAttempt.state, QuizAttempt.started_at, QuizAttempt.finished_at, QuizAttempt.score)
    query = (
        select(QuizAttempt.id, Friend.line_user_id, Friend.display_name, *own)
        .add_columns(QuizAttempt.version_id, QuizAttempt.result_key)
        .join(Friend, Friend.id == QuizAttempt.friend_id)
        .where(*scope.attempts(), QuizAttempt.id > after)
        .order_by(QuizAttempt.id)
        .limit(SLICE)
    )
    found = session.execute(query).all()
    answers = _keys_by_attempt(session, [row.id for row in found])
    return [
        Row(
            attempt_id=row.id,
            line_user_id=row.line_user_id,
            display_name=row.display_name,
            number=row.number,
            state=row.state,
            started_at=row.started_at,
            finished_at=row.finished_at,
            score=row.score,
            version=versions[row.version_id].number,
            result=_result(versions[row.version_id], row.result_key),
            answers=answers.get(row.id, {}),
        )
        for row in found
    ]


def _keys_by_attempt(session: Session, attempt_ids: Sequence[int]) -> dict[int, dict[str, list[str]]]:
    """Return keys of choices and values by question; what was skipped is left out."""
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    query = select(QuizAnswer.attempt_id, QuizAnswer.question_key, QuizAnswer.choice_key, QuizAnswer.value)
    for attempt_id, question_key, choice_key, value in session.execute(
        query.where(QuizAnswer.attempt_id.in_(attempt_ids)).order_by(QuizAnswer.attempt_id, QuizAnswer.choice_key)
    ):
        if choice_key or value is not None:
            found[attempt_id][question_key].append(choice_key or value or "")
    return found


def _answers(session: Session, attempt_ids: Sequence[int]) -> dict[int, list[QuizAnswer]]:
    found: dict[int, list[QuizAnswer]] = defaultdict(list)
    query = select(QuizAnswer).where(QuizAnswer.attempt_id.in_(attempt_ids))
    for answer in session.scalars(query.order_by(QuizAnswer.attempt_id, QuizAnswer.step, QuizAnswer.choice_key)):
        found[answer.attempt_id].append(answer)
    return found


def _given(version: QuizVersion, answers: list[QuizAnswer]) -> list[Given]:
    """Return the answers in words; a question that cannot be found any more is named by its key."""
    asked: dict[str, Question] = {question.key: question for question in questions_of([version])}
    rows: dict[str, list[QuizAnswer]] = defaultdict(list)
    for answer in answers:
        rows[answer.question_key].append(answer)
    given = []
    for key, parts in rows.items():
        question = asked.get(key)
        texts = question.choices if question else {}
        choices = [texts.get(part.choice_key, part.choice_key) for part in parts if part.choice_key]
        value = next((part.value for part in parts if part.value is not None), None)
        given.append(Given(question.text if question else key, question.kind if question else "", choices, value))
    return given


def _result(version: QuizVersion, key: str | None) -> str | None:
    return next((result["name"] for result in version.results if result["key"] == key), None) if key else None
