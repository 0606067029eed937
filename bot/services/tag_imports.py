"""Files of user ids that get or lose tags: looked through first, carried out once somebody confirms."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import ConflictError, FieldFault, InvalidInputError, NotFoundError
from bot.rules import sheets
from bot.services import audit, tag_import_rows, tag_names, tags, usages
from bot.services.audit import Actor
from bot.services.friends import UNSTORABLE
from bot.services.tag_import_rows import Asked
from models import Base, Friend, ImportState, RowOutcome, Tag, TagAction, TagImport, TagImportRow

SLICE = 5_000  # rows of one transaction, so that webhooks never wait long
MOST_AT_ONCE = 20_000  # rows of one request
UNCONFIRMED_LIFE = timedelta(days=1)
REPORT_LIFE = timedelta(days=90)
BIGGEST_ID = 2**31 - 1
LONGEST_NAME = 200
LISTED = 20
ROWS = Base.metadata.tables["tag_import_row"]  # the table itself: many rows, and no object of each


@dataclass(frozen=True)
class Wanted:
    """What staff chose beside the file. `tags` are ids or names."""

    name: str  # of the file
    tags: Sequence[int | str] = ()  # of rows that name none
    action: TagAction = TagAction.PUT  # of rows that name none
    has_tags: bool = False  # the file has columns for tags and actions
    expires_at: datetime | None = None  # when what is put on goes by itself


def read(db: Database, content: bytes, wanted: Wanted, *, by: Actor, now: datetime) -> TagImport:
    """Look through a file and keep its rows for whoever confirms; nobody gets or loses a tag yet.

    Raises InvalidInputError at `file`, `tags` or `expires_at`.
    """
    with db() as session:
        chosen = _chosen(session, wanted, now)
        asked = _asked(content, wanted, chosen)
        named = _named(session, tag_import_rows.names_in(asked))
    with db.begin() as session:
        row = _begin(session, wanted, chosen, named, len(asked), by=by, now=now)
    places = _places(chosen, named)
    for start in range(0, len(asked), SLICE):
        with db.begin() as session:
            _store(session, row.id, asked[start : start + SLICE], places)
    with db.begin() as session:
        row = get_import(session, row.id, will_change=True)
        row.state = ImportState.PREVIEW
        return row


def read_at_once(session: Session, content: bytes, wanted: Wanted, *, by: Actor, now: datetime) -> TagImport:
    """Look through a file of up to MOST_AT_ONCE rows in one transaction; otherwise like `read`."""
    chosen = _chosen(session, wanted, now)
    asked = _asked(content, wanted, chosen)
    if len(asked) > MOST_AT_ONCE:
        text = "一次最多 %(most)s 列，請分成幾個請求。"
        raise InvalidInputError([FieldFault("file", text, (("most", MOST_AT_ONCE),))])
    named = _named(session, tag_import_rows.names_in(asked))
    row = _begin(session, wanted, chosen, named, len(asked), by=by, now=now)
    for start in range(0, len(asked), SLICE):
        _store(session, row.id, asked[start : start + SLICE], _places(chosen, named))
    row.state = ImportState.PREVIEW
    session.flush()
    return row


def get_import(session: Session, import_id: int, *, will_change: bool = False) -> TagImport:
    """Return one import; with `will_change` others wait until this transaction ends. Raises NotFoundError."""
    query = select(TagImport).where(TagImport.id == import_id, TagImport.id <= BIGGEST_ID)
    if will_change:
        query = query.with_for_update()
    row = session.scalar(query) if 0 < import_id <= BIGGEST_ID else None
    if row is None:
        raise NotFoundError("找不到這次匯入。")
    return row


def list_imports(session: Session) -> list[TagImport]:
    """Return the newest imports that somebody confirmed."""
    query = select(TagImport).where(TagImport.state.in_([ImportState.DUE, ImportState.DONE]))
    return list(session.scalars(query.order_by(TagImport.id.desc()).limit(LISTED)))


def count_outcomes(session: Session, import_id: int) -> dict[RowOutcome, int]:
    """Return how many rows came to what."""
    query = select(TagImportRow.outcome, func.count()).where(TagImportRow.tag_import_id == import_id)
    return dict(session.execute(query.group_by(TagImportRow.outcome)).all())


def list_rows(
    session: Session, import_id: int, *, limit: int, after: int = 0, but: Sequence[RowOutcome] = ()
) -> list[TagImportRow]:
    """Return up to `limit` rows whose number is greater than `after`; those with an outcome of `but` are left out."""
    query = select(TagImportRow).where(TagImportRow.tag_import_id == import_id, TagImportRow.number > after)
    if but:
        query = query.where(TagImportRow.outcome.not_in(but))
    return list(session.scalars(query.order_by(TagImportRow.number).limit(limit)))


def new_tags(row: TagImport) -> list[str]:
    """Return the names that become tags when this import is confirmed."""
    return [tag["name"] for tag in row.tags if tag["id"] is None]


def confirm(session: Session, import_id: int, *, by: Actor, now: datetime) -> TagImport:
    """Hand an import over to the jobs; names that nobody used yet become tags now. A second call changes nothing.

    Raises NotFoundError, ConflictError when there is nothing to do, and InvalidInputError if a chosen tag is gone.
    """
    row = get_import(session, import_id, will_change=True)
    if row.state in (ImportState.DUE, ImportState.DONE):
        return row
    if row.state is ImportState.READING:
        raise ConflictError("這個檔案沒有讀完，請重新上傳。")
    ready = count_outcomes(session, import_id).get(RowOutcome.READY, 0)
    if not ready:
        raise ConflictError("這個檔案裡沒有可以處理的列。")
    row.tags = [{**tag, "id": _resolved(session, tag, by=by, now=now)} for tag in row.tags]
    row.state, row.confirmed_at, row.lease_until = ImportState.DUE, now, now
    changes = {"file": [None, row.name], "rows": [None, ready], "tags": [None, [tag["name"] for tag in row.tags]]}
    audit.record(session, by, "import", "tag_import", import_id, now=now, changes=changes)
    session.flush()
    return row


def remove_old(db: Database, *, now: datetime) -> None:
    """Remove what nobody confirmed, and reports that are old; the name of what was carried out stays."""
    waits = TagImport.state.in_([ImportState.READING, ImportState.PREVIEW])
    unconfirmed = waits & (TagImport.created_at < now - UNCONFIRMED_LIFE)
    old = (TagImport.state == ImportState.DONE) & (TagImport.finished_at < now - REPORT_LIFE)
    with db() as session:
        gone = list(session.scalars(select(TagImport.id).where(unconfirmed)))
        rows = select(TagImportRow.number).where(TagImportRow.tag_import_id == TagImport.id)
        blanked = list(session.scalars(select(TagImport.id).where(old, rows.exists())))
    for import_id in (*gone, *blanked):
        while _remove_rows(db, import_id):
            pass
    with db.begin() as session:
        session.execute(delete(TagImport).where(TagImport.id.in_(gone), unconfirmed))


def _remove_rows(db: Database, import_id: int) -> bool:
    with db.begin() as session:
        numbers = [row.number for row in list_rows(session, import_id, limit=SLICE)]
        these = (TagImportRow.tag_import_id == import_id) & TagImportRow.number.in_(numbers)
        session.execute(delete(TagImportRow).where(these), execution_options={"synchronize_session": False})
    return len(numbers) == SLICE


def _asked(content: bytes, wanted: Wanted, chosen: Sequence[dict[str, Any]]) -> list[Asked]:
    rows = sheets.read(content)
    return tag_import_rows.examine(rows, has_tags=wanted.has_tags, tags_of_all=bool(chosen), action=wanted.action)


def _places(chosen: Sequence[dict[str, Any]], named: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Return where the tags that rows name stand among all tags of the import."""
    return {tag["name"]: len(chosen) + place for place, tag in enumerate(named)}


def _begin(
    session: Session,
    wanted: Wanted,
    chosen: Sequence[dict[str, Any]],
    named: Sequence[dict[str, Any]],
    rows: int,
    *,
    by: Actor,
    now: datetime,
) -> TagImport:
    row = TagImport(
        name=" ".join(UNSTORABLE.sub("", wanted.name).split())[:LONGEST_NAME],
        state=ImportState.READING,
        action=wanted.action,
        tags=[*chosen, *named],
        tags_of_all=len(chosen),
        expires_at=wanted.expires_at,
        rows=rows,
        handled=0,
        actor_kind=by.kind,
        actor_id=by.id,
        actor_name=by.name,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _chosen(session: Session, wanted: Wanted, now: datetime) -> list[dict[str, Any]]:
    """Return the tags of rows that name none. Raises InvalidInputError."""
    faults: list[FieldFault] = []
    if wanted.expires_at is not None and wanted.expires_at <= now:
        faults.append(FieldFault("expires_at", "結束時間要晚於現在。"))
    if not wanted.tags and not wanted.has_tags:
        faults.append(FieldFault("tags", "請選擇標籤，或選用檔案裡的標籤欄。"))
    if len(wanted.tags) > tags.MOST_TAGS:
        faults.append(FieldFault("tags", "最多 %(most)s 個標籤。", (("most", tags.MOST_TAGS),)))
    known = tags.names_of(session, [one for one in wanted.tags if isinstance(one, int) and 0 < one <= BIGGEST_ID])
    names: list[str] = []
    for place, one in enumerate(wanted.tags):
        try:
            names.append(known[one] if isinstance(one, int) else tag_names.checked(one, f"tags[{place}]"))
        except KeyError:
            faults.append(FieldFault(f"tags[{place}]", "沒有編號 %(id)s 的標籤。", (("id", str(one)[:20]),)))
        except InvalidInputError as refusal:
            faults.extend(refusal.faults)
    if faults:
        raise InvalidInputError(faults)
    return _named(session, list(dict.fromkeys(names)))


def _named(session: Session, names: Sequence[str]) -> list[dict[str, Any]]:
    ids = tags.find_named(session, names)
    return [{"name": name, "id": ids.get(name)} for name in names]


def _resolved(session: Session, tag: dict[str, Any], *, by: Actor, now: datetime) -> int:
    """Return the id of an import's tag; one that was renamed meanwhile is meant all the same."""
    if tag["id"] is not None and usages.hold(session, Tag, [tag["id"]]):
        return int(tag["id"])
    [tag_id] = tags.resolve(session, [tag["name"]], by=by, now=now)
    return tag_id


def _store(session: Session, import_id: int, asked: Sequence[Asked], places: dict[str, int]) -> None:
    """Keep some rows; those of people we never heard of are marked."""
    wanted = {one.line_user_id for one in asked if one.outcome is RowOutcome.READY}
    known = set(session.scalars(select(Friend.line_user_id).where(Friend.line_user_id.in_(wanted))))
    session.execute(
        insert(ROWS),
        [
            {
                "tag_import_id": import_id,
                "number": one.number,
                "cells": list(one.cells),
                "tag": None if one.tag is None else places.get(one.tag),
                "action": one.action,
                "outcome": RowOutcome.UNKNOWN if _is_unknown(one, known) else one.outcome,
                "earlier": one.earlier,
            }
            for one in asked
        ],
    )


def _is_unknown(asked: Asked, known: set[str]) -> bool:
    return asked.outcome is RowOutcome.READY and asked.line_user_id not in known
