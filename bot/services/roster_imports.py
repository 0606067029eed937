"""Lists of LINE user ids that staff or another system bring along."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import FieldFault, InvalidInputError
from bot.services import audit, friends
from bot.services.audit import Actor
from models import Account, Friend, FriendProof, FriendState
from models.friend import is_line_user_id

SLICE = 5_000  # ids of one transaction, so that webhooks never wait long


@dataclass(frozen=True)
class ImportReport:
    """What became of a list of ids: how many were new, known already, and the rows that are no ids."""

    added: int
    known: int
    faults: list[tuple[int, str]]  # row number from 1, what stood there


def import_ids(db: Database, given: Sequence[str], *, by: Actor, now: datetime) -> ImportReport:
    """Take in a list of any length, a slice at a time; the last one is noted in the audit log with the figures.

    Imported people are marked as such. Where LINE does not let the account list its followers (403), this word
    is the best there is and the people count as friends until an event says otherwise; where it may list, they
    wait for the next sync. Raises InvalidInputError, and changes nothing, if there is no id in the list.
    """
    wanted, faults = _read(given)
    known = 0
    for at in range(0, len(wanted), SLICE):
        with db.begin() as session:
            known += _take_in(session, wanted[at : at + SLICE], now)
            if at + SLICE >= len(wanted):
                _note(session, len(wanted), known, by=by, now=now)
    return ImportReport(len(wanted) - known, known, faults)


def import_slice(session: Session, given: Sequence[str], *, by: Actor, now: datetime) -> ImportReport:
    """Take in a list short enough for one transaction, all of it or nothing; otherwise like `import_ids`."""
    wanted, faults = _read(given)
    known = _take_in(session, wanted, now)
    _note(session, len(wanted), known, by=by, now=now)
    return ImportReport(len(wanted) - known, known, faults)


def _read(given: Sequence[str]) -> tuple[list[str], list[tuple[int, str]]]:
    """Return the ids, each once, and the rows that are none. Raises InvalidInputError if there is no id."""
    rows = [line.strip() for line in given]
    faults = [(number, row) for number, row in enumerate(rows, 1) if row and not is_line_user_id(row)]
    wanted = sorted({row for row in rows if is_line_user_id(row)})
    if not wanted:
        raise InvalidInputError([FieldFault("ids", "名單裡沒有 LINE 用戶 ID（U 開頭、33 個字元）。")])
    return wanted, faults


def _take_in(session: Session, line_user_ids: Sequence[str], now: datetime) -> int:
    """Add and mark these people. Returns how many of them were known."""
    these = Friend.line_user_id.in_(line_user_ids)
    vouches = session.scalar(select(Account.may_list_followers)) is False
    known = session.scalar(select(func.count()).select_from(Friend).where(these)) or 0
    friends.lock(session, line_user_ids, now=now)  # in the order of those who handle events
    _set(session, and_(these, Friend.imported_at.is_(None)), {"imported_at": now})
    if vouches:
        vouched = {"state": FriendState.FOLLOWING, "proof": FriendProof.IMPORTED, "state_at": now}
        _set(session, and_(these, Friend.state == FriendState.UNKNOWN), vouched)
    return known


def _set(session: Session, which: Any, values: dict[str, Any]) -> None:
    session.execute(update(Friend).where(which).values(values), execution_options={"synchronize_session": False})


def _note(session: Session, wanted: int, known: int, *, by: Actor, now: datetime) -> None:
    changes = {"added": [None, wanted - known], "known": [None, known]}
    audit.record(session, by, "import", "friend", None, now=now, changes=changes)
