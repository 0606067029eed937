"""Groups and rooms: ignored, or left, as staff chose."""

from bot.services.auto_replies import Said
from handlers.line.turns import Turn
from models import AnswerKind


def on_place_event(turn: Turn) -> Said | None:
    """Leave the group or room if staff chose so; else stay silent."""
    if turn.leaves_groups and turn.event.type in ("join", "message") and not turn.event.is_standby:
        turn.batch.answers[turn.event.id] = (AnswerKind.LEAVE, [])
    return None


def on_nothing(turn: Turn) -> Said | None:  # noqa: ARG001 every handler has this form
    """An event that is known and asks for nothing."""
    return None
