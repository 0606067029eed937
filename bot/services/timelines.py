"""What happened with one friend, in one order of time: friendship, tags, chat."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import ChatMessage, FriendshipChange, FriendTag

Entry = FriendshipChange | FriendTag | ChatMessage

KINDS: dict[type[Entry], int] = {FriendshipChange: 0, FriendTag: 1, ChatMessage: 2}  # the order at equal times


@dataclass(frozen=True, order=True)
class Place:
    """Where an entry stands: its time, its kind, its number; what is greater comes first."""

    at: datetime
    kind: int
    id: int


@dataclass(frozen=True)
class Happening:
    """One entry of a timeline."""

    place: Place
    entry: Entry


def page(session: Session, friend_id: int, *, limit: int, after: Place | None = None) -> list[Happening]:
    """Return up to `limit` entries that come after a place, newest first."""
    found = [
        *_some(session, FriendshipChange, FriendshipChange.happened_at, FriendshipChange.id, friend_id, limit, after),
        *_some(session, FriendTag, FriendTag.tagged_at, FriendTag.tag_id, friend_id, limit, after),
        *_some(session, ChatMessage, ChatMessage.said_at, ChatMessage.id, friend_id, limit, after),
    ]
    return sorted(found, key=lambda happening: happening.place, reverse=True)[:limit]


def _some(
    session: Session,
    model: type[Any],
    at: InstrumentedAttribute[datetime],
    key: InstrumentedAttribute[int],
    friend_id: int,
    limit: int,
    after: Place | None,
) -> Iterable[Happening]:
    query = select(model).where(model.friend_id == friend_id)
    if after is not None:
        query = query.where(_comes_after(after, KINDS[model], at, key))
    for entry in session.scalars(query.order_by(at.desc(), key.desc()).limit(limit)):
        yield Happening(Place(getattr(entry, at.key), KINDS[model], getattr(entry, key.key)), entry)


def _comes_after(
    place: Place, kind: int, at: InstrumentedAttribute[datetime], key: InstrumentedAttribute[int]
) -> ColumnElement[bool]:
    if kind < place.kind:
        return at <= place.at
    if kind > place.kind:
        return at < place.at
    return or_(at < place.at, and_(at == place.at, key < literal(place.id, BigInteger)))
