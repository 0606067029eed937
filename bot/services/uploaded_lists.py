"""Lists of user ids that staff bring as a file, to be asked for in segments.

A list holds people we know. An id nobody knows is told in the report and left out: a list proves no friendship and
makes nobody known.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete as delete_from
from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import ConflictError, FieldFault, InvalidInputError, NotFoundError
from bot.rules import sheets
from bot.rules.sheets import Row
from bot.rules.tag_columns import ID_HEADS
from bot.services import audit, usages
from bot.services.audit import Actor
from models import Friend, UploadedList, UploadedListMember
from models.friend import is_line_user_id

SLICE = 5_000  # rows of one transaction, so that webhooks never wait long
LONGEST_NAME = 100
MOST_FAULTS = 1_000  # shown; a file full of something else needs no longer list
SHOWN = 60
BIGGEST_ID = 2**31 - 1
MOST_IDS = 20_000  # of one request over the API


class RowFault(StrEnum):
    """Why a row of a file put nobody on the list."""

    NOT_AN_ID = "not_an_id"
    UNKNOWN = "unknown"  # nobody we have ever heard of
    REPEATED = "repeated"


@dataclass(frozen=True)
class FaultyRow:
    """One row that put nobody on the list; `number` is what the sheet shows at its left."""

    number: int
    text: str
    fault: RowFault


@dataclass(frozen=True)
class Report:
    """What became of a file, row by row."""

    uploaded: UploadedList
    rows: int
    taken: int
    faults: list[FaultyRow]  # the first thousand
    faulty: int


def create_from_file(
    db: Database,
    name: str,
    content: bytes,
    filename: str,
    *,
    by: Actor,
    now: datetime,
) -> Report:
    """Make a list from an Excel or CSV file whose column of ids is named, or else is the first.

    Without a name it is called after the file. Raises InvalidInputError at `file` or `name`, ConflictError if the name
    is taken; then there is no list.
    """
    rows = sheets.read(content)
    ids, faults = _read(rows, "file")
    name = _checked_name(name if name.strip() else _stem(filename))
    with db.begin() as session:
        uploaded = _begin(session, name, by=by, now=now)
    unknown: list[str] = []
    for start in range(0, len(ids), SLICE):
        with db.begin() as session:
            unknown += _put_on(session, uploaded.id, list(ids)[start : start + SLICE])
    with db() as session:
        return _report(get_list(session, uploaded.id), len(rows), ids, unknown, faults)


def create_from_ids(session: Session, name: str, ids: Sequence[str], *, by: Actor, now: datetime) -> Report:
    """Make a list from ids, each like a row of a file. Raises as `create_from_file` does, at `ids`."""
    found, faults = _read(_as_rows(ids), "ids")
    uploaded = _begin(session, _checked_name(name), by=by, now=now)
    unknown = _put_on(session, uploaded.id, list(found))
    session.refresh(uploaded)
    return _report(uploaded, len(ids), found, unknown, faults)


def add_ids(session: Session, list_id: int, ids: Sequence[str], *, by: Actor, now: datetime) -> Report:
    """Put more people on a list; who stands on it already is not put there again. Raises as above, NotFoundError."""
    uploaded = get_list(session, list_id, will_change=True)
    found, faults = _read(_as_rows(ids), "ids")
    before = uploaded.friends
    unknown = _put_on(session, list_id, list(found))
    session.refresh(uploaded)
    changes = {"friends": [before, uploaded.friends]}
    audit.record(session, by, "update", "uploaded_list", list_id, now=now, changes=changes)
    return _report(uploaded, len(ids), found, unknown, faults)


def list_lists(session: Session) -> list[UploadedList]:
    """Return every list by name."""
    return list(session.scalars(select(UploadedList).order_by(UploadedList.name, UploadedList.id)))


def page(session: Session, *, limit: int, after: int = 0) -> list[UploadedList]:
    """Return up to `limit` lists whose id is greater than `after`, oldest first."""
    query = select(UploadedList).where(UploadedList.id > after)
    return list(session.scalars(query.order_by(UploadedList.id).limit(limit)))


def get_list(session: Session, list_id: int, *, will_change: bool = False) -> UploadedList:
    """Return one list; with `will_change` others wait until this transaction ends. Raises NotFoundError."""
    query = select(UploadedList).where(UploadedList.id == list_id)
    if will_change:
        query = query.with_for_update()
    found = session.scalar(query) if 0 < list_id <= BIGGEST_ID else None
    if found is None:
        raise NotFoundError("找不到這份名單。")
    return found


def delete(db: Database, list_id: int, *, by: Actor, now: datetime) -> None:
    """Delete a list that no segment asks for, in slices.

    Raises NotFoundError, and ConflictError that lists what still uses it.
    """
    with db() as session:
        get_list(session, list_id)
        _refuse_if_used(session, list_id)
    while _take_some_off(db, list_id):
        pass
    with db.begin() as session:
        found = get_list(session, list_id, will_change=True)
        _refuse_if_used(session, list_id)
        audit.record(session, by, "delete", "uploaded_list", list_id, now=now, changes={"name": [found.name, None]})
        session.delete(found)


def _begin(session: Session, name: str, *, by: Actor, now: datetime) -> UploadedList:
    insert_list = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    row = insert_list(UploadedList).values(name=name, friends=0, created_at=now)
    uploaded: UploadedList | None = session.scalar(
        row.on_conflict_do_nothing(index_elements=["name"]).returning(UploadedList)
    )
    if uploaded is None:
        raise ConflictError("已經有名為「%(name)s」的名單。", name=name)
    audit.record(session, by, "create", "uploaded_list", uploaded.id, now=now, changes={"name": [None, name]})
    return uploaded


def _report(
    uploaded: UploadedList, rows: int, ids: dict[str, int], unknown: Sequence[str], faults: list[FaultyRow]
) -> Report:
    strangers = [FaultyRow(ids[one], one, RowFault.UNKNOWN) for one in unknown]
    found = sorted([*faults, *strangers], key=lambda row: row.number)
    return Report(uploaded, rows, len(ids) - len(unknown), found[:MOST_FAULTS], len(found))


def _as_rows(ids: Sequence[str]) -> list[Row]:
    return [Row(number, (text.strip(),)) for number, text in enumerate(ids, 1)]


def _read(rows: Sequence[Row], field: str) -> tuple[dict[str, int], list[FaultyRow]]:
    """Return each id with its row, and the rows that hold none. Raises InvalidInputError if there is no id at all."""
    column, rows = _column(rows)
    ids: dict[str, int] = {}
    faults: list[FaultyRow] = []
    for row in rows:
        text = row.text(column)
        if not is_line_user_id(text):
            faults.append(FaultyRow(row.number, text[:SHOWN], RowFault.NOT_AN_ID))
        elif text in ids:
            faults.append(FaultyRow(row.number, text, RowFault.REPEATED))
        else:
            ids[text] = row.number
    if not ids:
        raise InvalidInputError([FieldFault(field, "名單裡沒有 LINE 用戶 ID（U 開頭、33 個字元）。")])
    return ids, faults


def _column(rows: Sequence[Row]) -> tuple[int, Sequence[Row]]:
    heads = [rows[0].text(place).casefold().lstrip("\ufeff") for place in range(len(rows[0].cells))] if rows else []
    named = next((place for place, head in enumerate(heads) if head in ID_HEADS), None)
    return (0, rows) if named is None else (named, rows[1:])


def _put_on(session: Session, list_id: int, line_user_ids: Sequence[str]) -> list[str]:
    """Put those whom we know on a list; return the others."""
    query = select(Friend.line_user_id, Friend.id).where(Friend.line_user_id.in_(line_user_ids)).order_by(Friend.id)
    known = dict(session.execute(query.with_for_update(read=True, key_share=True)).all())
    members = [{"uploaded_list_id": list_id, "friend_id": friend_id} for friend_id in known.values()]
    insert_some = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    if members:
        session.execute(insert_some(UploadedListMember).on_conflict_do_nothing(), members)
    there = select(func.count()).where(UploadedListMember.uploaded_list_id == list_id).scalar_subquery()
    session.execute(update(UploadedList).where(UploadedList.id == list_id).values(friends=there))
    return [one for one in line_user_ids if one not in known]


def _take_some_off(db: Database, list_id: int) -> bool:
    with db.begin() as session:
        member = UploadedListMember
        some = list(session.scalars(select(member.friend_id).where(member.uploaded_list_id == list_id).limit(SLICE)))
        session.execute(delete_from(member).where(member.uploaded_list_id == list_id, member.friend_id.in_(some)))
    return len(some) == SLICE


def _refuse_if_used(session: Session, list_id: int) -> None:
    users = usages.users_of_uploaded_list(session, list_id)
    if users:
        raise ConflictError("這份名單還在使用中：%(users)s。請先從那裡移除。", users="、".join(users))


def _stem(filename: str) -> str:
    return filename.replace("\\", "/").rpartition("/")[2].rpartition(".")[0].strip() or filename.strip()


def _checked_name(name: str) -> str:
    kept = " ".join(unicodedata.normalize("NFC", name).split())
    if not kept or len(kept) > LONGEST_NAME:
        raise InvalidInputError([FieldFault("name", "名單名稱要有 1 到 %(most)s 個字。", (("most", LONGEST_NAME),))])
    if _has_unusable(kept):
        raise InvalidInputError([FieldFault("name", "名單名稱含有無法使用的字元。")])
    return kept


def _has_unusable(text: Iterable[str]) -> bool:
    return any(unicodedata.category(character) in ("Cc", "Cs") for character in text)
