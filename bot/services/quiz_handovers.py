"""Questions that a page cannot take: pictures are sent to the chat, where LINE keeps them."""

from sqlalchemy.orm import Session

from bot.services import quiz_sheets
from bot.services.plays import Play
from models import Friend, PlayedIn


def hand_to_chat(session: Session, attempt_key: str, friend: Friend, play: Play) -> None:
    """Let the chat take the answer to the open question of this friend's attempt, which a page has just shown."""
    for attempt in quiz_sheets.running_attempts(session, friend.id):
        if attempt.key == attempt_key:
            attempt.place, attempt.asked_at = PlayedIn.CHAT, play.now
