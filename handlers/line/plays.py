"""Quizzes, games and referrals in the chat: which service a keyword or a tap belongs to."""

from collections.abc import Callable, Iterable
from datetime import datetime
from types import MappingProxyType

from sqlalchemy.orm import Session

from bot.messages.checks import MOST_MESSAGES
from bot.services import draws, invitations, quiz_attempts
from bot.services.auto_replies import Answers, Said
from bot.services.plays import Play, Starter
from handlers.line.events import Event
from handlers.line.turns import Turn
from models import ChatSource, Friend

Start = Callable[[Session, int, Friend, Play], Said | None]
TakeTap = Callable[[Session, str, Friend, Play], Said | None]

STARTS: MappingProxyType[ChatSource, Start] = MappingProxyType(
    {
        ChatSource.QUIZ: quiz_attempts.start,
        ChatSource.GAME: draws.start,
        ChatSource.REFERRAL: invitations.start,
    }
)
TAPS: MappingProxyType[str, TakeTap] = MappingProxyType(
    {
        "quiz:": quiz_attempts.take_tap,
        "game:": draws.take_tap,
        "referral:": invitations.take_tap,
    }
)


def start(turn: Turn, friend: Friend, starter: Starter) -> Said | None:
    """Start the play that a keyword belongs to."""
    return STARTS[starter.source](turn.session, starter.id, friend, turn.play)


def take_tap(turn: Turn, friend: Friend, tapped: str) -> Said | None:
    """Take the tap of a play's button; None for data of anything else."""
    for prefix, take in TAPS.items():
        if tapped.startswith(prefix):
            return take(turn.session, _with_day(turn.event, tapped), friend, turn.play)
    return None


def take_text(turn: Turn, friend: Friend, text: str) -> Said | None:
    """Take a text as the answer to a quiz that this friend is in the middle of."""
    if not turn.answers.has_quizzes or not quiz_attempts.is_asking(turn.session, friend, turn.play):
        return None
    is_keyword = turn.answers.is_keyword(turn.session, text, friend, now=turn.now)
    return quiz_attempts.take_text(turn.session, text, friend, turn.play, is_keyword=is_keyword)


def take_picture(turn: Turn, friend: Friend, line_message_id: object) -> Said | None:
    """Take a picture as the answer to a quiz."""
    if not turn.answers.has_quizzes or not isinstance(line_message_id, str):
        return None
    if not line_message_id.isascii() or not line_message_id.isalnum():
        return None
    return quiz_attempts.take_picture(turn.session, line_message_id, friend, turn.play)


def hint(turn: Turn, friend: Friend) -> Said | None:
    """Say how the open question of a quiz can be answered."""
    return quiz_attempts.hint(turn.session, friend, turn.play) if turn.answers.has_quizzes else None


def start_on_follow(turn: Turn, friend: Friend, greeting: Said | None) -> Said | None:
    """Return the greeting with the quiz that begins on a follow behind it, in one reply; LINE takes five messages."""
    quiz_id = turn.answers.quiz_on_follow
    quiz = None if quiz_id is None else quiz_attempts.start_on_follow(turn.session, quiz_id, friend, turn.play)
    if quiz is None or greeting is None:
        return quiz or greeting
    room = MOST_MESSAGES - len(quiz.messages)
    return Said([*greeting.messages[:room], *quiz.messages], greeting.source, greeting.source_id, greeting.tag_ids)


def expect(session: Session, friends: list[Friend], answers: Answers) -> None:
    """Look up who of these is in the middle of a quiz, once for all of them."""
    quiz_attempts.expect(session, [friend.id for friend in friends], answers.quizzes)


def expect_draws(session: Session, events: Iterable[Event]) -> None:
    """Make sure that batches that draw from the same games never wait for each other in a circle."""
    tapped = (event.part("postback").get("data") for event in events if event.type == "postback")
    draws.expect(session, [data for data in tapped if isinstance(data, str)])


def settle(session: Session, now: datetime) -> None:
    """Write what the answers of a batch add up to."""
    quiz_attempts.settle(session, now=now)


def _with_day(event: Event, tapped: str) -> str:
    """The day that was picked in LINE's date picker stands beside the data (reference: datetime picker action)."""
    params = event.part("postback").get("params")
    day = params.get("date") if isinstance(params, dict) else None
    return quiz_attempts.with_day(tapped, day) if isinstance(day, str) and tapped.startswith("quiz:") else tapped
