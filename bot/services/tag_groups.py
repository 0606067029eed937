"""Groups of tags: made, named, put in order, deleted."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, InvalidInputError, NotFoundError
from bot.services import audit
from bot.services.audit import Actor
from models import Tag, TagGroup

LONGEST_NAME = 60
BIGGEST_ID = 2**31 - 1


def list_groups(session: Session) -> list[TagGroup]:
    """Return every group in staff's order."""
    return list(session.scalars(select(TagGroup).order_by(TagGroup.position, TagGroup.id)))


def get_group(session: Session, group_id: int, *, will_change: bool = False) -> TagGroup:
    """Return a group; with `will_change` others wait until this transaction ends. Raises NotFoundError."""
    query = select(TagGroup).where(TagGroup.id == group_id)
    if will_change:
        query = query.with_for_update()
    group = session.scalar(query) if 0 < group_id <= BIGGEST_ID else None
    if group is None:
        raise NotFoundError("找不到這個標籤群組。")
    return group


def find_group(session: Session, given: int | str) -> TagGroup | None:
    """Return the group with this id or name."""
    if isinstance(given, int):
        return session.get(TagGroup, given) if 0 < given <= BIGGEST_ID else None
    return session.scalar(select(TagGroup).where(TagGroup.name == given))


def create(session: Session, name: str, *, by: Actor, now: datetime) -> TagGroup:
    """Make a group, after all others. Raises InvalidInputError, or ConflictError when the name is taken."""
    name = _checked(name)
    last = session.scalar(select(func.max(TagGroup.position)))
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert(TagGroup).values(name=name, position=0 if last is None else last + 1, created_at=now)
    group: TagGroup | None = session.scalar(row.on_conflict_do_nothing(index_elements=["name"]).returning(TagGroup))
    if group is None:
        raise _name_taken(name)
    audit.record(session, by, "create", "tag_group", group.id, now=now, changes={"name": [None, name]})
    return group


def rename(session: Session, group_id: int, name: str, *, by: Actor, now: datetime) -> TagGroup:
    """Give a group another name. Raises as `create` does, and NotFoundError."""
    name = _checked(name)
    group = get_group(session, group_id, will_change=True)
    if session.scalar(select(TagGroup.id).where(TagGroup.name == name, TagGroup.id != group_id)) is not None:
        raise _name_taken(name)
    changes = audit.changed({"name": group.name}, {"name": name})
    if changes:
        group.name = name
        audit.record(session, by, "update", "tag_group", group_id, now=now, changes=changes)
        session.flush()
    return group


def arrange(session: Session, group_ids: Sequence[int], *, by: Actor, now: datetime) -> list[TagGroup]:
    """Put the groups in this order; those left out follow as they stood. Unknown ids are passed over."""
    before = list(session.scalars(select(TagGroup).order_by(TagGroup.id).with_for_update()))
    before.sort(key=lambda group: (group.position, group.id))
    wanted = {group_id: place for place, group_id in enumerate(dict.fromkeys(group_ids))}
    after = sorted(before, key=lambda group: wanted.get(group.id, len(wanted)))
    if after != before:
        changes = {"order": [[group.name for group in order] for order in (before, after)]}
        audit.record(session, by, "update", "tag_group", None, now=now, changes=changes)
    for place, group in enumerate(after):
        group.position = place
    session.flush()
    return after


def move(session: Session, group_id: int, *, steps: int, by: Actor, now: datetime) -> list[TagGroup]:
    """Move a group down by so many places, up by a negative number. Raises NotFoundError."""
    get_group(session, group_id)
    order = [group.id for group in list_groups(session)]
    place = order.index(group_id)
    order.insert(max(0, place + steps), order.pop(place))
    return arrange(session, order, by=by, now=now)


def delete(session: Session, group_id: int, *, by: Actor, now: datetime) -> None:
    """Delete a group; its tags stay, in no group. Raises NotFoundError."""
    group = get_group(session, group_id, will_change=True)
    session.execute(
        update(Tag).where(Tag.group_id == group_id).values(group_id=None),
        execution_options={"synchronize_session": "fetch"},
    )
    audit.record(session, by, "delete", "tag_group", group_id, now=now, changes={"name": [group.name, None]})
    session.delete(group)


def _checked(name: str) -> str:
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    if not kept:
        raise InvalidInputError([FieldFault("name", "請填寫群組名稱。")])
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in kept):
        raise InvalidInputError([FieldFault("name", "群組名稱含有無法使用的字元。")])
    if len(kept) > LONGEST_NAME:
        raise InvalidInputError([FieldFault("name", "群組名稱最多 %(most)s 個字。", (("most", LONGEST_NAME),))])
    return kept


def _name_taken(name: str) -> ConflictError:
    return ConflictError("已經有名為「%(name)s」的標籤群組。", name=name)
