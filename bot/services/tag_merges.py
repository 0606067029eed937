"""Two tags made one: friends, settings and segments of the first go over to the second."""

from datetime import datetime

from sqlalchemy import Integer, and_, case, insert, literal, or_, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import ConflictError, FieldFault, InvalidInputError, NotFoundError
from bot.services import audit, tag_references, tags, usages
from bot.services.audit import Actor
from models import Friend, FriendTag, Tag, TagMerge

SLICE = 2_000  # friends of one transaction, so that webhooks never wait long
TRIES = 20


def merge(db: Database, tag_id: int, *, into_id: int, by: Actor, now: datetime) -> Tag:
    """Let one tag become another: everybody who wears it wears that one, with the earlier source and time.

    Of two ends the later one holds. Until the last friend has moved the first tag stays, so what a kill leaves is
    finished by the next call; whoever puts it on afterwards puts on the other. Raises NotFoundError, and
    InvalidInputError for a tag and itself.
    """
    with db() as session:
        done = _finished(session, tag_id, into_id)
    if done is not None:
        return done
    for _ in range(TRIES):
        tag_references.replace(db, tag_id, into_id)
        while _move_some(db, tag_id, into_id, now):
            pass
        merged = _close(db, tag_id, into_id, by=by, now=now)
        if merged is not None:
            return merged
    raise ConflictError("這個標籤此刻一直有人使用，請稍後再合併一次；已經移過去的會保留。")


def _finished(session: Session, tag_id: int, into_id: int) -> Tag | None:
    """Return the tag that is left if this very merge was done before."""
    into = tags.get_tag(session, into_id)
    if tag_id == into_id:
        raise InvalidInputError([FieldFault("into", "不能合併到標籤自己。")])
    trace = session.get(TagMerge, tag_id) if 0 < tag_id <= tags.BIGGEST_ID else None
    if trace is not None and trace.into_id == into_id:
        return into
    tags.get_tag(session, tag_id)
    return None


def _move_some(db: Database, old: int, new: int, now: datetime) -> bool:
    """Move up to SLICE friends; False once nobody wears the old tag.

    The friends are locked before their tags and in the order of their ids, as everybody does.
    """
    with db.begin() as session:
        if len(usages.hold(session, Tag, [old, new])) < 2:
            raise NotFoundError("找不到這個標籤。")
        wearers = select(FriendTag.friend_id).where(FriendTag.tag_id == old).order_by(FriendTag.friend_id)
        some = list(session.scalars(wearers.limit(SLICE)))
        held = select(Friend.id).where(Friend.id.in_(some)).order_by(Friend.id)
        session.scalars(held.with_for_update(key_share=True)).all()
        theirs = and_(FriendTag.friend_id.in_(some), FriendTag.tag_id.in_([old, new]))
        rows = select(FriendTag.tag_id).where(theirs).order_by(FriendTag.friend_id, FriendTag.tag_id)
        session.scalars(rows.with_for_update()).all()
        session.execute(delete_from(FriendTag).where(theirs, FriendTag.expires_at <= now))
        _copy(session, some, old, new)
        session.execute(delete_from(FriendTag).where(theirs, FriendTag.tag_id == old))
    return len(some) == SLICE


def _copy(session: Session, friend_ids: list[int], old: int, new: int) -> None:
    origin = ("source", "source_id", "source_detail", "tagged_at")
    columns = FriendTag.__table__.c
    worn = select(FriendTag.friend_id, literal(new, Integer), *(columns[name] for name in (*origin, "expires_at")))
    worn = worn.where(FriendTag.tag_id == old, FriendTag.friend_id.in_(friend_ids))
    insert_into = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert_into(FriendTag).from_select(
        ["friend_id", "tag_id", *origin, "expires_at"], worn.order_by(FriendTag.friend_id)
    )
    moved = statement.excluded
    earlier = moved.tagged_at < FriendTag.tagged_at
    for_ever = or_(moved.expires_at.is_(None), FriendTag.expires_at.is_(None))
    later_end = case((moved.expires_at > FriendTag.expires_at, moved.expires_at), else_=FriendTag.expires_at)
    kept = {name: case((earlier, moved[name]), else_=columns[name]) for name in origin}
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["friend_id", "tag_id"],
            set_={**kept, "expires_at": case((for_ever, None), else_=later_end)},
        )
    )


def _close(db: Database, old: int, new: int, *, by: Actor, now: datetime) -> Tag | None:
    """Remove the old tag and leave the trace; None if somebody wears or uses it again.

    Whoever put it on held it, so nothing is put between the look and the end; whoever waited for us finds the trace.
    """
    with db.begin() as session:
        both = {tag_id: _locked(session, tag_id, will_delete=tag_id == old) for tag_id in sorted((old, new))}
        is_worn = session.scalar(select(FriendTag.tag_id).where(FriendTag.tag_id == old).limit(1)) is not None
        if is_worn or usages.users_of_tag(session, old):
            return None
        session.execute(update(TagMerge).where(TagMerge.into_id == old).values(into_id=new))
        session.execute(insert(TagMerge).values(from_id=old, into_id=new, merged_at=now))
        changes = {"name": [both[old].name, both[new].name], "id": [old, new]}
        audit.record(session, by, "merge", "tag", new, now=now, changes=changes)
        session.delete(both[old])
        return both[new]


def _locked(session: Session, tag_id: int, *, will_delete: bool) -> Tag:
    query = select(Tag).where(Tag.id == tag_id)
    tag = session.scalar(query.with_for_update(read=not will_delete, key_share=not will_delete))
    if tag is None:
        raise NotFoundError("找不到這個標籤。")
    return tag
