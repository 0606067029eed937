"""Friends by the page: newest first, by key, found by name, tag, state or the link they came through."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session

from bot.rules.keywords import fold
from bot.services.friends import grams_of
from models import Friend, FriendState, FriendTag

COUNTED = 50_000  # up to here a count is exact on PostgreSQL as well
LONGEST_SEARCH = 100

_LINE_USER_ID = re.compile("U[0-9a-f]{32}")
_NAME_GRAMS = "string_to_array(friend.name_grams, ' ')"  # as the index has it
_SHARE_OF_STATE = text("""
    SELECT most_common_freqs[array_position(most_common_vals::text::text[], :state)]
    FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'friend' AND attname = 'state'
""")
_FRIENDS_ESTIMATED = text("SELECT reltuples::bigint FROM pg_class WHERE oid = 'friend'::regclass")


@dataclass(frozen=True)
class Page:
    """Some friends; `next` is the id to go on after, None at the end."""

    items: list[Friend]
    next: int | None


def page(
    session: Session,
    *,
    limit: int,
    after: int | None = None,
    search: str = "",
    tag_id: int | None = None,
    state: FriendState | None = None,
    link_id: int | None = None,
) -> Page:
    """Return up to `limit` friends, newest id first; a whole LINE user id as `search` finds that person."""
    search = search.strip()[:LONGEST_SEARCH]
    query = _from(tag_id)
    key = Friend.id if tag_id is None else FriendTag.friend_id
    if after is not None:
        query = query.where(key < _now_known(after))
    if state is not None:
        query = query.where(Friend.state == _now_known(state.value))
    if link_id is not None:
        query = query.where(Friend.tracked_link_id == _now_known(link_id))
    if _LINE_USER_ID.fullmatch(search):
        query = query.where(Friend.line_user_id == search)
    elif search:
        query = query.where(*_named(session, fold(search)))
    found = list(session.scalars(query.order_by(key.desc()).limit(limit + 1)))
    return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


def estimate_count(session: Session, *, state: FriendState | None = None) -> int:
    """Return how many friends there are; beyond some ten thousand on PostgreSQL by its statistics."""
    some = select(Friend.id) if state is None else select(Friend.id).where(Friend.state == state)
    if session.get_bind().dialect.name == "sqlite":
        return session.scalar(select(func.count()).select_from(some.subquery())) or 0
    counted = session.scalar(select(func.count()).select_from(some.limit(COUNTED).subquery())) or 0
    if counted < COUNTED:
        return counted
    share = None if state is None else session.scalar(_SHARE_OF_STATE, {"state": state.value})
    estimated = (session.scalar(_FRIENDS_ESTIMATED) or 0) * (1 if share is None else share)
    return max(counted, round(estimated))


def _from(tag_id: int | None) -> Select[Friend]:
    if tag_id is None:
        return select(Friend)
    worn = select(Friend).join(FriendTag, FriendTag.friend_id == Friend.id)
    return worn.where(FriendTag.tag_id == _now_known(tag_id))


def _now_known(value: Any) -> BindParameter[Any]:
    """Write a value into the statement: PostgreSQL chooses the road by how common this very value is."""
    return bindparam(None, value, literal_execute=True)


def _named(session: Session, folded: str) -> list[ColumnElement[bool]]:
    """What a name must hold: on PostgreSQL its pairs of characters by index, then the text as a whole."""
    holds = Friend.folded_name.contains(folded, autoescape=True)
    if session.get_bind().dialect.name == "sqlite" or not folded:
        return [holds]
    grams = sorted(gram for gram in grams_of(folded) if len(gram) > 1 or gram in folded.split())
    by_index = literal_column(_NAME_GRAMS).op("@>")(array([_now_known(gram) for gram in grams]))
    return [by_index] if grams == [folded] else [by_index, holds]
