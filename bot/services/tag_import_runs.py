"""Confirmed files of tags carried out, a slice of rows at a time; a crash in between is taken up after the lease."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.claims import claim
from bot.database import Database
from bot.services import friend_tags
from models import ImportState, RowOutcome, TagAction, TagImport, TagImportRow, TagSource

SLICE = 2_000  # rows of one transaction, so that webhooks never wait long
LEASE = timedelta(minutes=2)


def run(db: Database, *, now: Callable[[], datetime], until: datetime | None = None) -> bool:
    """Carry the oldest confirmed import on, until it is done or the time is up. False if there was none."""
    with db.begin() as session:
        due = TagImport.state == ImportState.DUE
        claimed = claim(session, TagImport, TagImport.lease_until, due, limit=1, now=now(), lease=LEASE)
    if not claimed:
        return False
    step: TagImport | None = claimed[0]
    while step is not None and step.state is ImportState.DUE:
        step = _step(db, step, now())
        if step is not None and until is not None and now() >= until:
            _let_go(db, step, now())
            break
    return True


def _step(db: Database, ours: TagImport, now: datetime) -> TagImport | None:
    """Carry out a slice; None if the lease ran out meanwhile and somebody else took over."""
    with db.begin() as session:
        row = _own(session, ours)
        if row is None:
            return None
        ready = (TagImportRow.outcome == RowOutcome.READY) & (TagImportRow.number > row.handled)
        wanted = select(TagImportRow).where(TagImportRow.tag_import_id == row.id, ready)
        rows = list(session.scalars(wanted.order_by(TagImportRow.number).limit(SLICE)))
        if not rows:
            row.state, row.finished_at, row.lease_until = ImportState.DONE, now, None
            return row
        for outcome, numbers in _carry_out(session, row, rows, now).items():
            these = (TagImportRow.tag_import_id == row.id) & TagImportRow.number.in_(numbers)
            session.execute(
                update(TagImportRow).where(these).values(outcome=outcome),
                execution_options={"synchronize_session": False},
            )
        row.handled, row.lease_until = rows[-1].number, now + LEASE
        return row


def _own(session: Session, ours: TagImport) -> TagImport | None:
    row = session.get_one(TagImport, ours.id, with_for_update=True)
    return row if row.lease_until == ours.lease_until else None


def _let_go(db: Database, ours: TagImport, now: datetime) -> None:
    with db.begin() as session:
        row = _own(session, ours)
        if row is not None and row.state is ImportState.DUE:
            row.lease_until = now


def _carry_out(
    session: Session, row: TagImport, rows: Sequence[TagImportRow], now: datetime
) -> dict[RowOutcome, list[int]]:
    """Put on and take off what the rows ask for; return the numbers of the rows by what came of them.

    The friends are locked at once and in the order of their ids, then one tag follows the other, so that nobody
    waits for us in a circle.
    """
    ids = friend_tags.lock_friends(session, [one.cells[0] for one in rows])
    asked: dict[tuple[int, TagAction], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for one in rows:
        if one.cells[0] in ids:
            for tag_id in _tag_ids(row, one):
                asked[(tag_id, one.action)][ids[one.cells[0]]].append(one.number)
    changed: set[int] = set()
    for (tag_id, action), numbers in sorted(asked.items()):
        for friend_id in _change(session, row, tag_id, action, list(numbers), now):
            changed.update(numbers[friend_id])
    outcomes: dict[RowOutcome, list[int]] = defaultdict(list)
    for one in rows:
        came = RowOutcome.CHANGED if one.number in changed else RowOutcome.SAME
        outcomes[came if one.cells[0] in ids else RowOutcome.UNKNOWN].append(one.number)
    return outcomes


def _tag_ids(row: TagImport, one: TagImportRow) -> list[int]:
    tags = row.tags[: row.tags_of_all] if one.tag is None else [row.tags[one.tag]]
    return [tag["id"] for tag in tags]


def _change(
    session: Session, row: TagImport, tag_id: int, action: TagAction, friend_ids: Sequence[int], now: datetime
) -> set[int]:
    """Put one tag on these friends or take it off; return those for whom that changed anything."""
    if action is TagAction.TAKE:
        return friend_tags.take_from_many(session, friend_ids, [tag_id], now=now)
    put = friend_tags.put(
        session,
        friend_ids,
        [tag_id],
        source=TagSource.IMPORT,
        source_id=row.id,
        now=now,
        expires_at=row.expires_at,
    )
    return {friend_id for friend_id, _ in put}
