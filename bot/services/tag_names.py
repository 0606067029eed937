"""Tags as people and other systems name them: checked names, ids and names together, merged ones followed."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, InvalidInputError
from bot.services import audit, usages
from bot.services.audit import Actor
from models import Tag, TagColour, TagMerge

LONGEST_NAME = 60
MOST_TAGS = 50  # on one rule, greeting or link


def resolve(
    session: Session, given: Sequence[int | str], *, by: Actor, now: datetime, field: str = "tags"
) -> list[int]:
    """Return the ids behind ids and names, each once; a name that nobody used yet becomes a tag.

    A tag that was merged into another means that one. Raises InvalidInputError for an unknown id or an impossible
    name. Nobody deletes these tags before the transaction ends.
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
                names[position] = checked(one, place)
            except InvalidInputError as refusal:
                faults.extend(refusal.faults)
        elif one not in known:
            faults.append(FieldFault(place, "沒有編號 %(id)s 的標籤。", (("id", str(one)[:20]),)))
    if faults:
        raise InvalidInputError(faults)
    created = {name: _find_or_create(session, name, by=by, now=now) for name in sorted(set(names.values()))}
    ids = [created[names[position]] if isinstance(one, str) else known[one] for position, one in enumerate(given)]
    return list(dict.fromkeys(ids))


def _lock_existing(session: Session, tag_ids: Sequence[int]) -> dict[int, int]:
    """Return each of these ids that exists, or was merged, with the id it has now."""
    held = usages.hold(session, Tag, tag_ids)
    gone = [one for one in tag_ids if one not in held and 0 < one < 2**31]
    query = select(TagMerge.from_id, TagMerge.into_id).where(TagMerge.from_id.in_(gone))
    merged = dict(session.execute(query).all()) if gone else {}
    still = usages.hold(session, Tag, list(merged.values()))
    return {one: one for one in held} | {one: into for one, into in merged.items() if into in still}


def _find_or_create(session: Session, name: str, *, by: Actor, now: datetime) -> int:
    by_name = select(Tag.id).where(Tag.name == name).with_for_update(read=True, key_share=True)
    for _ in range(3):  # between a look and an insert others may make the tag, or delete it
        found = session.scalar(by_name)
        if found is not None:
            return found
        tag = insert(session, name, by=by, now=now)
        if tag is not None:
            return tag.id
    raise name_taken(name)


def insert(
    session: Session,
    name: str,
    *,
    group_id: int | None = None,
    colour: TagColour = TagColour.GREY,
    by: Actor,
    now: datetime,
) -> Tag | None:
    """Make a tag unless the name is taken, also by a transaction that commits in this moment."""
    insert_into = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    values = {"name": name, "group_id": group_id, "colour": colour}
    statement = insert_into(Tag).values(**values, created_at=now).on_conflict_do_nothing(index_elements=["name"])
    tag = session.scalar(statement.returning(Tag))
    if tag is not None:
        chosen = {"name": name, "group_id": group_id, "colour": colour.value}
        unsaid = {"group_id": None, "colour": TagColour.GREY.value}
        audit.record(session, by, "create", "tag", tag.id, now=now, changes=audit.changed(unsaid, chosen))
    return tag


def checked(name: str, field: str) -> str:
    """Return a tag's name as it is kept. Raises InvalidInputError."""
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


def name_taken(name: str) -> ConflictError:
    """Return the refusal of a name that another tag has."""
    return ConflictError("已經有名為「%(name)s」的標籤。", name=name)
