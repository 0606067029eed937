"""Sets of friends in the order of their ids: what is kept apart from the friends' own rows, under any groups."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Select, except_, intersect, literal_column, select, union

from bot.rules.segments import All, AnyOf, Condition, Not, leaves
from bot.services.segment_leaves import Setting, friends_of, is_kept_apart, is_unique
from models import Friend, FriendState

Friends = Select[Any] | CompoundSelect[Any]
IS_FOLLOWING = Friend.state == FriendState.FOLLOWING


def is_apart(condition: Condition) -> bool:
    """Whether everything in the conditions is kept apart from the friends' rows."""
    return asks_apart(condition) and all(is_kept_apart(leaf) for _, leaf in leaves(condition))


def asks_apart(condition: Condition) -> bool:
    """Whether anything in the conditions is kept apart from the friends' rows."""
    return any(is_kept_apart(leaf) for _, leaf in leaves(condition))


def each_once(condition: Condition, setting: Setting) -> Friends:
    """Return the friends of `friends_in`, each once; a group of them has two parts at least."""
    if isinstance(condition, All | AnyOf | Not):
        return friends_in(condition, setting)
    friends = friends_of(condition, setting)
    return friends if is_unique(condition, setting) else friends.distinct()


def friends_in(condition: Condition, setting: Setting) -> Friends:
    """Return the ids of the friends for whom conditions hold that are all kept apart, in order.

    They need not follow. Both databases read such a set from their indexes and merge it; nothing is hashed.
    """
    match condition:
        case All(parts):
            yes = [friends_in(part, setting) for part in parts if not isinstance(part, Not)]
            base = _compound(intersect, yes, setting) if yes else _everybody()
            return _compound(except_, [base, *_denied(parts, setting)], setting)
        case AnyOf(parts):
            if not any(isinstance(part, Not) for part in parts):
                return _compound(union, [friends_in(part, setting) for part in parts], setting)
            left = [part.part if isinstance(part, Not) else Not(part) for part in parts]
            return friends_in(Not(All(tuple(left))), setting)
        case Not():
            return _compound(except_, [_everybody(), *_denied((condition,), setting)], setting)
    return friends_of(condition, setting)


def _denied(parts: Sequence[Condition], setting: Setting) -> Iterator[Friends]:
    """Yield the sets to be taken away; those of an OR are taken away one after the other."""
    for part in parts:
        if isinstance(part, Not):
            inner = part.part.parts if isinstance(part.part, AnyOf) else (part.part,)
            if any(isinstance(one, Not) for one in inner):
                inner = (part.part,)
            yield from (friends_in(one, setting) for one in inner)


def _compound(combine: Callable[..., CompoundSelect[Any]], sets: Sequence[Friends], setting: Setting) -> Friends:
    if len(sets) == 1:
        return sets[0]
    if not setting.is_sqlite:
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
