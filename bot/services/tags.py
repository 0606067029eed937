"""The tags themselves: made, renamed, deleted, found by what others call them."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete as delete_from
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import ConflictError, FieldFault, InvalidInputError, NotFoundError
from bot.services import audit
from bot.services.audit import Actor
from bot.services.friend_tags import count_friends, expire_due, give, put, tags_of, take
from models import FriendTag, Greeting, KeywordRule, Tag, TrackedLink

__all__ = [
    "count_friends",
    "create",
    "delete",
    "expire_due",
    "get_tag",
    "give",
    "list_tags",
    "names_of",
    "page",
    "put",
    "rename",
    "resolve",
    "tags_of",
    "take",
]

LONGEST_NAME = 60
MOST_TAGS = 50  # on one rule, greeting or link
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


def get_tag(session: Session, tag_id: int, *, will_use: bool = False) -> Tag:
    """Return a tag; with `will_use` nobody deletes it before this transaction ends. Raises NotFoundError."""
    query = select(Tag).where(Tag.id == tag_id)
    if will_use:
        query = query.with_for_update(read=True, key_share=True)
    return _existing(session.scalar(query) if 0 < tag_id <= BIGGEST_ID else None)


def create(session: Session, name: str, *, by: Actor, now: datetime) -> Tag:
    """Make a tag. Raises InvalidInputError, or ConflictError when the name is taken."""
    name = _checked(name, "name")
    tag = _insert(session, name, by=by, now=now)
    if tag is None:
        raise _name_taken(name)
    return tag


def rename(session: Session, tag_id: int, name: str, *, by: Actor, now: datetime) -> Tag:
    """Give a tag another name; rules and friends keep it. Raises as `create` does, and NotFoundError."""
    name = _checked(name, "name")
    tag = _locked(session, tag_id)
    if session.scalar(select(Tag.id).where(Tag.name == name, Tag.id != tag_id)) is not None:
        raise _name_taken(name)
    changes = audit.changed({"name": tag.name}, {"name": name})
    if changes:
        tag.name = name
        audit.record(session, by, "update", "tag", tag_id, now=now, changes=changes)
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
        audit.record(session, by, "delete", "tag", tag_id, now=now, changes={"name": [tag.name, None]})
        session.delete(tag)


def resolve(
    session: Session, given: Sequence[int | str], *, by: Actor, now: datetime, field: str = "tags"
) -> list[int]:
    """Return the ids behind ids and names, each once; a name that nobody used yet becomes a tag.

    Raises InvalidInputError for an unknown id or an impossible name. Nobody deletes these tags before the
    transaction ends.
    """
    if len(given) > MOST_TAGS:
        raise InvalidInputError([FieldFault(field, "最多 %(most)s 個標籤。", (("most", MOST_TAGS),))])
    known = _lock_existing(session, [one for one in given if isinstance(one, int)])
    faults: list[FieldFault] = []
    names: dict[int, str] = {}
    for position, one in enumerate(given):
        place = f"{field}[{position}]"
        if isinstance(one, str):
            try:
                names[position] = _checked(one, place)
            except InvalidInputError as refusal:
                faults.extend(refusal.faults)
        elif one not in known:
            faults.append(FieldFault(place, "沒有編號 %(id)s 的標籤。", (("id", str(one)[:20]),)))
    if faults:
        raise InvalidInputError(faults)
    created = {name: _find_or_create(session, name, by=by, now=now) for name in sorted(set(names.values()))}
    ids = [created[names[position]] if isinstance(one, str) else one for position, one in enumerate(given)]
    return list(dict.fromkeys(ids))


def _lock_existing(session: Session, tag_ids: Sequence[int]) -> set[int]:
    possible = [one for one in tag_ids if 0 < one <= BIGGEST_ID]
    if not possible:
        return set()
    query = select(Tag.id).where(Tag.id.in_(possible)).order_by(Tag.id)
    return set(session.scalars(query.with_for_update(read=True, key_share=True)))


def _find_or_create(session: Session, name: str, *, by: Actor, now: datetime) -> int:
    by_name = select(Tag.id).where(Tag.name == name).with_for_update(read=True, key_share=True)
    for _ in range(3):  # between a look and an insert others may make the tag, or delete it
        found = session.scalar(by_name)
        if found is not None:
            return found
        tag = _insert(session, name, by=by, now=now)
        if tag is not None:
            return tag.id
    raise _name_taken(name)


def _insert(session: Session, name: str, *, by: Actor, now: datetime) -> Tag | None:
    """Make a tag unless the name is taken, also by a transaction that commits in this moment."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(Tag).values(name=name, created_at=now).on_conflict_do_nothing(index_elements=["name"])
    tag = session.scalar(statement.returning(Tag))
    if tag is not None:
        audit.record(session, by, "create", "tag", tag.id, now=now, changes={"name": [None, name]})
    return tag


def _checked(name: str, field: str) -> str:
    """Return the name as it is kept. Raises InvalidInputError."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidInputError([FieldFault(field, "標籤名稱含有無法使用的字元。")]) from None
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    if not kept:
        raise InvalidInputError([FieldFault(field, "請填寫標籤名稱。")])
    if any(unicodedata.category(character) == "Cc" for character in kept):
        raise InvalidInputError([FieldFault(field, "標籤名稱含有無法使用的字元。")])
    if len(kept) > LONGEST_NAME:
        text = "標籤名稱最多 %(most)s 個字，現在 %(length)s 個。"
        raise InvalidInputError([FieldFault(field, text, (("most", LONGEST_NAME), ("length", len(kept))))])
    return kept


def _existing(tag: Tag | None) -> Tag:
    if tag is None:
        raise NotFoundError("找不到這個標籤。")
    return tag


def _locked(session: Session, tag_id: int) -> Tag:
    query = select(Tag).where(Tag.id == tag_id).with_for_update()
    return _existing(session.scalar(query) if 0 < tag_id <= BIGGEST_ID else None)


def _name_taken(name: str) -> ConflictError:
    return ConflictError("已經有名為「%(name)s」的標籤。", name=name)


def _refuse_if_used(session: Session, tag_id: int) -> None:
    users = _users(session, tag_id)
    if users:
        raise ConflictError("這個標籤還在使用中：%(users)s。請先從那裡移除。", users="、".join(users))


def _users(session: Session, tag_id: int) -> list[str]:
    """Name what puts this tag on friends."""
    users: list[str] = []
    for name, tag_ids in session.execute(select(KeywordRule.name, KeywordRule.tags).order_by(KeywordRule.id)):
        if tag_id in tag_ids:
            users.append(name)
    if any(tag_id in tag_ids for tag_ids in session.scalars(select(Greeting.tags))):
        users.append("歡迎訊息")
    for name, tag_ids in session.execute(select(TrackedLink.name, TrackedLink.tags).order_by(TrackedLink.id)):
        if tag_id in tag_ids:
            users.append(name)
    return users


def _take_from_some(db: Database, tag_id: int) -> bool:
    """Remove a tag from up to SLICE friends; False once nobody wears it."""
    with db.begin() as session:
        some = select(FriendTag.friend_id).where(FriendTag.tag_id == tag_id).limit(SLICE)
        friend_ids = list(session.scalars(some))
        session.execute(delete_from(FriendTag).where(FriendTag.tag_id == tag_id, FriendTag.friend_id.in_(friend_ids)))
    return len(friend_ids) == SLICE
