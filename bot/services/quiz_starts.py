"""Getting at an attempt: begun, resumed, or found by the key that its buttons carry; and every reason why not."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.rules.quizzes import Question, Sheet, words
from bot.services import quiz_sheets
from bot.services.plays import Play
from bot.services.quiz_states import AnswerRefusedError, Reason
from models import AttemptState, Friend, Quiz, QuizAttempt

KEY_BYTES = 9  # twelve characters that nobody guesses


@dataclass(frozen=True)
class Running:
    """An attempt with the quiz and the version it belongs to."""

    quiz: Quiz
    attempt: QuizAttempt
    sheet: Sheet

    @property
    def question(self) -> Question:
        """The open question of an attempt that runs."""
        question = self.sheet.question(self.attempt.question_key)
        if question is None:
            raise LookupError(f"attempt {self.attempt.id} has no open question")
        return question


def get_by_code(session: Session, code: str) -> Quiz:
    """Return the quiz of a start button or page. Raises AnswerRefusedError."""
    quiz = session.scalar(select(Quiz).where(Quiz.code == code))
    if quiz is None:
        raise refusal(Reason.UNKNOWN)
    return quiz


def begin(session: Session, quiz: Quiz, friend: Friend, play: Play) -> tuple[Running, bool]:
    """Return the attempt that this friend, whose row is locked, goes on with or begins now; True if it goes on.

    Raises AnswerRefusedError outside the quiz's period and where all attempts are used up.
    """
    check_open(quiz, play)
    for attempt in quiz_sheets.running_attempts(session, friend.id):
        if attempt.quiz_id == quiz.id:
            attempt.asked_at, attempt.place = play.now, play.place
            return _running(session, quiz, attempt), True
    number = _next_number(session, quiz, friend, play)
    version_id = quiz_sheets.newest_version(session, quiz)
    sheet = quiz_sheets.sheet_of(session, version_id)
    attempt = QuizAttempt(
        quiz_id=quiz.id,
        version_id=version_id,
        friend_id=friend.id,
        number=number,
        on=play.today,
        key=secrets.token_urlsafe(KEY_BYTES),
        state=AttemptState.RUNNING,
        place=play.place,
        question_key=sheet.questions[0].key,
        step=0,
        chosen=[],
        asked_at=play.now,
        score=0,
        started_at=play.now,
    )
    session.add(attempt)
    quiz_sheets.note_running(session, attempt)
    return Running(quiz, attempt, sheet), False


def get_mine(session: Session, attempt_key: str, friend: Friend, play: Play) -> Running:
    """Return the running attempt that a button is bound to, if it is this friend's and the quiz is open.

    Raises AnswerRefusedError.
    """
    attempt = _find(session, attempt_key, friend)
    if attempt is None:
        raise refusal(Reason.UNKNOWN)
    if attempt.friend_id != friend.id:
        raise refusal(Reason.NOT_YOURS)
    quiz = quiz_sheets.get_quiz(session, attempt.quiz_id)
    if attempt.state is AttemptState.FINISHED:
        raise refusal(Reason.FINISHED, name=quiz.name)
    if attempt.state is AttemptState.ENDED:
        raise refusal(Reason.OVER, name=quiz.name)
    check_open(quiz, play)
    return _running(session, quiz, attempt)


def find_asking(session: Session, friend: Friend, play: Play) -> Running | None:
    """Return the attempt whose question this friend was shown last in this place, if its quiz is open."""
    for attempt in _last_asked_first(session, friend, play):
        quiz = quiz_sheets.get_quiz(session, attempt.quiz_id)
        if is_open(quiz, play.now):
            return _running(session, quiz, attempt)
    return None


def find_last_asked(session: Session, friend: Friend, play: Play) -> QuizAttempt | None:
    """Return the attempt whose question this friend was shown last in this place, also of a quiz that ended since."""
    return next(iter(_last_asked_first(session, friend, play)), None)


def is_open(quiz: Quiz, now: datetime) -> bool:
    """Whether a quiz can be played at this moment."""
    has_begun = quiz.active_from is None or quiz.active_from <= now
    has_ended = quiz.active_until is not None and quiz.active_until <= now
    return quiz.enabled and quiz.archived_at is None and has_begun and not has_ended


def check_open(quiz: Quiz, play: Play) -> None:
    """Raise AnswerRefusedError unless the quiz can be played now."""
    if is_open(quiz, play.now):
        return
    starts = quiz.active_from
    if starts is None or starts <= play.now or not quiz.enabled or quiz.archived_at is not None:
        raise refusal(Reason.OVER, name=quiz.name)
    raise refusal(Reason.NOT_STARTED, name=quiz.name, at=f"{starts.astimezone(play.zone):%Y/%m/%d %H:%M}")


def refusal(reason: Reason, *, wording: str | None = None, **values: object) -> AnswerRefusedError:
    """Return the refusal with its sentence for the friend."""
    return AnswerRefusedError(reason, words.REFUSALS[wording or reason.value], **values)


def _last_asked_first(session: Session, friend: Friend, play: Play) -> list[QuizAttempt]:
    attempts = [one for one in quiz_sheets.running_attempts(session, friend.id) if one.place is play.place]
    return sorted(attempts, key=lambda one: one.asked_at, reverse=True)


def _running(session: Session, quiz: Quiz, attempt: QuizAttempt) -> Running:
    return Running(quiz, attempt, quiz_sheets.sheet_of(session, attempt.version_id))


def _find(session: Session, attempt_key: str, friend: Friend) -> QuizAttempt | None:
    for attempt in quiz_sheets.running_attempts(session, friend.id):
        if attempt.key == attempt_key:
            return attempt
    return session.scalar(select(QuizAttempt).where(QuizAttempt.key == attempt_key))


def _next_number(session: Session, quiz: Quiz, friend: Friend, play: Play) -> int:
    """Return which attempt of this friend would begin now. Raises AnswerRefusedError where none may."""
    mine = (QuizAttempt.quiz_id == quiz.id) & (QuizAttempt.friend_id == friend.id)
    with session.no_autoflush:  # others who begin in the same batch are written together with this one
        count, last = session.execute(select(func.count(), func.max(QuizAttempt.number)).where(mine)).one()
    if quiz.attempts_per_friend is not None and count >= quiz.attempts_per_friend:
        raise refusal(Reason.LIMIT_REACHED, name=quiz.name, most=quiz.attempts_per_friend)
    if count and quiz.attempts_per_day is not None:
        today = session.scalar(select(func.count()).where(mine, QuizAttempt.on == play.today)) or 0
        if today >= quiz.attempts_per_day:
            values: dict[str, object] = {"name": quiz.name, "most": quiz.attempts_per_day}
            raise refusal(Reason.LIMIT_REACHED, wording="limit_today", **values)
    return (last or 0) + 1
