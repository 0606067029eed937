"""Conditions as set-based SQL.

Three ways to ask the same thing. Broadly: what is kept apart becomes sets of friends in the order of their ids, joined
by UNION, INTERSECT and EXCEPT, which both databases merge from their indexes without sorting or hashing; each set is
joined to the friends once, and what stands on the friends' own rows is asked in one walk over them. Narrowly: from the
few friends of the rarest leaf, the rest is asked one by one. By sample: the one friend in a hundred, likewise.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    FromClause,
    Select,
    and_,
    except_,
    false,
    intersect,
    literal_column,
    not_,
    or_,
    select,
    true,
    union,
)

from bot.rules.segments import All, AnyOf, Condition, Not
from bot.services.segment_leaves import Question, Setting, friends_of, is_kept_apart, is_one_of, question
from models import Friend, FriendState
from models.friend import IN_SAMPLE

Friends = Select[Any] | CompoundSelect[Any]
IS_FOLLOWING = Friend.state == FriendState.FOLLOWING
EVERYBODY = All(())
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
    return query.where(IS_FOLLOWING, asked)


def narrowly(wanted: Wanted, start: Condition, *columns: Any) -> Select[Any]:
    """Select columns of the same friends, at best where few fit `start`, one of the parts that must all hold."""
    some = _Broad(wanted.setting).friends(start)
    few = select(some.subquery().c.friend_id).distinct().subquery()
    rest = [part for part in parts_of(wanted.condition) if part != start]
    asked = [ask_one(part, wanted.setting) for part in rest]
    return select(*columns).select_from(few).join(Friend, Friend.id == few.c.friend_id).where(IS_FOLLOWING, *asked)


def of_sample(wanted: Wanted, *columns: Any) -> Select[Any]:
    """Select columns of those among one friend in a hundred, always the same ones."""
    return select(*columns).where(IN_SAMPLE, IS_FOLLOWING, ask_one(wanted.condition, wanted.setting))


def one_by_one(wanted: Wanted, *columns: Any) -> Select[Any]:
    """Select columns of the same friends by asking each for himself, for a query that stops early."""
    return select(*columns).where(IS_FOLLOWING, ask_one(wanted.condition, wanted.setting))


def starts(wanted: Wanted) -> list[Condition]:
    """Return the parts that must hold and that a query may begin with: what is kept apart and is not denied."""
    return [part for part in parts_of(wanted.condition) if _is_apart(part) and _is_positive(part)]


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


def ask_one(condition: Condition, setting: Setting) -> Question:
    """Ask the conditions of the friend of the row."""
    match condition:
        case All(parts):
            return and_(true(), *(ask_one(part, setting) for part in parts))
        case AnyOf(parts):
            return or_(false(), *(ask_one(part, setting) for part in parts))
        case Not(part):
            return not_(ask_one(part, setting))
    if is_kept_apart(condition):
        return is_one_of(condition, setting, Friend.id.expression)
    return question(condition, setting)


class _Broad:
    """Collects the sets that a query joins to the friends while its question is written."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.joined: list[tuple[FromClause, bool]] = []  # and whether friends outside of the set stay

    def outermost(self, condition: Condition) -> Question:
        """Ask the whole: a set that must hold leaves nobody else in."""
        parts = parts_of(condition)
        apart = [part for part in parts if _is_apart(part)]
        if not any(not isinstance(part, Not) for part in apart):
            return self.ask(condition)
        self._join(self.friends(All(tuple(apart))), is_outer=False)
        return and_(true(), *(self.ask(part) for part in parts if not _is_apart(part)))

    def ask(self, condition: Condition) -> Question:
        """Ask about the friend of the row: what is kept apart by sets joined to it, the rest by the row itself."""
        if _is_apart(condition):
            return self._ask_set(condition)
        match condition:
            case All(parts):
                return and_(true(), *(self.ask(part) for part in _gathered(All, parts)))
            case AnyOf(parts):
                return or_(false(), *(self.ask(part) for part in _gathered(AnyOf, parts)))
            case Not(part):
                return not_(self.ask(part))
        return question(condition, self._setting)

    def _ask_set(self, condition: Condition) -> Question:
        if isinstance(condition, Not):
            return self._join(self.friends(condition.part), is_outer=True).is_(None)
        if isinstance(condition, All | AnyOf) and all(isinstance(part, Not) for part in condition.parts):
            denied = tuple(part.part for part in condition.parts if isinstance(part, Not))
            return self._ask_set(Not(AnyOf(denied) if isinstance(condition, All) else All(denied)))
        return self._join(self.friends(condition), is_outer=True).is_not(None)

    def _join(self, friends: Friends, *, is_outer: bool) -> ColumnElement[int]:
        """Join a set; every friend is in it once, or the join would count somebody twice."""
        once = friends if isinstance(friends, CompoundSelect) else friends.distinct()
        joined = once.subquery()
        self.joined.append((joined, is_outer))
        return joined.c.friend_id

    def friends(self, condition: Condition) -> Friends:
        """Return the set of friends for whom conditions of what is kept apart hold, in the order of their ids."""
        match condition:
            case All(parts):
                yes = [self.friends(part) for part in parts if not isinstance(part, Not)]
                base = self._compound(intersect, yes) if yes else _everybody()
                return self._compound(except_, [base, *self._denied(parts)])
            case AnyOf(parts):
                if not any(isinstance(part, Not) for part in parts):
                    return self._compound(union, [self.friends(part) for part in parts])
                left = [part.part if isinstance(part, Not) else Not(part) for part in parts]
                return self.friends(Not(All(tuple(left))))
            case Not():
                return self._compound(except_, [_everybody(), *self._denied((condition,))])
        return friends_of(condition, self._setting)

    def _denied(self, parts: Sequence[Condition]) -> Iterator[Friends]:
        for part in parts:
            if isinstance(part, Not):
                inner = part.part.parts if isinstance(part.part, AnyOf) else (part.part,)
                if any(isinstance(one, Not) for one in inner):
                    inner = (part.part,)
                yield from (self.friends(one) for one in inner)

    def _compound(self, combine: Callable[..., CompoundSelect[Any]], sets: Sequence[Friends]) -> Friends:
        if len(sets) == 1:
            return sets[0]
        if not self._setting.is_sqlite:
            return combine(*sets)
        # In this order SQLite merges its indexes; a limit, even none, keeps it from forgetting the order.
        return combine(*(_without_brackets(one) for one in sets)).order_by(literal_column("1")).limit(-1)


def _without_brackets(friends: Friends) -> Select[Any]:
    """A set that may stand in a compound of SQLite, which takes no brackets there."""
    if isinstance(friends, CompoundSelect):
        inner = friends.subquery()
        return select(inner.c.friend_id)
    return friends


def _everybody() -> Select[Any]:
    return select(Friend.id.label("friend_id")).where(IS_FOLLOWING)


def _gathered(kind: type[All] | type[AnyOf], parts: Sequence[Condition]) -> list[Condition]:
    """Put all parts that are kept apart into one set, so that the friends are joined to it once."""
    apart = tuple(part for part in parts if _is_apart(part))
    others = [part for part in parts if not _is_apart(part)]
    if len(apart) < 2:
        return [*others, *apart]
    return [*others, kind(apart)]


def _is_apart(condition: Condition) -> bool:
    """Whether everything in the conditions is kept apart from the friends' rows."""
    match condition:
        case All(parts) | AnyOf(parts):
            return bool(parts) and all(_is_apart(part) for part in parts)
        case Not(part):
            return _is_apart(part)
    return is_kept_apart(condition)


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
