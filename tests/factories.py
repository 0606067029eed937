"""Rows for tests: a test states what it is about, these fill in the rest."""

import itertools
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.services import auto_replies, friends
from models import Friend, FriendProof, FriendState, Greeting, KeywordRule, Tag
from tests.conftest import NOW
from tests.line_events import user

numbers = itertools.count(1)


def text(words: str) -> dict[str, Any]:
    """A text message."""
    return {"type": "text", "text": words}


def make_friend(session: Session, number: int | None = None, *, name: str = "王小明", **columns: Any) -> Friend:
    """A following friend."""
    known: dict[str, Any] = {
        "line_user_id": user(number or 10_000 + next(numbers)),
        "state": FriendState.FOLLOWING,
        "state_at": NOW,
        "proof": FriendProof.FOLLOW_EVENT,
        "first_followed_at": NOW,
        "last_follow_at": NOW,
        "followed_at": NOW,
        "attributes": {},
        "is_returning": False,
        "profile_attempts": 0,
        "created_at": NOW,
    }
    friend = Friend(**(known | friends.name_columns(name) | columns))
    session.add(friend)
    session.flush()
    return friend


def make_tag(session: Session, name: str = "嬰兒副食品") -> Tag:
    """A tag."""
    tag = Tag(name=name, created_at=NOW)
    session.add(tag)
    session.flush()
    return tag


def make_rule(
    session: Session, *keywords: str, answer: str = "您好", match: str = "exact", **columns: Any
) -> KeywordRule:
    """An enabled keyword rule that answers one text."""
    known: dict[str, Any] = {
        "name": f"規則 {next(numbers)}",
        "keywords": [{"text": keyword, "match": match} for keyword in keywords],
        "messages": [text(answer)],
        "tags": [],
        "created_at": NOW,
        "updated_at": NOW,
    }
    rule = KeywordRule(**(known | columns))
    session.add(rule)
    auto_replies.touch(session)
    session.flush()
    return rule


def set_greeting(
    session: Session, new: str = "歡迎", returning: str = "歡迎回來", tags: list[int] | None = None
) -> None:
    """The greeting for new and returning friends."""
    greeting = session.get_one(Greeting, 1)
    greeting.new_friend, greeting.returning_friend, greeting.tags = [text(new)], [text(returning)], tags or []
    auto_replies.touch(session)


def later(**span: float) -> datetime:
    """A moment after NOW."""
    return NOW + timedelta(**span)
