"""The tags themselves: made, changed, deleted, found."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete as delete_from
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import ConflictError, FieldFault, InvalidInputError, NotFoundError
from bot.services import audit, tag_names, usages
from bot.services.audit import Actor
from bot.services.friend_tags import count_friends, expire_due, give, put, tags_of, take
from bot.services.tag_names import MOST_TAGS, resolve
from models import FriendTag, Tag, TagColour, TagGroup, TagMerge

__all__ = [
    "MOST_TAGS",
    "change",
    "count_friends",
    "create",
    "delete",
    "expire_due",
    "find_named",
    "find_tags",
    "get_tag",
    "give",
    "list_tags",
    "names_of",
    "page",
    "put",
    "resolve",
    "tags_of",
    "take",
]

SLICE = 5_000  # rows of one transaction, so that webhooks never wait long
BIGGEST_ID = 2**31 - 1


def list_tags(session: Session) -> list[Tag]:
    """Return every tag by name."""
    return list(session.scalars(select(Tag).order_by(Tag.name, Tag.id)))


def page(session: Session, *, limit: int, after: int = 0) -> list[Tag]:
    """Return up to `limit` tags whose id is greater than `after`, oldest first."""
    return list(session.scalars(select(Tag).where(Tag.id > after).order_by(Tag.id).limit(limit)))


def names_of(session: Session, tag_ids: Sequence[int]) -> dict[int, str]:
    """Return the names behind ids; an id that no longer exists is left out."""
    return dict(session.execute(select(Tag.id, Tag.name).where(Tag.id.in_(set(tag_ids)))).all())


def find_tags(session: Session, tag_ids: Sequence[int]) -> dict[int, Tag]:
    """Return the tags behind ids; an id that no longer exists is left out."""
    return {tag.id: tag for tag in session.scalars(select(Tag).where(Tag.id.in_(set(tag_ids))))}


def find_named(session: Session, names: Sequence[str]) -> dict[str, int]:
    """Return the ids of the tags that have one of these names."""
    return dict(session.execute(select(Tag.name, Tag.id).where(Tag.name.in_(set(names)))).all())


def get_tag(session: Session, tag_id: int, *, will_use: bool = False) -> Tag:
    """Return a tag; with `will_use` nobody deletes it before this transaction ends. Raises NotFoundError."""
    query = select(Tag).where(Tag.id == tag_id)
    if will_use:
        query = query.with_for_update(read=True, key_share=True)
    return _existing(session.scalar(query) if 0 < tag_id <= BIGGEST_ID else None)


def create(
    session: Session,
    name: str,
    *,
    group_id: int | None = None,
    colour: TagColour = TagColour.GREY,
    by: Actor,
    now: datetime,
) -> Tag:
    """Make a tag. Raises InvalidInputError, or ConflictError when the name is taken."""
    name = tag_names.checked(name, "name")
    _check_group(session, group_id)
    tag = tag_names.insert(session, name, group_id=group_id, colour=colour, by=by, now=now)
    if tag is None:
        raise tag_names.name_taken(name)
    return tag


def change(session: Session, tag_id: int, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> Tag:
    """Change `name`, `group_id` or `colour`; rules and friends keep the tag.

    Raises as `create` does, and NotFoundError.
    """
    after = dict(changes)
    if "name" in after:
        after["name"] = tag_names.checked(after["name"], "name")
    tag = _locked(session, tag_id)
    if "name" in after and session.scalar(select(Tag.id).where(Tag.name == after["name"], Tag.id != tag_id)):
        raise tag_names.name_taken(after["name"])
    _check_group(session, after.get("group_id"))
    differences = audit.changed({name: getattr(tag, name) for name in after}, after)
    if differences:
        for name in differences:
            setattr(tag, name, after[name])
        audit.record(session, by, "update", "tag", tag_id, now=now, changes=differences)
        session.flush()
    return tag


def delete(db: Database, tag_id: int, *, by: Actor, now: datetime) -> None:
    """Remove a tag from every friend, in slices, and then the tag itself.

    Raises NotFoundError, and ConflictError that lists what still uses it.
    """
    with db() as session:
        get_tag(session, tag_id)
        _refuse_if_used(session, tag_id)
    while _take_from_some(db, tag_id):
        pass
    with db.begin() as session:
        tag = _locked(session, tag_id)
        _refuse_if_used(session, tag_id)
        session.execute(delete_from(FriendTag).where(FriendTag.tag_id == tag_id))
        session.execute(delete_from(TagMerge).where(TagMerge.into_id == tag_id))
        audit.record(session, by, "delete", "tag", tag_id, now=now, changes={"name": [tag.name, None]})
        session.delete(tag)


def _existing(tag: Tag | None) -> Tag:
    if tag is None:
        raise NotFoundError("找不到這個標籤。")
    return tag


def _locked(session: Session, tag_id: int) -> Tag:
    query = select(Tag).where(Tag.id == tag_id).with_for_update()
    return _existing(session.scalar(query) if 0 < tag_id <= BIGGEST_ID else None)


def _check_group(session: Session, group_id: int | None) -> None:
    if group_id is not None and not usages.hold(session, TagGroup, [group_id]):
        raise InvalidInputError([FieldFault("group", "沒有這個標籤群組。")])


def _refuse_if_used(session: Session, tag_id: int) -> None:
    users = usages.users_of_tag(session, tag_id)
    if users:
        raise ConflictError("這個標籤還在使用中：%(users)s。請先從那裡移除。", users="、".join(users))


def _take_from_some(db: Database, tag_id: int) -> bool:
    """Remove a tag from up to SLICE friends; False once nobody wears it."""
    with db.begin() as session:
        some = select(FriendTag.friend_id).where(FriendTag.tag_id == tag_id).limit(SLICE)
        friend_ids = list(session.scalars(some))
        session.execute(delete_from(FriendTag).where(FriendTag.tag_id == tag_id, FriendTag.friend_id.in_(friend_ids)))
    return len(friend_ids) == SLICE
