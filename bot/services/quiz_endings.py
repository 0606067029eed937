"""A quiz that a friend has finished, as its page shows it again: after a reload, or a week later."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import quiz_sayings, quiz_sheets, quiz_starts
from bot.services.plays import Play
from bot.services.quiz_starts import Running
from bot.services.quiz_states import PageState, ShownResult
from models import AttemptState, Friend, QuizAttempt


def find_ending(session: Session, quiz_code: str, friend: Friend) -> PageState | None:
    """Return this friend's newest result of a quiz; None while an attempt runs, or where none was finished.

    Raises AnswerRefusedError if there is no such quiz.
    """
    quiz = quiz_starts.get_by_code(session, quiz_code)
    mine = (QuizAttempt.quiz_id == quiz.id) & (QuizAttempt.friend_id == friend.id)
    if any(attempt.quiz_id == quiz.id for attempt in quiz_sheets.running_attempts(session, friend.id)):
        return None
    newest = select(QuizAttempt).where(mine, QuizAttempt.state == AttemptState.FINISHED)
    attempt = session.scalar(newest.order_by(QuizAttempt.number.desc()).limit(1))
    if attempt is None:
        return None
    sheet = quiz_sheets.sheet_of(session, attempt.version_id)
    found = sheet.result(attempt.result_key)
    messages = quiz_sayings.result(Running(quiz, attempt, sheet), found, friend)
    shown = ShownResult(found.key if found else None, found.name if found else None, attempt.score, messages)
    return PageState(
        quiz.name,
        attempt.key,
        attempt.state,
        attempt.step,
        number=attempt.step,
        at_most=attempt.step,
        is_resumed=True,
        result=shown,
    )


def may_begin_again(session: Session, quiz_code: str, friend: Friend, play: Play) -> bool:
    """Whether a quiz is open and this friend has attempts left; today's may be used up, which beginning then says."""
    quiz = quiz_starts.get_by_code(session, quiz_code)
    if not quiz_starts.is_open(quiz, play.now):
        return False
    mine = (QuizAttempt.quiz_id == quiz.id) & (QuizAttempt.friend_id == friend.id)
    count = session.scalar(select(func.count()).where(mine)) or 0
    return quiz.attempts_per_friend is None or count < quiz.attempts_per_friend
