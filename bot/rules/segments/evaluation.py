"""Whether conditions hold for one friend: the straightforward evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.rules.segments.conditions import (
    All,
    Answered,
    AnyOf,
    Attribute,
    CameThrough,
    Comparison,
    Condition,
    Followed,
    InSegment,
    KeywordCalled,
    Leaf,
    Not,
    NotKept,
    OnUploadedList,
    QuizFinished,
    RandomShare,
    Tagged,
)
from bot.rules.segments.dates import is_date
from bot.rules.segments.shares import is_drawn, share_of


@dataclass(frozen=True)
class Wearing:
    """A tag on the friend."""

    tag: int
    tagged_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Finish:
    """A quiz that was played to its end."""

    quiz: int
    result: str | None
    at: datetime | None


@dataclass(frozen=True)
class Answer:
    """A choice that was taken, or a question that was answered in words (an empty choice)."""

    quiz: int
    question: str
    choice: str
    at: datetime


@dataclass(frozen=True)
class Facts:
    """Everything known of one friend that conditions can ask for."""

    friend_id: int
    is_following: bool = True
    followed_at: datetime | None = None
    source: str | None = None  # code of the link of the present friendship
    attributes: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[Wearing, ...] = ()
    finishes: tuple[Finish, ...] = ()
    answers: tuple[Answer, ...] = ()
    keywords: Mapping[int, datetime] = field(default_factory=dict)  # rule → called up last
    uploads: frozenset[int] = frozenset()


def evaluate(
    condition: Condition, facts: Facts, *, now: datetime, segments: Mapping[int, Condition] | None = None
) -> bool:
    """Whether the conditions hold; that the friend is following is asked apart. `segments` are those referred to."""
    known = segments or {}
    if isinstance(condition, All):
        return all(evaluate(part, facts, now=now, segments=known) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(evaluate(part, facts, now=now, segments=known) for part in condition.parts)
    if isinstance(condition, Not):
        return not evaluate(condition.part, facts, now=now, segments=known)
    if isinstance(condition, InSegment):
        return evaluate(known[condition.segment], facts, now=now, segments=known)
    return _holds(condition, facts, now)


def _holds(leaf: Leaf, facts: Facts, now: datetime) -> bool:
    match leaf:
        case Tagged(tag, days):
            worn = [one for one in facts.tags if one.tag == tag and (one.expires_at is None or one.expires_at > now)]
            return any(is_within(one.tagged_at, days, now) for one in worn)
        case Attribute():
            return compares(leaf, facts.attributes.get(leaf.name))
        case Followed():
            return _followed(leaf, facts.followed_at, now)
        case QuizFinished(quiz, result, days):
            ends = [one for one in facts.finishes if one.quiz == quiz and result in (None, one.result)]
            return any(is_within(one.at, days, now) for one in ends)
        case Answered(quiz, question, choice, days):
            given = [one for one in facts.answers if (one.quiz, one.question) == (quiz, question)]
            return any(choice in (None, one.choice) and is_within(one.at, days, now) for one in given)
        case KeywordCalled(rule, days):
            return rule in facts.keywords and is_within(facts.keywords[rule], days, now)
        case CameThrough(code, days):
            return facts.source == code and is_within(facts.followed_at, days, now)
        case RandomShare(percent, seed):
            return is_drawn(facts.friend_id, share_of(percent, seed))
        case OnUploadedList(uploaded):
            return uploaded in facts.uploads
        case NotKept():
            return leaf.holds
    raise TypeError(leaf)


def is_within(at: datetime | None, days: int | None, now: datetime) -> bool:
    """Whether something happened in the last so many days; without days, at any time, even one nobody knows."""
    return days is None or (at is not None and at >= now - timedelta(days=days))


def compares(leaf: Attribute, known: Any) -> bool:
    """Whether an attribute's value, None for a missing one, is as the leaf wants it."""
    wanted = leaf.value
    match leaf.comparison:
        case Comparison.EXISTS:
            return (known is not None) is wanted
        case Comparison.IS:
            return _equals(known, wanted)
        case Comparison.IS_NOT:
            return not _equals(known, wanted)
        case Comparison.IN:
            return isinstance(wanted, tuple) and any(_equals(known, one) for one in wanted)
        case Comparison.LESS_THAN:
            return _are_comparable(known, wanted) and known < wanted
        case Comparison.MORE_THAN:
            return _are_comparable(known, wanted) and known > wanted


def _followed(leaf: Followed, at: datetime | None, now: datetime) -> bool:
    if at is None:
        return False
    if leaf.after is not None and at < leaf.after:
        return False
    return (leaf.before is None or at < leaf.before) and is_within(at, leaf.within_days, now)


def _equals(known: object, wanted: object) -> bool:
    if isinstance(known, bool) or isinstance(wanted, bool):
        return known is wanted
    return known == wanted


def _are_comparable(known: object, wanted: object) -> bool:
    return (_is_number(known) and _is_number(wanted)) or (is_date(known) and is_date(wanted))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
