"""Segments as staff and other systems keep them: made, changed, deleted, counted, explained, used.

`conditions` are those of the API: tags by id or by name. They are kept with ids.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import ConflictError, FieldFault, InvalidInputError, NotFoundError
from bot.rules.segments import Condition, Facts, evaluate, write_conditions
from bot.services import (
    audit,
    auto_replies,
    friends,
    segment_circles,
    segment_counts,
    segment_explanations,
    segment_references,
    usages,
)
from bot.services.audit import Actor
from bot.services.segment_counts import Estimate
from bot.services.segment_explanations import Explained
from bot.services.segment_facts import facts_of
from bot.services.segment_references import named
from models import Friend, Segment, SegmentVersion

__all__ = [
    "Estimate",
    "Explained",
    "change",
    "count",
    "create",
    "delete",
    "estimate",
    "explain",
    "get_segment",
    "hold_all",
    "holds",
    "list_segments",
    "named",
    "page",
    "page_of_friends",
    "recount",
    "sample",
    "stream",
    "use",
]

LONGEST_NAME = 100
BIGGEST_ID = 2**31 - 1
ONE_AT_A_TIME = text("LOCK TABLE segment IN SHARE ROW EXCLUSIVE MODE")  # readers, and rules that refer, go on


def list_segments(session: Session) -> list[Segment]:
    """Return every segment by name."""
    return list(session.scalars(select(Segment).order_by(Segment.name, Segment.id)))


def page(session: Session, *, limit: int, after: int = 0) -> list[Segment]:
    """Return up to `limit` segments whose id is greater than `after`, oldest first."""
    return list(session.scalars(select(Segment).where(Segment.id > after).order_by(Segment.id).limit(limit)))


def get_segment(session: Session, segment_id: int, *, will_change: bool = False) -> Segment:
    """Return one segment; with `will_change` others wait until this transaction ends. Raises NotFoundError."""
    query = select(Segment).where(Segment.id == segment_id)
    if will_change:
        query = query.with_for_update(key_share=True)
    return _existing(session.scalar(query) if 0 < segment_id <= BIGGEST_ID else None)


def create(session: Session, name: str, conditions: object, *, by: Actor, now: datetime) -> Segment:
    """Make a segment. Raises InvalidInputError with each fault at its place, ConflictError if the name is taken."""
    name = _checked_name(name)
    hold_all(session)
    _refuse_taken(session, name)
    checked = segment_references.checked(session, conditions, will_keep=True)
    segment_circles.refuse_tangles(session, None, checked)
    kept = write_conditions(checked)
    segment = Segment(name=name, conditions=kept, version=1, created_at=now, updated_at=now)
    session.add(segment)
    session.flush()
    _keep_version(session, segment, now)
    changes = audit.changed({}, {"name": name, "conditions": kept})
    audit.record(session, by, "create", "segment", segment.id, now=now, changes=changes)
    return segment


def change(session: Session, segment_id: int, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> Segment:
    """Change `name` or `conditions`; other conditions are another version. Raises as `create` does, NotFoundError."""
    hold_all(session)
    segment = get_segment(session, segment_id, will_change=True)
    after: dict[str, Any] = {}
    if "name" in changes:
        after["name"] = _checked_name(changes["name"])
        _refuse_taken(session, after["name"], but=segment_id)
    if "conditions" in changes:
        checked = segment_references.checked(session, changes["conditions"], will_keep=True)
        segment_circles.refuse_tangles(session, segment_id, checked)
        after["conditions"] = write_conditions(checked)
    differences = audit.changed({"name": segment.name, "conditions": segment.conditions}, after)
    if not differences:
        return segment
    for field in differences:
        setattr(segment, field, after[field])
    if "conditions" in differences:
        segment.version += 1
        segment.friends = segment.counted_at = None
        _keep_version(session, segment, now)
        auto_replies.touch(session)
    segment.updated_at = now
    session.flush()
    audit.record(session, by, "update", "segment", segment_id, now=now, changes=differences)
    return segment


def delete(session: Session, segment_id: int, *, by: Actor, now: datetime) -> None:
    """Delete a segment. Raises NotFoundError, and ConflictError that lists what still uses it."""
    hold_all(session)
    query = select(Segment).where(Segment.id == segment_id).with_for_update()
    segment = _existing(session.scalar(query) if 0 < segment_id <= BIGGEST_ID else None)
    users = usages.users_of_segment(session, segment_id)
    if users:
        raise ConflictError("這個分眾還在使用中：%(users)s。請先從那裡移除。", users="、".join(users))
    changes = {"name": [segment.name, None], "conditions": [segment.conditions, None]}
    audit.record(session, by, "delete", "segment", segment_id, now=now, changes=changes)
    session.delete(segment)
    session.flush()


def use(session: Session, segment_id: int) -> SegmentVersion:
    """Return the present version for whoever keeps its number with a use; nobody deletes it before the commit."""
    query = select(Segment.version).where(Segment.id == segment_id)
    number = session.scalar(query.with_for_update(read=True, key_share=True)) if 0 < segment_id <= BIGGEST_ID else None
    if number is None:
        raise NotFoundError("找不到這個分眾。")
    return session.get_one(SegmentVersion, (segment_id, number))


def count(session: Session, conditions: object, *, now: datetime) -> int:
    """Return exactly how many friends conditions hold for. Raises InvalidInputError."""
    checked = segment_references.checked(session, conditions)
    return segment_counts.count(session, segment_counts.wanted_of(session, checked, now=now))


def estimate(session: Session, conditions: object, *, now: datetime) -> Estimate:
    """Return about how many friends conditions hold for, from one in a hundred. Raises InvalidInputError."""
    checked = segment_references.checked(session, conditions)
    return segment_counts.estimate(session, segment_counts.wanted_of(session, checked, now=now))


def recount(db: Database, segment_id: int, *, now: datetime) -> Segment:
    """Count a segment's friends exactly and keep the figure, unless the conditions changed. Raises NotFoundError."""
    with db() as session:
        segment = get_segment(session, segment_id)
        friends = count(session, segment.conditions, now=now)
    same = (Segment.id == segment_id) & (Segment.version == segment.version)
    with db.begin() as session:  # one statement: whoever changes segments locks the table before the row
        session.execute(update(Segment).where(same).values(friends=friends, counted_at=now))
    segment.friends, segment.counted_at = friends, now  # as it was when it was counted
    return segment


def sample(session: Session, conditions: object, *, now: datetime, limit: int = 10) -> list[Friend]:
    """Return some of the friends conditions hold for. Raises InvalidInputError."""
    return page_of_friends(session, conditions, limit=limit, now=now)


def page_of_friends(session: Session, conditions: object, *, limit: int, now: datetime, after: int = 0) -> list[Friend]:
    """Return up to `limit` of the friends whose id is greater than `after`, the smallest first."""
    checked = segment_references.checked(session, conditions)
    wanted = segment_counts.wanted_of(session, checked, now=now)
    return segment_counts.page(session, wanted, limit=limit, after=after)


def stream(
    db: Database, conditions: object, *, now: datetime, slice_of: int = segment_counts.SLICE
) -> Iterator[tuple[int, str]]:
    """Yield (id, LINE user id) of all the friends in the order of their ids, as of one moment."""
    with db() as session:
        checked = segment_references.checked(session, conditions)
    return segment_counts.stream(db, checked, now=now, slice_of=slice_of)


def holds(session: Session, conditions: object, friend_id: int, *, now: datetime) -> bool:
    """Whether conditions hold for one friend, who must be following. Raises InvalidInputError, NotFoundError."""
    checked = segment_references.checked(session, conditions)
    facts, others = _facts(session, checked, friends.get_friend(session, friend_id))
    return facts.is_following and evaluate(checked, facts, now=now, segments=others)


def explain(session: Session, conditions: object, friend_id: int, *, now: datetime, zone: ZoneInfo) -> Explained:
    """Tell for every part of conditions whether it holds for one friend, and why.

    That the friend must be following is said apart, by the friend's state. Raises InvalidInputError, NotFoundError.
    """
    checked = segment_references.checked(session, conditions)
    facts, others = _facts(session, checked, friends.get_friend(session, friend_id))
    return segment_explanations.explain(session, checked, facts, others, now=now, zone=zone)


def _facts(session: Session, condition: Condition, friend: Friend) -> tuple[Facts, dict[int, Condition]]:
    others = segment_references.segments_in(session, condition)
    whole = segment_references.together([condition, *others.values()])
    return facts_of(session, friend, whole), others


def _existing(segment: Segment | None) -> Segment:
    if segment is None:
        raise NotFoundError("找不到這個分眾。")
    return segment


def hold_all(session: Session) -> None:
    """Let one transaction at a time change segments, so that no two make a circle together."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(ONE_AT_A_TIME)


def _refuse_taken(session: Session, name: str, *, but: int = 0) -> None:
    if session.scalar(select(Segment.id).where(Segment.name == name, Segment.id != but)) is not None:
        raise ConflictError("已經有名為「%(name)s」的分眾。", name=name)


def _keep_version(session: Session, segment: Segment, now: datetime) -> None:
    version = SegmentVersion(
        segment_id=segment.id, number=segment.version, conditions=segment.conditions, created_at=now
    )
    session.add(version)


def _checked_name(name: object) -> str:
    """Return the name as it is kept. Raises InvalidInputError."""
    kept = " ".join(unicodedata.normalize("NFC", name).split()) if isinstance(name, str) else ""
    if not kept:
        raise InvalidInputError([FieldFault("name", "請填寫分眾名稱。")])
    if len(kept) > LONGEST_NAME:
        raise InvalidInputError([FieldFault("name", "分眾名稱最多 %(most)s 個字。", (("most", LONGEST_NAME),))])
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in kept):
        raise InvalidInputError([FieldFault("name", "分眾名稱含有無法使用的字元。")])
    return kept
