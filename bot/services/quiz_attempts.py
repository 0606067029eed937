"""Playing a quiz: begun, answered by taps and texts in the chat, resumed. Pages are in `quiz_pages`.

Everything happens in the caller's transaction with the friend's row locked, so two taps of one friend never meet.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.messages import text as text_message
from bot.rules.quizzes import (
    PREFIX,
    Act,
    Given,
    Kind,
    Tap,
    is_done,
    is_skip,
    read_choices,
    read_start,
    read_tap,
    read_value,
    with_day,
    words,
)
from bot.services import quiz_batches, quiz_sayings, quiz_sheets, quiz_starts, quiz_taps
from bot.services.auto_replies import Said
from bot.services.plays import Play
from bot.services.quiz_pages import answer_page, open_page
from bot.services.quiz_sheets import Shelf
from bot.services.quiz_starts import Running, refusal
from bot.services.quiz_states import AnswerRefusedError, PageState, Reason
from models import ChatSource, Friend, Quiz

__all__ = [
    "AnswerRefusedError",
    "PageState",
    "Reason",
    "answer_page",
    "expect",
    "hint",
    "is_asking",
    "open_page",
    "settle",
    "start",
    "start_on_follow",
    "take_picture",
    "take_tap",
    "take_text",
    "with_day",
]

TYPED_FOR = timedelta(hours=24)  # after that a text is no answer any more; a tap always is


def expect(session: Session, friend_ids: Iterable[int], shelf: Shelf) -> None:
    """Begin a batch of events of these friends: what all of them need is looked up once. Ends with `settle`.

    The shelf must be up to date in this very transaction.
    """
    quiz_sheets.take_from(session, shelf)
    quiz_sheets.expect(session, friend_ids)
    quiz_batches.gather(session)


def settle(session: Session, *, now: datetime) -> None:
    """End a batch: write what all its answers add up to."""
    quiz_batches.settle(session, now=now)


def start(session: Session, quiz_id: int, friend: Friend, play: Play) -> Said | None:
    """Begin a quiz or go on with it; says so where that is not possible. None if there is no such quiz."""
    quiz = quiz_sheets.find_quiz(session, quiz_id)
    return None if quiz is None else _start(session, quiz, friend, play)


def start_on_follow(session: Session, quiz_id: int, friend: Friend, play: Play) -> Said | None:
    """Begin a quiz behind the greeting; None where this friend cannot play it now."""
    quiz = quiz_sheets.find_quiz(session, quiz_id)
    if quiz is None:
        return None
    try:
        running, is_resumed = quiz_starts.begin(session, quiz, friend, play)
    except AnswerRefusedError:
        return None
    before = [words.RESUMED] if is_resumed else []
    return quiz_sayings.said(running.attempt, quiz_sayings.question(running, before))


def take_tap(session: Session, data: str, friend: Friend, play: Play) -> Said | None:
    """Take a tap on a button of a quiz. None for data of something else; what does not fit changes nothing."""
    if not data.startswith(PREFIX):
        return None
    code = read_start(data)
    try:
        if code is not None:
            return _start(session, quiz_starts.get_by_code(session, code), friend, play)
        tap = read_tap(data)
        if tap is None:
            raise refusal(Reason.UNKNOWN)
        running = quiz_starts.get_mine(session, tap.attempt_key, friend, play)
    except AnswerRefusedError as refused:
        return quiz_sayings.said(None, [text_message(str(refused))])
    return quiz_taps.take(session, running, tap, friend, play)


def is_asking(session: Session, friend: Friend, play: Play) -> bool:
    """Whether this friend was asked something lately and has not answered."""
    return _asking(session, friend, play) is not None


def take_text(session: Session, text: str, friend: Friend, play: Play, *, is_keyword: bool) -> Said | None:
    """Take a text as the answer to the open question, if somebody is in the middle of a quiz and it is one.

    A choice goes before keyword rules; where anything can be written, a text that is a keyword as a whole is left to
    the rules, and the attempt waits.
    """
    running = _asking(session, friend, play)
    read = _read(running, text, play, is_keyword=is_keyword) if running else None
    if running is None or read is None:
        return None
    if isinstance(read, Act):
        return quiz_taps.take(session, running, _tap(running, read), friend, play)
    if running.question.kind is Kind.MULTIPLE and len(read.choices) == 1:
        return quiz_taps.take(session, running, _tap(running, Act.ADD, read.choices[0]), friend, play)
    return quiz_taps.answer(session, running, read, friend, play)


def take_picture(session: Session, line_message_id: str, friend: Friend, play: Play) -> Said | None:
    """Take a picture sent to the chat, by LINE's message id, if the open question asks for one."""
    running = _asking(session, friend, play)
    if running is None or running.question.kind is not Kind.PICTURE:
        return None
    return quiz_taps.answer(session, running, Given(value=line_message_id), friend, play)


def hint(session: Session, friend: Friend, play: Play) -> Said | None:
    """Say how the open question can be answered, to somebody whose text nothing understood.

    If the quiz ended meanwhile it says that, once. Changes no answer.
    """
    running = _asking(session, friend, play)
    if running is None:
        return _ended(session, friend, play)
    before = [words.NOT_UNDERSTOOD[running.question.kind]]
    return replace(quiz_taps.again(running, before), settles=False)  # it may be a question for staff


def _ended(session: Session, friend: Friend, play: Play) -> Said | None:
    attempt = quiz_starts.find_last_asked(session, friend, play)
    if attempt is None or play.now - attempt.asked_at >= TYPED_FOR:
        return None
    try:
        quiz_starts.check_open(quiz_sheets.get_quiz(session, attempt.quiz_id), play)
    except AnswerRefusedError as refused:
        attempt.asked_at = play.now - TYPED_FOR  # texts are no answers from here on, and hear nothing of it again
        return Said([text_message(str(refused))], ChatSource.QUIZ, attempt.quiz_id, settles=False)
    return None


def _start(session: Session, quiz: Quiz, friend: Friend, play: Play) -> Said:
    try:
        running, is_resumed = quiz_starts.begin(session, quiz, friend, play)
    except AnswerRefusedError as refused:
        return Said([text_message(str(refused))], ChatSource.QUIZ, quiz.id)
    before: list[str] = []
    if is_resumed:
        begun = words.ALREADY_RUNNING % {"name": quiz.name}
        before = [words.RESUMED if running.attempt.step else begun]
    return quiz_sayings.said(running.attempt, quiz_sayings.question(running, before))


def _asking(session: Session, friend: Friend, play: Play) -> Running | None:
    running = quiz_starts.find_asking(session, friend, play)
    is_fresh = running is not None and play.now - running.attempt.asked_at < TYPED_FOR
    return running if is_fresh else None


def _read(running: Running, text: str, play: Play, *, is_keyword: bool) -> Given | Act | None:
    """Return what a text answers to the open question, or the button it stands for; None if it is no answer."""
    question = running.question
    if question.has_choices:
        chosen = [choice.key for choice in read_choices(question, text, only_exact=is_keyword)]
        if chosen:
            return Given(tuple(chosen if len(chosen) == 1 else dict.fromkeys([*running.attempt.chosen, *chosen])))
        if question.kind is Kind.MULTIPLE and is_done(text):
            return Act.DONE
    if not question.required and is_skip(text):
        return Act.SKIP
    if is_keyword or question.has_choices:
        return None
    value = read_value(question.kind, text, today=play.today)
    return None if value is None else Given(value=value)


def _tap(running: Running, act: Act, choice_key: str | None = None) -> Tap:
    attempt = running.attempt
    return Tap(attempt.key, attempt.step, running.question.key, act, choice_key)
