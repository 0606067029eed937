"""What friends say, tap and take back."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.services import chats
from bot.services.auto_replies import Said
from bot.services.plays import Starter
from handlers.line import plays
from handlers.line.turns import Turn
from models import Friend

PROFILE_AGE = timedelta(days=7)


def on_message(turn: Turn) -> Said | None:
    """Answer what is said from quizzes and keyword rules, else by the fallback; everything is kept in the log."""
    friend, message = turn.friend, turn.event.part("message")
    if friend is None:
        return None
    _note_contact(turn, friend)
    said = _answer(turn, friend, message)
    is_taken = said is not None and said.settles and turn.event.reply_token is not None
    is_answered = is_taken or turn.event.is_standby  # in standby another tool has the chat
    if not is_answered:
        friend.unanswered_at = turn.event.at
    turn.batch.chat_lines.append(
        chats.from_friend(friend.id, message, event_id=turn.event.id, said_at=turn.event.at, is_answered=is_answered)
    )
    return said


def _answer(turn: Turn, friend: Friend, message: Mapping[str, Any]) -> Said | None:
    """What goes first: an answer to an open quiz, a rule or the start of a play, a hint to the quiz, the fallback."""
    kind, text = message.get("type"), message.get("text")
    if kind == "image":
        return plays.take_picture(turn, friend, message.get("id"))
    if kind != "text" or not isinstance(text, str):
        return None
    played = plays.take_text(turn, friend, text)
    if played is not None:
        return played
    found = turn.answers.answer(turn.session, text, friend, now=turn.now)
    if isinstance(found, Starter):
        found = plays.start(turn, friend, found)
    return found or plays.hint(turn, friend) or turn.answers.fall_back(friend, now=turn.now)


def on_postback(turn: Turn) -> Said | None:
    """Answer taps on the buttons of plays, else from the rules that staff opened for taps."""
    friend, tapped = turn.friend, turn.event.part("postback").get("data")
    if friend is None or not isinstance(tapped, str):
        return None
    _note_contact(turn, friend)
    turn.batch.chat_lines.append(chats.from_tap(friend.id, tapped, event_id=turn.event.id, said_at=turn.event.at))
    if turn.event.is_standby:
        return None
    played = plays.take_tap(turn, friend, tapped)
    return played or turn.answers.answer_postback(turn.session, tapped, friend, now=turn.now)


def on_unsend(turn: Turn) -> Said | None:
    """Remove what was taken back (LINE asks for it: webhook reference, unsend event)."""
    message_id = turn.event.part("unsend").get("messageId")
    if turn.friend is not None and isinstance(message_id, str) and message_id.isascii() and message_id.isalnum():
        chats.write(turn.session, turn.batch.chat_lines)  # the message may stand in this very batch
        turn.batch.chat_lines.clear()
        chats.unsend(turn.session, turn.friend.id, message_id, event_id=turn.event.id, now=turn.now)
    return None


def _note_contact(turn: Turn, friend: Friend) -> None:
    """No proof of friendship: people who got a notification message write too."""
    if friend.last_contact_at is None or friend.last_contact_at < turn.event.at:
        friend.last_contact_at = turn.event.at
    fetched = friend.profile_fetched_at
    if friend.profile_due_at is None and (fetched is None or turn.now - fetched > PROFILE_AGE):
        friend.profile_due_at = turn.now
