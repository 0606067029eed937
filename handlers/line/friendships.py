"""Follow and unfollow."""

from bot.services import friends
from bot.services.auto_replies import Said
from handlers.line import plays
from handlers.line.turns import Turn


def on_follow(turn: Turn) -> Said | None:
    """Greet whoever added the account, unless something newer undid it."""
    if turn.friend is None:
        return None
    is_unblocked = turn.event.part("follow").get("isUnblocked") is True
    is_there = friends.follow(turn.session, turn.friend, at=turn.event.at, is_unblocked=is_unblocked, now=turn.now)
    if not is_there:
        return None
    turn.batch.follows[turn.friend.line_user_id] = turn.event.at
    return plays.start_on_follow(turn, turn.friend, turn.answers.greet(turn.friend))


def on_unfollow(turn: Turn) -> Said | None:
    """Keep in mind that nothing may be sent any more."""
    if turn.friend is not None:
        friends.unfollow(turn.session, turn.friend, at=turn.event.at)
    return None
