"""Friends by the page: newest first, by key, found by name, tag, state or the link they came through."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, exists, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session, aliased

from bot.rules.keywords import fold
from bot.services.friend_tags import is_worn
from bot.services.friends import grams_of
from models import Friend, FriendState, FriendTag

COUNTED = 50_000  # up to here a count is exact on PostgreSQL as well
LONGEST_SEARCH = 100
WALKED = 20_000  # friends looked at, newest first, before the index of names is asked
WALKED_TAGGED = 3_000  # the same among those with a tag, where each is looked up by itself

_LINE_USER_ID = re.compile("U[0-9a-f]{32}")
_NAME_GRAMS = "string_to_array(friend.name_grams, ' ')"  # as the index has it
_FRIENDS_ESTIMATED = text("SELECT reltuples::bigint FROM pg_class WHERE oid = 'friend'::regclass")
_SHARE_OF_STATE = text("""
    SELECT most_common_freqs[array_position(most_common_vals::text::text[], :state)]
    FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'friend' AND attname = 'state'
""")


@dataclass(frozen=True)
class Page:
    """Some friends; `next` is the id to go on after, None at the end."""

    items: list[Friend]
    next: int | None


@dataclass(frozen=True)
class Wanted:
    """Which friends belong on a page, beside its place in the list."""

    name: str = ""  # folded
    line_user_id: str | None = None
    tag_id: int | None = None
    state: FriendState | None = None
    link_id: int | None = None
    now: datetime | None = None  # what ended before is no longer worn; given with a tag

    @property
    def walked(self) -> int:
        """How many of the newest are looked at before the index of names is asked."""
        return WALKED if self.tag_id is None else WALKED_TAGGED

    def conditions(self, friend: type[Friend] = Friend) -> list[ColumnElement[bool]]:
        """Return all of them but the tag, as conditions on a friend's row."""
        conditions: list[ColumnElement[bool]] = []
        if self.line_user_id is not None:
            conditions.append(friend.line_user_id == self.line_user_id)
        if self.state is not None:
            conditions.append(friend.state == _now_known(self.state.value))
        if self.link_id is not None:
            conditions.append(friend.tracked_link_id == _now_known(self.link_id))
        if self.name:
            conditions.append(friend.folded_name.contains(self.name, autoescape=True))
        return conditions


def page(
    session: Session,
    *,
    limit: int,
    after: int | None = None,
    search: str = "",
    tag_id: int | None = None,
    state: FriendState | None = None,
    link_id: int | None = None,
    now: datetime,
) -> Page:
    """Return up to `limit` friends, newest id first; a whole LINE user id as `search` finds that person."""
    search = search.strip()[:LONGEST_SEARCH]
    is_id = _LINE_USER_ID.fullmatch(search) is not None
    wanted = Wanted(
        name="" if is_id else fold(search),
        line_user_id=search if is_id else None,
        tag_id=tag_id,
        state=state,
        link_id=link_id,
        now=now,
    )
    ids = _ids(session, wanted, after, limit + 1)
    rows = select(Friend).where(Friend.id.in_(ids[:limit])).order_by(Friend.id.desc())
    items = list(session.scalars(rows)) if ids else []
    return Page(items, ids[limit - 1] if len(ids) > limit else None)


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


def _ids(session: Session, wanted: Wanted, after: int | None, most: int) -> list[int]:
    """Return the ids of up to `most` wanted friends below `after`, the greatest first.

    What is common is met soon by walking through the newest; what is rare is found by the index of names. Asked for
    both in one query PostgreSQL chooses the wrong road for some names and tags, and takes ten times as long.
    """
    filters = bool(wanted.conditions())
    walks = bool(wanted.name) or (wanted.tag_id is not None and filters)
    if session.get_bind().dialect.name == "sqlite" or not walks:
        return list(session.scalars(_plainly(wanted, after, most)))
    found = list(session.scalars(_walk(wanted, after, most)))
    last = _newest(wanted, after).offset(wanted.walked - 1).limit(1)
    floor = session.scalar(last) if len(found) < most else None
    if floor is None:
        return found
    rest = _by_name if wanted.name else _plainly
    return found + list(session.scalars(rest(wanted, floor, most - len(found))))


def _plainly(wanted: Wanted, after: int | None, most: int) -> Select[int]:
    """Everything in one query; a tag without other conditions needs no row of a friend at all."""
    conditions = wanted.conditions()
    if wanted.tag_id is None:
        query = select(Friend.id).where(*conditions)
        if after is not None:
            query = query.where(Friend.id < after)
        return query.order_by(Friend.id.desc()).limit(most)
    query = _newest(wanted, after).limit(most)
    return query.join(Friend, Friend.id == FriendTag.friend_id).where(*conditions) if conditions else query


def _newest(wanted: Wanted, after: int | None) -> Select[int]:
    """The ids of all friends, or of all with the tag, the greatest first."""
    key = Friend.id if wanted.tag_id is None else FriendTag.friend_id
    query = select(key).order_by(key.desc())
    if wanted.tag_id is not None:
        query = query.where(*_wears(wanted))
    return query if after is None else query.where(key < after)


def _walk(wanted: Wanted, after: int | None, most: int) -> Select[int]:
    """The wanted among the newest; those with a tag are looked up one by one, LATERAL leaves no other choice."""
    if wanted.tag_id is None:
        rows = select(Friend).order_by(Friend.id.desc()).limit(WALKED)
        friend = aliased(Friend, (rows if after is None else rows.where(Friend.id < after)).subquery())
        return select(friend.id).where(*wanted.conditions(friend)).order_by(friend.id.desc()).limit(most)
    newest = _newest(wanted, after).limit(WALKED_TAGGED).subquery()
    key = newest.c[0]
    friend = aliased(Friend, select(Friend).where(Friend.id == key).limit(1).lateral())
    query = select(friend.id).select_from(newest).join(friend, literal_column("true"))
    return query.where(*wanted.conditions(friend)).order_by(key.desc()).limit(most)


def _by_name(wanted: Wanted, after: int, most: int) -> Select[int]:
    """Those below `after` whose name holds the text's characters and pairs of them, by index, and then the rest."""
    grams = sorted(gram for gram in grams_of(wanted.name) if len(gram) > 1 or gram in wanted.name.split())
    by_index = literal_column(_NAME_GRAMS).op("@>")(array([_now_known(gram) for gram in grams]))
    rows = select(Friend.id).where(by_index, Friend.id < after, *wanted.conditions())
    named = rows.cte("named").prefix_with("MATERIALIZED", dialect="postgresql")
    query = select(named.c.id).order_by(named.c.id.desc()).limit(most)
    if wanted.tag_id is None:
        return query
    return query.where(exists().where(FriendTag.friend_id == named.c.id, *_wears(wanted)))


def _wears(wanted: Wanted) -> list[ColumnElement[bool]]:
    worn = [] if wanted.now is None else [is_worn(wanted.now)]
    return [FriendTag.tag_id == _now_known(wanted.tag_id), *worn]


def _now_known(value: Any) -> BindParameter[Any]:
    """Write a value into the statement: PostgreSQL chooses the road by how common this very value is."""
    return bindparam(None, value, literal_execute=True)
