"""A quiz that a friend has finished, as its page shows it again: after a reload, or a week later."""

from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.services import quiz_pages, quiz_sheets, quiz_starts
from bot.services.plays import Play
from bot.services.quiz_starts import Running
from bot.services.quiz_states import PageState
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
    running = Running(quiz, attempt, sheet)
    return replace(quiz_pages.ended(running, sheet.result(attempt.result_key), friend), is_resumed=True)


def may_begin_again(session: Session, quiz_code: str, friend: Friend, play: Play) -> bool:
    """Whether a quiz is open and this friend has attempts left; today's may be used up, which beginning then says."""
    quiz = quiz_starts.get_by_code(session, quiz_code)
    if not quiz_starts.is_open(quiz, play.now):
        return False
    mine = (QuizAttempt.quiz_id == quiz.id) & (QuizAttempt.friend_id == friend.id)
    count = session.scalar(select(func.count()).where(mine)) or 0
    return quiz.attempts_per_friend is None or count < quiz.attempts_per_friend
