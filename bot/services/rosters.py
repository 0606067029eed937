"""LINE's follower list merged into the roster, in both directions, page by page."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, insert, or_, select, update
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import FieldFault, GatewayError, GatewayRefusedError, InvalidInputError
from bot.gateways.line import FollowerPage, LineGateway
from bot.services import audit, friends
from bot.services.audit import Actor
from models import Account, Friend, FriendProof, FriendshipChange, FriendshipKind, FriendState, RosterSync, SyncState
from models.friend import is_line_user_id

logger = logging.getLogger(__name__)

CURSOR_LIFE = timedelta(hours=23)  # LINE honours `next` for 24 hours
LEASE = timedelta(minutes=2)
DAY = timedelta(days=1)
REFUSED_PAUSE = timedelta(days=7)
SLICE = 5_000  # rows of one transaction, so that webhooks never wait long
FORBIDDEN = 403


@dataclass(frozen=True)
class ImportReport:
    """What became of a list of ids: how many were new, known already, and the rows that are no ids."""

    added: int
    known: int
    faults: list[tuple[int, str]]  # row number from 1, what stood there


def latest(session: Session) -> RosterSync | None:
    """The newest walk through the list."""
    return session.scalar(select(RosterSync).order_by(RosterSync.id.desc()).limit(1))


def start(session: Session, *, now: datetime) -> RosterSync:
    """Begin a walk, or return the one that is under way and can still be resumed."""
    session.get_one(Account, 1, with_for_update=True)  # two who begin at once begin one walk
    under_way = _under_way(session)
    if under_way is not None and now - under_way.started_at < CURSOR_LIFE:
        return under_way
    if under_way is not None:
        under_way.state, under_way.finished_at, under_way.error = SyncState.FAILED, now, "LINE 的名單游標已過期"
    sync = RosterSync(started_at=now, state=SyncState.LISTING, listed=0, found=0, missing=0)
    session.add(sync)
    session.flush()
    return sync


def start_daily(session: Session, *, now: datetime) -> RosterSync | None:
    """Begin the walk of the day. None if one was begun within a day, or LINE lately said that we may not list."""
    last = latest(session)
    if last is not None:
        pause = REFUSED_PAUSE if last.state is SyncState.REFUSED else DAY
        if now - last.started_at < pause:
            return None
    return start(session, now=now)


def _under_way(session: Session) -> RosterSync | None:
    rows = select(RosterSync).where(RosterSync.state.in_([SyncState.LISTING, SyncState.CLOSING]))
    return session.scalar(rows.order_by(RosterSync.id.desc()).limit(1))


def run(
    db: Database,
    line: LineGateway,
    *,
    now: Callable[[], datetime],
    progress: Callable[[RosterSync], None] = lambda _: None,
    until: datetime | None = None,
) -> RosterSync | None:
    """Carry the walk under way on until it ends or the time is up; None if there is none, or somebody else walks it."""
    sync = _claim(db, now())
    while sync is not None and sync.state in (SyncState.LISTING, SyncState.CLOSING):
        sync = _step(db, line, sync, now)
        progress(sync)
        if until is not None and now() >= until:
            break
    if sync is not None:
        _let_go(db, sync.id)
    return sync


def _claim(db: Database, now: datetime) -> RosterSync | None:
    with db.begin() as session:
        sync = _under_way(session)
        if sync is None:
            return None
        claimed = session.execute(
            update(RosterSync)
            .where(RosterSync.id == sync.id, or_(RosterSync.lease_until.is_(None), RosterSync.lease_until <= now))
            .values(lease_until=now + LEASE)
            .returning(RosterSync.id)
        )
        return sync if claimed.first() else None


def _let_go(db: Database, sync_id: int) -> None:
    with db.begin() as session:
        session.execute(update(RosterSync).where(RosterSync.id == sync_id).values(lease_until=None))


def _step(db: Database, line: LineGateway, sync: RosterSync, now: Callable[[], datetime]) -> RosterSync:
    if sync.state is SyncState.CLOSING:
        with db.begin() as session:
            return _mark_missing(session, sync.id, now=now())
    asked_at = now()
    try:
        page = line.list_followers(sync.cursor)
    except GatewayRefusedError as refusal:
        state = SyncState.REFUSED if refusal.status == FORBIDDEN else SyncState.FAILED
        return _end(db, sync.id, state, error=str(refusal), now=now())
    except GatewayError as failure:
        logger.warning("roster sync %s: no page: %s", sync.id, failure)
        return _end(db, sync.id, SyncState.FAILED, error=str(failure), now=now())
    with db.begin() as session:
        return _take_page(session, sync.id, page, asked_at=asked_at, now=now())


def _take_page(session: Session, sync_id: int, page: FollowerPage, *, asked_at: datetime, now: datetime) -> RosterSync:
    """Whoever stands on the page is a friend, unless an unfollow is newer than the request for the page."""
    sync = session.get_one(RosterSync, sync_id, with_for_update=True)
    wanted = sorted({line_user_id for line_user_id in page.line_user_ids if is_line_user_id(line_user_id)})
    if wanted:
        friends.insert_unknown(session, wanted, now=now)
        sync.found += _prove_listed(session, wanted, sync.id, asked_at)
    sync.listed += len(wanted)
    sync.cursor = page.next
    sync.lease_until = now + LEASE
    if page.next is None:
        sync.state = SyncState.CLOSING
        session.execute(update(Account).values(may_list_followers=True))
    return sync


def _prove_listed(session: Session, line_user_ids: Sequence[str], sync_id: int, asked_at: datetime) -> int:
    """One page's proof, by the rule of `rosters.weigh`, set-based. Returns how many it made friends."""
    listed = Friend.line_user_id.in_(line_user_ids)
    older = or_(Friend.state_at.is_(None), Friend.state_at < asked_at, Friend.proof == FriendProof.IMPORTED)
    session.execute(select(Friend.id).where(listed).order_by(Friend.id).with_for_update())
    gained = select(Friend.id).where(listed, older, Friend.state != FriendState.FOLLOWING)
    found = _note_changes(session, gained, FriendshipKind.LISTED, asked_at)
    began = or_(Friend.unfollowed_at.is_(None), Friend.last_follow_at > Friend.unfollowed_at)
    session.execute(
        update(Friend)
        .where(listed)
        .values(
            listed_in=sync_id,
            followed_at=case((and_(older, began), Friend.last_follow_at), else_=Friend.followed_at),
            state=case((older, FriendState.FOLLOWING), else_=Friend.state),
            proof=case((older, FriendProof.FOLLOWER_LIST), else_=Friend.proof),
            state_at=case((older, asked_at), else_=Friend.state_at),
        ),
        execution_options={"synchronize_session": False},
    )
    return found


def _note_changes(session: Session, friend_ids: Select[int], kind: FriendshipKind, at: datetime) -> int:
    ids = list(session.scalars(friend_ids))
    if ids:
        rows = [{"friend_id": friend_id, "kind": kind, "happened_at": at, "is_returning": False} for friend_id in ids]
        session.execute(insert(FriendshipChange), rows)
    return len(ids)


def _mark_missing(session: Session, sync_id: int, *, now: datetime) -> RosterSync:
    """Whoever was not on the list and did not follow since it began is no friend; a slice at a time."""
    sync = session.get_one(RosterSync, sync_id, with_for_update=True)
    sync.lease_until = now + LEASE
    missing = (
        select(Friend.id)
        .where(
            Friend.state != FriendState.NOT_FOLLOWING,
            or_(Friend.listed_in.is_(None), Friend.listed_in != sync_id),
            or_(Friend.state_at.is_(None), Friend.state_at <= sync.started_at, Friend.proof == FriendProof.IMPORTED),
        )
        .order_by(Friend.id)
        .limit(SLICE)
        .with_for_update()
    )
    lost = list(session.execute(select(Friend.id, Friend.state).where(Friend.id.in_(missing))).all())
    if not lost:
        sync.state, sync.finished_at, sync.lease_until = SyncState.DONE, now, None
        return sync
    were_friends = [friend_id for friend_id, state in lost if state is FriendState.FOLLOWING]
    _note_changes(
        session, select(Friend.id).where(Friend.id.in_(were_friends)), FriendshipKind.MISSING, sync.started_at
    )
    _write_missing(session, [friend_id for friend_id, _ in lost], sync.started_at)
    sync.missing += len(were_friends)
    return sync


def _write_missing(session: Session, friend_ids: Sequence[int], at: datetime) -> None:
    later = case((Friend.unfollowed_at > at, Friend.unfollowed_at), else_=at)
    session.execute(
        update(Friend)
        .where(Friend.id.in_(friend_ids))
        .values(
            state=FriendState.NOT_FOLLOWING,
            state_at=at,
            proof=FriendProof.FOLLOWER_LIST,
            followed_at=None,
            unfollowed_at=later,
        ),
        execution_options={"synchronize_session": False},
    )


def _end(db: Database, sync_id: int, state: SyncState, *, error: str, now: datetime) -> RosterSync:
    with db.begin() as session:
        sync = session.get_one(RosterSync, sync_id)
        sync.state, sync.error, sync.finished_at, sync.lease_until = state, error, now, None
        if state is SyncState.REFUSED:
            session.execute(update(Account).values(may_list_followers=False))
        return sync


def import_ids(session: Session, given: Sequence[str], *, by: Actor, now: datetime) -> ImportReport:
    """Take in staff's own list of ids. Imported people are marked as such.

    Where LINE does not let the account list its followers (403), staff's word is the best there is and
    the people count as friends until an event says otherwise; where it may list, they wait for the next sync.
    """
    rows = [line.strip() for line in given]
    faults = [(number, row) for number, row in enumerate(rows, 1) if row and not is_line_user_id(row)]
    wanted = sorted({row for row in rows if is_line_user_id(row)})
    if not wanted:
        raise InvalidInputError([FieldFault("ids", "名單裡沒有 LINE 用戶 ID（U 開頭、33 個字元）。")])
    known = 0
    for at in range(0, len(wanted), SLICE):
        known += _import_slice(session, wanted[at : at + SLICE], now)
    added = len(wanted) - known
    changes = {"added": [None, added], "known": [None, known]}
    audit.record(session, by, "import", "friend", None, now=now, changes=changes)
    return ImportReport(added, known, faults)


def _import_slice(session: Session, line_user_ids: Sequence[str], now: datetime) -> int:
    these = Friend.line_user_id.in_(line_user_ids)
    known = session.scalar(select(func.count()).select_from(Friend).where(these)) or 0
    friends.insert_unknown(session, line_user_ids, now=now)
    changes: dict[str, Any] = {"imported_at": now}
    session.execute(update(Friend).where(these, Friend.imported_at.is_(None)).values(changes))
    if session.scalar(select(Account.may_list_followers)) is False:
        unproven = and_(these, Friend.state == FriendState.UNKNOWN)
        vouched = {"state": FriendState.FOLLOWING, "proof": FriendProof.IMPORTED, "state_at": now}
        session.execute(update(Friend).where(unproven).values(vouched))
    return known
