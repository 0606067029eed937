"""Quizzes and their versions, read once per transaction; attempts that run, found once per batch of events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.rules.quizzes import Sheet, read_sheet
from models import AttemptState, Quiz, QuizAttempt, QuizVersion

SHEETS, QUIZZES, NEWEST, RUNNING = "quiz_sheets", "quizzes", "newest_quiz_versions", "running_quiz_attempts"


@dataclass(frozen=True)
class Shelf:
    """The quizzes that are not deleted and their newest versions, read once per change of any. Never changes."""

    quizzes: Mapping[int, Quiz] = field(default_factory=dict)
    sheets: Mapping[int, Sheet] = field(default_factory=dict)  # by the version's id
    newest: Mapping[tuple[int, int], int] = field(default_factory=dict)  # (quiz id, version number) → version's id


def read_shelf(session: Session) -> Shelf:
    """Read what is to be kept between transactions; the rows are shared by threads from here on, and never written."""
    newest = (QuizVersion.quiz_id == Quiz.id) & (QuizVersion.number == Quiz.version)
    rows = session.execute(select(Quiz, QuizVersion).join(QuizVersion, newest).where(Quiz.archived_at.is_(None))).all()
    for quiz, _ in rows:
        session.expunge(quiz)
    return Shelf(
        {quiz.id: quiz for quiz, _ in rows},
        {one.id: read_sheet(one.questions, one.results, one.ending) for _, one in rows},
        {(quiz.id, quiz.version): one.id for quiz, one in rows},
    )


def take_from(session: Session, shelf: Shelf) -> None:
    """Let this transaction, which knows that the shelf is up to date, read nothing twice."""
    session.info[QUIZZES], session.info[SHEETS] = dict(shelf.quizzes), dict(shelf.sheets)
    session.info[NEWEST] = dict(shelf.newest)


def sheet_of(session: Session, version_id: int) -> Sheet:
    """Return a version ready to be played; it never changes."""
    sheets: dict[int, Sheet] = session.info.setdefault(SHEETS, {})
    if version_id not in sheets:
        version = session.get_one(QuizVersion, version_id)
        sheets[version_id] = read_sheet(version.questions, version.results, version.ending)
    return sheets[version_id]


def find_quiz(session: Session, quiz_id: int) -> Quiz | None:
    """Return a quiz, also one that was deleted and left its answers."""
    quizzes: dict[int, Quiz | None] = session.info.setdefault(QUIZZES, {})
    if quiz_id not in quizzes:
        quizzes[quiz_id] = session.get(Quiz, quiz_id)
    return quizzes[quiz_id]


def get_quiz(session: Session, quiz_id: int) -> Quiz:
    """Return the quiz of an attempt."""
    quiz = find_quiz(session, quiz_id)
    if quiz is None:
        raise LookupError(f"no quiz {quiz_id}")
    return quiz


def newest_version(session: Session, quiz: Quiz) -> int:
    """Return the id of the version that new attempts begin on."""
    versions: dict[tuple[int, int], int] = session.info.setdefault(NEWEST, {})
    key = (quiz.id, quiz.version)
    if key not in versions:
        query = select(QuizVersion.id).where(QuizVersion.quiz_id == quiz.id, QuizVersion.number == quiz.version)
        versions[key] = session.scalars(query).one()
    return versions[key]


def expect(session: Session, friend_ids: Iterable[int]) -> None:
    """Look up, in one statement, the running attempts of everybody whose events are about to be handled."""
    known = _running(session)
    wanted = [friend_id for friend_id in set(friend_ids) if friend_id not in known]
    if not wanted:
        return
    known.update({friend_id: [] for friend_id in wanted})
    query = select(QuizAttempt).where(
        QuizAttempt.friend_id.in_(sorted(wanted)), QuizAttempt.state == AttemptState.RUNNING
    )
    for attempt in session.scalars(query.order_by(QuizAttempt.id)):
        known[attempt.friend_id].append(attempt)


def running_attempts(session: Session, friend_id: int) -> list[QuizAttempt]:
    """Return the attempts that a friend, whose row is locked, has begun and not finished."""
    expect(session, [friend_id])
    return [one for one in _running(session)[friend_id] if one.state is AttemptState.RUNNING]


def note_running(session: Session, attempt: QuizAttempt) -> None:
    """Add an attempt that begins now."""
    expect(session, [attempt.friend_id])
    known = _running(session)[attempt.friend_id]
    if attempt not in known:
        known.append(attempt)


def _running(session: Session) -> dict[int, list[QuizAttempt]]:
    found: dict[int, list[QuizAttempt]] = session.info.setdefault(RUNNING, {})
    return found
