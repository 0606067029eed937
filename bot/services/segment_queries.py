"""Conditions as set-based SQL.

Three ways to ask the same thing. Broadly: what is kept apart becomes sets of friends in the order of their ids, joined
by UNION, INTERSECT and EXCEPT, which both databases merge from their indexes without sorting or hashing; each set is
joined to the friends once, and what stands on the friends' own rows is asked in one walk over them. Narrowly: from the
few friends of the rarest leaf, the rest is asked one by one. By sample: the one friend in a hundred, likewise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    FromClause,
    Select,
    String,
    and_,
    case,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)

from bot.rules.segments import All, AnyOf, Condition, Not
from bot.services.segment_leaves import Question, Setting, friends_of, is_kept_apart, is_one_of, question
from bot.services.segment_sets import IS_FOLLOWING, asks_apart, each_once, friends_in, is_apart
from models import Friend, FriendState
from models.friend import IN_SAMPLE

# Most friends follow: where all rows are read, SQLite reads them best as they lie and not by the index of states.
FOLLOWS_IN_PASSING = literal_column("+friend.state", String) == FriendState.FOLLOWING.value
MOST_JOINED = 24  # SQLite joins 64 tables, and PostgreSQL thinks too long about as many
MOST_NESTED = 10  # levels of sets; SQLite reads no deeper brackets than some 26


@dataclass(frozen=True)
class Wanted:
    """Simplified conditions and what they depend on."""

    condition: Condition
    setting: Setting


def broadly(wanted: Wanted, *columns: Any) -> Select[Any] | None:
    """Select columns of every friend for whom the conditions hold, at best for many; None if they are too tangled."""
    broad = _Broad(wanted.setting)
    asked = broad.outermost(wanted.condition)
    if len(broad.joined) > MOST_JOINED or _levels(wanted.condition) > MOST_NESTED:
        return None
    query = select(*columns).select_from(Friend)
    for joined, is_outer in broad.joined:
        query = query.join(joined, joined.c.friend_id == Friend.id, isouter=is_outer)
    reads_rows = not is_apart(wanted.condition)
    return query.where(FOLLOWS_IN_PASSING if wanted.setting.is_sqlite and reads_rows else IS_FOLLOWING, asked)


def narrowly(wanted: Wanted, start: Condition, *columns: Any) -> Select[Any]:
    """Select columns of the same friends, at best where few fit `start`, one of the parts that must all hold."""
    some = friends_in(start, wanted.setting)
    rest = [part for part in parts_of(wanted.condition) if part != start]
    asked = [ask_one(part, wanted.setting) for part in rest]
    if wanted.setting.is_sqlite:
        return select(*columns).where(Friend.id.in_(some), FOLLOWS_IN_PASSING, *asked)
    few = select(some.subquery().c.friend_id).distinct().subquery()
    return select(*columns).select_from(few).join(Friend, Friend.id == few.c.friend_id).where(IS_FOLLOWING, *asked)


def of_sample(wanted: Wanted) -> Select[int, int]:
    """Count one friend in a hundred, always the same ones, and those of them for whom the conditions hold."""
    holds = case((ask_one(wanted.condition, wanted.setting), 1))
    return select(func.count(), func.count(holds)).select_from(Friend).where(IN_SAMPLE, IS_FOLLOWING)


def one_by_one(wanted: Wanted, *columns: Any) -> Select[Any]:
    """Select columns of the same friends by asking each for himself, for a query that stops early."""
    return select(*columns).where(IS_FOLLOWING, ask_one(wanted.condition, wanted.setting))


def starts(wanted: Wanted) -> list[Condition]:
    """Return the parts that must hold and that a query may begin with: what is kept apart and is not denied."""
    return [part for part in parts_of(wanted.condition) if is_apart(part) and _is_positive(part)]


def friends_for(part: Condition, setting: Setting) -> list[Select[Any]]:
    """Return the sets that together hold everybody for whom one of `starts` is true."""
    if isinstance(part, AnyOf):
        return [one for inner in part.parts for one in friends_for(inner, setting)]
    if isinstance(part, All | Not):
        raise TypeError(part)
    return [friends_of(part, setting)]


def parts_of(condition: Condition) -> tuple[Condition, ...]:
    """Return what must all hold."""
    return condition.parts if isinstance(condition, All) else (condition,)


def ask_one(condition: Condition, setting: Setting, *, is_denied: bool = False) -> Question:
    """Ask the conditions of the friend of the row."""
    match condition:
        case All(parts):
            return and_(true(), *(ask_one(part, setting, is_denied=is_denied) for part in parts))
        case AnyOf(parts):
            return or_(false(), *(ask_one(part, setting, is_denied=is_denied) for part in parts))
        case Not(part):
            return not_(ask_one(part, setting, is_denied=True))
    if is_kept_apart(condition):
        return is_one_of(condition, setting, Friend.id.expression)
    return question(condition, setting, is_denied=is_denied)


class _Broad:
    """Collects the sets that a query joins to the friends while its question is written.

    PostgreSQL joins a set by merging it with the friends. SQLite would perhaps read all of a joined set for each of
    the friends; it is asked whether a friend is IN the set, for which it always keeps the set in a tree.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.joined: list[tuple[FromClause, bool]] = []  # and whether friends outside of the set stay

    def outermost(self, condition: Condition) -> Question:
        """Ask the whole: a set that must hold leaves nobody else in."""
        parts = parts_of(condition)
        apart = tuple(part for part in parts if is_apart(part))
        if not any(not isinstance(part, Not) for part in apart):
            return self.ask(condition)
        rest = tuple(part for part in parts if not is_apart(part))
        is_in = self._is_in(All(apart) if len(apart) > 1 else apart[0], is_outer=False)
        return and_(is_in, *(self.ask(part) for part in _gathered(All, rest)))

    def ask(self, condition: Condition, *, is_denied: bool = False) -> Question:
        """Ask about the friend of the row: what is kept apart by its sets, the rest by the row itself."""
        if is_apart(condition):
            return self._ask_set(condition)
        match condition:
            case All(parts):
                return and_(true(), *(self.ask(part, is_denied=is_denied) for part in _gathered(All, parts)))
            case AnyOf(parts):
                return or_(false(), *(self.ask(part, is_denied=is_denied) for part in _gathered(AnyOf, parts)))
            case Not(part):
                return not_(self.ask(part, is_denied=True))
        return question(condition, self._setting, is_denied=is_denied)

    def _ask_set(self, condition: Condition) -> Question:
        if isinstance(condition, Not):
            return not_(self._ask_set(condition.part))
        if isinstance(condition, All | AnyOf) and all(isinstance(part, Not) for part in condition.parts):
            denied = tuple(part.part for part in condition.parts if isinstance(part, Not))
            return not_(self._ask_set(AnyOf(denied) if isinstance(condition, All) else All(denied)))
        return self._is_in(condition, is_outer=True)

    def _is_in(self, condition: Condition, *, is_outer: bool) -> Question:
        if self._setting.is_sqlite:
            return Friend.id.in_(friends_in(condition, self._setting))
        joined = each_once(condition, self._setting).subquery()
        self.joined.append((joined, is_outer))
        return joined.c.friend_id.is_not(None) if is_outer else true()


def _gathered(kind: type[All] | type[AnyOf], parts: Sequence[Condition]) -> list[Condition]:
    """Put all parts that are kept apart into one set, so that the friends are joined to it once.

    What is cheap to answer comes first, in OR the sets, in AND what spares asking them.
    """
    apart = tuple(part for part in parts if is_apart(part))
    own = [part for part in parts if not is_apart(part) and not asks_apart(part)]
    mixed = [part for part in parts if not is_apart(part) and asks_apart(part)]
    sets = apart if len(apart) < 2 else (kind(apart),)
    return [*own, *sets, *mixed] if kind is All else [*sets, *own, *mixed]


def _levels(condition: Condition) -> int:
    match condition:
        case All(parts) | AnyOf(parts):
            return 1 + max((_levels(part) for part in parts), default=0)
        case Not(part):
            return 1 + _levels(part)
    return 0


def _is_positive(condition: Condition) -> bool:
    if isinstance(condition, AnyOf):
        return all(_is_positive(part) for part in condition.parts)
    return not isinstance(condition, All | Not)
