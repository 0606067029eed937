"""Which friend wears which tag, since when, and until when."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, case, func, literal, or_, select, text
from sqlalchemy import delete as delete_from
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.database import Database
from bot.services import audit, usages
from bot.services.audit import Actor
from models import ActorKind, Friend, FriendTag, Tag, TagMerge, TagSource

SLICE = 5_000  # friends of one statement
EXPIRED_AT_ONCE = 500
COUNTED = 1_000  # per tag on PostgreSQL; beyond that its statistics are close enough

SOURCES = {ActorKind.STAFF: TagSource.STAFF, ActorKind.API: TagSource.API, ActorKind.OPERATOR: TagSource.IMPORT}

ESTIMATED_TAGS = text("""
    WITH statistics AS (
        SELECT most_common_vals::text::integer[] AS tags, most_common_freqs AS shares
        FROM pg_stats WHERE schemaname = current_schema() AND tablename = 'friend_tag' AND attname = 'tag_id'
    )
    SELECT tag.id, coalesce(
        nullif(counted.friends, :counted),
        greatest(:counted, (SELECT shares[array_position(tags, tag.id)] * (
            SELECT reltuples FROM pg_class WHERE oid = 'friend_tag'::regclass
        ) FROM statistics))
    )::bigint
    FROM tag, LATERAL (
        SELECT count(*) AS friends
        FROM (
            SELECT 1 FROM friend_tag
            WHERE friend_tag.tag_id = tag.id AND (expires_at IS NULL OR expires_at > :now) LIMIT :counted
        ) AS worn
    ) AS counted
    WHERE CAST(:tag_id AS integer) IS NULL OR tag.id = :tag_id
""")


def is_worn(now: datetime) -> ColumnElement[bool]:
    """Condition on FriendTag: its end has not come, whether or not the job that removes it has run."""
    return or_(FriendTag.expires_at.is_(None), FriendTag.expires_at > now)


def tags_of(session: Session, friend_id: int, *, now: datetime) -> list[FriendTag]:
    """Return what one friend wears, with the tags, newest first."""
    return tags_of_many(session, [friend_id], now=now)[friend_id]


def tags_of_many(session: Session, friend_ids: Sequence[int], *, now: datetime) -> dict[int, list[FriendTag]]:
    """Return what each of a page of friends wears, newest first."""
    worn: dict[int, list[FriendTag]] = {friend_id: [] for friend_id in friend_ids}
    query = select(FriendTag).where(FriendTag.friend_id.in_(friend_ids), is_worn(now))
    for friend_tag in session.scalars(query.order_by(FriendTag.tagged_at.desc(), FriendTag.tag_id.desc())):
        worn[friend_tag.friend_id].append(friend_tag)
    return worn


def put(
    session: Session,
    friend_ids: Sequence[int],
    tag_ids: Sequence[int],
    *,
    source: TagSource,
    source_id: int | None,
    now: datetime,
    expires_at: datetime | None = None,
    detail: str | None = None,
) -> list[tuple[int, int]]:
    """Put tags on friends; return the (friend id, tag id) pairs that are new or live longer now.

    Whoever wears a tag keeps it with the source and time of the first; of two ends the later one holds. A tag that
    was merged into another means that one. Tags and friends that no longer exist are passed over. `detail` says
    more of the source: the question and choice of a quiz, the prize of a game.
    """
    worn: list[tuple[int, int]] = []
    held = _hold(session, tag_ids) if friend_ids else []
    friends = sorted(set(friend_ids)) if held else []
    given = [literal(source, FriendTag.source.type), literal(source_id, Integer)]
    given += [literal(detail, FriendTag.source_detail.type)]
    given += [literal(now, FriendTag.tagged_at.type), literal(expires_at, FriendTag.expires_at.type)]
    for start in range(0, len(friends), SLICE):
        pairs = (
            select(Friend.id, Tag.id, *given)
            .join_from(Friend, Tag, Tag.id.in_(held))  # every pair is wanted
            .where(Friend.id.in_(friends[start : start + SLICE]))
            .order_by(Friend.id, Tag.id)
            .with_for_update(read=True, key_share=True)
        )
        worn.extend(_insert(session, pairs, now))
    return worn


def _hold(session: Session, tag_ids: Sequence[int]) -> list[int]:
    """Return these tags' ids, or of those they were merged into; none is deleted before the transaction ends.

    They are held before anything is written: a merge that waits for us finds what we put, and one that we waited
    for has left its trace when we look for it.
    """
    held = usages.hold(session, Tag, tag_ids)
    gone = [tag_id for tag_id in tag_ids if tag_id not in held]
    if gone:
        into = session.scalars(select(TagMerge.into_id).where(TagMerge.from_id.in_(gone)))
        held |= usages.hold(session, Tag, list(into))
    return sorted(held)


def lock_friends(session: Session, line_user_ids: Sequence[str]) -> dict[str, int]:
    """Return the ids of these friends, locked against others who change the tags of many.

    In the order of their ids, as everybody locks friends; whoever puts a tag on one friend need not wait.
    """
    query = select(Friend.line_user_id, Friend.id).where(Friend.line_user_id.in_(sorted(set(line_user_ids))))
    return dict(session.execute(query.order_by(Friend.id).with_for_update(key_share=True)).all())


def give(
    session: Session,
    friend_id: int,
    tag_id: int,
    *,
    by: Actor,
    now: datetime,
    expires_at: datetime | None = None,
) -> bool:
    """Put one tag on one friend by somebody's hand. False if nothing changed."""
    source = SOURCES[by.kind]
    worn = session.get(FriendTag, (friend_id, tag_id), with_for_update=True)
    if worn is not None and (worn.expires_at is None or worn.expires_at > now):
        if worn.expires_at == expires_at:
            return False
        ends = [value and value.isoformat() for value in (worn.expires_at, expires_at)]
        worn.expires_at = expires_at  # a hand says when it ends; only what rules add never shortens
        audit.record(session, by, "tag", "friend", friend_id, now=now, changes={"tag_id": tag_id, "expires_at": ends})
        return True
    new = put(session, [friend_id], [tag_id], source=source, source_id=by.id, now=now, expires_at=expires_at)
    if worn is not None:
        session.expire(worn)  # it had ended, and is worn anew
    if new:
        audit.record(session, by, "tag", "friend", friend_id, now=now, changes={"tag_id": [None, tag_id]})
    return bool(new)


def take(session: Session, friend_id: int, tag_id: int, *, by: Actor, now: datetime) -> bool:
    """Take one tag off one friend. False if the friend did not wear it."""
    worn = and_(FriendTag.friend_id == friend_id, FriendTag.tag_id == tag_id, is_worn(now))
    taken = session.scalar(delete_from(FriendTag).where(worn).returning(FriendTag.tag_id))
    if taken is None:
        return False
    audit.record(session, by, "untag", "friend", friend_id, now=now, changes={"tag_id": [tag_id, None]})
    return True


def take_from_many(session: Session, friend_ids: Sequence[int], tag_ids: Sequence[int], *, now: datetime) -> set[int]:
    """Take tags off friends; return the ids of those who wore any. In the order in which others lock them."""
    these = and_(FriendTag.friend_id.in_(friend_ids), FriendTag.tag_id.in_(tag_ids), is_worn(now))
    key = (FriendTag.friend_id, FriendTag.tag_id)
    found = session.execute(select(*key).where(these).order_by(*key).with_for_update()).all()
    for tag_id in {tag_id for _, tag_id in found}:
        wearers = [friend_id for friend_id, worn_id in found if worn_id == tag_id]
        session.execute(delete_from(FriendTag).where(FriendTag.tag_id == tag_id, FriendTag.friend_id.in_(wearers)))
    return {friend_id for friend_id, _ in found}


def expire_due(db: Database, now: datetime) -> int:
    """Take off every tag whose end has come, in slices; return how many."""
    taken = 0
    due = select(FriendTag.friend_id, FriendTag.tag_id).where(FriendTag.expires_at <= now)
    while True:
        with db.begin() as session:
            ended = session.execute(due.limit(EXPIRED_AT_ONCE).with_for_update(skip_locked=True)).all()
            for friend_id, tag_id in ended:
                worn = and_(FriendTag.friend_id == friend_id, FriendTag.tag_id == tag_id)
                session.execute(delete_from(FriendTag).where(worn))
        taken += len(ended)
        if len(ended) < EXPIRED_AT_ONCE:
            return taken


def count_friends(session: Session, *, now: datetime, tag_id: int | None = None) -> dict[int, int]:
    """Return how many friends wear each tag, or one; large counts on PostgreSQL come from its statistics."""
    if session.get_bind().dialect.name != "sqlite":
        return dict(session.execute(ESTIMATED_TAGS, {"counted": COUNTED, "now": now, "tag_id": tag_id}).all())
    worn = select(FriendTag.tag_id, func.count()).where(is_worn(now)).group_by(FriendTag.tag_id)
    all_tags = select(Tag.id)
    if tag_id is not None:
        worn, all_tags = worn.where(FriendTag.tag_id == tag_id), all_tags.where(Tag.id == tag_id)
    counts = dict(session.execute(worn).all())
    return {one: counts.get(one, 0) for one in session.scalars(all_tags)}


def _insert(session: Session, pairs: Select[Any], now: datetime) -> list[tuple[int, int]]:
    """Write the pairs; one whose end has come is worn anew, with its new source and time."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    columns = ["friend_id", "tag_id", "source", "source_id", "source_detail", "tagged_at", "expires_at"]
    statement = insert(FriendTag).from_select(columns, pairs)
    new = statement.excluded
    ended = FriendTag.expires_at <= now
    longer = FriendTag.expires_at.is_not(None) & or_(new.expires_at.is_(None), new.expires_at > FriendTag.expires_at)
    origin = {name: case((ended, new[name]), else_=FriendTag.__table__.c[name]) for name in columns[2:6]}
    statement = statement.on_conflict_do_update(
        index_elements=["friend_id", "tag_id"], set_={**origin, "expires_at": new.expires_at}, where=longer
    )
    rows = session.execute(statement.returning(FriendTag.friend_id, FriendTag.tag_id))
    return [(friend_id, tag_id) for friend_id, tag_id in rows]
