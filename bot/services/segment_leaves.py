"""One leaf of a segment in SQL: as a set of friends, or as a question about the friend of the row.

What is kept in tables of its own is a set: `SELECT friend_id …`, read from an index in the order of the friends.
What stands on the friend's own row is a question, which is never NULL where a NOT stands before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    TableClause,
    and_,
    column,
    exists,
    literal_column,
    or_,
    select,
    table,
    true,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from bot.rules.segments import (
    Answered,
    Attribute,
    CameThrough,
    Followed,
    KeywordCalled,
    Leaf,
    OnUploadedList,
    QuizFinished,
    RandomShare,
    Tagged,
)
from bot.rules.segments.shares import PRIME, share_of
from bot.services.segment_attributes import attribute_is
from models import Base, Friend, FriendTag, KeywordHit, QuizAnswer, QuizAttempt, UploadedListMember

Question = ColumnElement[bool]
Columns = ReadOnlyColumnCollection[str, Any]


def _slim(model: type[Base], *names: str) -> TableClause:
    """A table with a few of its columns: a segment of many leaves is written in a third of the time."""
    columns = model.__table__.c
    return table(model.__tablename__, *(column(name, columns[name].type) for name in ("friend_id", *names)))


WORN = _slim(FriendTag, "tag_id", "tagged_at", "expires_at")
HITS = _slim(KeywordHit, "keyword_rule_id", "last_at")
MEMBERS = _slim(UploadedListMember, "uploaded_list_id")
ATTEMPTS = _slim(QuizAttempt, "quiz_id", "result_key", "finished_at")
ANSWERS = _slim(QuizAnswer, "quiz_id", "question_key", "choice_key", "value", "answered_at")


@dataclass(frozen=True)
class Setting:
    """What the same conditions depend on beside themselves."""

    now: datetime
    links: Mapping[str, int]  # code → id
    is_sqlite: bool


@dataclass(frozen=True)
class Rows:
    """The rows that make a leaf true: whose they are, and which."""

    friend_id: ColumnElement[int]
    where: Question
    is_unique: bool  # at most one row for each friend


def says_something(answer: Any) -> Question:
    """Whether a row of QuizAnswer is an answer, and no question that was skipped."""
    return or_(answer.choice_key != "", answer.value.is_not(None))


def is_kept_apart(leaf: Leaf) -> bool:
    """Whether a leaf asks tables of their own, and not the friend's row."""
    return isinstance(leaf, Tagged | QuizFinished | Answered | KeywordCalled | OnUploadedList)


def friends_of(leaf: Leaf, setting: Setting) -> Select[Any]:
    """Return the ids of the friends for whom the leaf is true, some perhaps more than once."""
    rows = _rows(leaf, setting)
    return select(rows.friend_id.label("friend_id")).where(rows.where)


def is_unique(leaf: Leaf, setting: Setting) -> bool:
    """Whether `friends_of` names each friend once."""
    return _rows(leaf, setting).is_unique


def is_one_of(leaf: Leaf, setting: Setting, friend_id: ColumnElement[int]) -> Question:
    """Ask for the friend of the row whether the leaf is true, by the index that begins with the friend."""
    rows = _rows(leaf, setting)
    row: Select[Any] = select(literal_column("1")).where(rows.friend_id == friend_id, rows.where)
    return exists(row if setting.is_sqlite else row.offset(0))  # or PostgreSQL reads the leaf's whole set first


def question(leaf: Leaf, setting: Setting, *, is_denied: bool) -> Question:
    """Ask the friend's own row; `is_denied` says that a NOT stands somewhere before it."""
    match leaf:
        case Attribute():
            return attribute_is(leaf, is_sqlite=setting.is_sqlite, is_denied=is_denied)
        case Followed(after, before, days):
            earliest = _earliest(days, setting)
            lower = [Friend.followed_at >= at for at in (after, earliest) if at is not None]
            upper = [Friend.followed_at < before] if before is not None else []
            return and_(Friend.followed_at.is_not(None), *lower, *upper)
        case CameThrough(code, days):
            came = and_(Friend.tracked_link_id.is_not(None), Friend.tracked_link_id == setting.links[code])
            earliest = _earliest(days, setting)
            if earliest is None:
                return came
            return and_(came, Friend.followed_at.is_not(None), Friend.followed_at >= earliest)
        case RandomShare(percent, seed):
            return _is_drawn(percent, seed)
    raise TypeError(leaf)


def _rows(leaf: Leaf, setting: Setting) -> Rows:
    match leaf:
        case Tagged(tag, days):
            worn = WORN.alias().c
            lives = or_(worn.expires_at.is_(None), worn.expires_at > setting.now)
            return _kept(worn, [worn.tag_id == tag, lives], "tagged_at", days, setting, is_unique=True)
        case KeywordCalled(rule, days):
            hit = HITS.alias().c
            return _kept(hit, [hit.keyword_rule_id == rule], "last_at", days, setting, is_unique=True)
        case OnUploadedList(uploaded):
            member = MEMBERS.alias().c
            return _kept(member, [member.uploaded_list_id == uploaded], "", None, setting, is_unique=True)
        case QuizFinished(quiz, result, days):
            attempt = ATTEMPTS.alias().c
            ended = attempt.finished_at.is_not(None) if result is None else attempt.result_key == result
            return _kept(attempt, [attempt.quiz_id == quiz, ended], "finished_at", days, setting)
        case Answered(quiz, asked, choice, days):
            answer = ANSWERS.alias().c
            which = [answer.quiz_id == quiz, answer.question_key == asked]
            which.append(says_something(answer) if choice is None else answer.choice_key == choice)
            return _kept(answer, which, "answered_at", days, setting)
    raise TypeError(leaf)


def _kept(
    columns: Columns, which: list[Question], at: str, days: int | None, setting: Setting, *, is_unique: bool = False
) -> Rows:
    earliest = _earliest(days, setting)
    lately = [] if earliest is None else [columns[at] >= earliest]
    return Rows(columns.friend_id, and_(*which, *lately), is_unique)


def _earliest(days: int | None, setting: Setting) -> datetime | None:
    return None if days is None else setting.now - timedelta(days=days)


def _is_drawn(percent: float, seed: str | int) -> Question:
    """The arithmetic of `bot.rules.segments.shares`; the numbers are ours and stand in the statement."""
    share = share_of(percent, seed)
    if share.limit >= PRIME:
        return true()
    line = f"(({share.factor} * (friend.id % {PRIME}) + {share.offset}) % {PRIME})"
    return literal_column(f"{line} * {line} % {PRIME} < {share.limit}")
