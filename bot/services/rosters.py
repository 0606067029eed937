"""LINE's follower list merged into the roster, in both directions, page by page."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, case, insert, or_, select, update
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import GatewayError, GatewayRefusedError
from bot.gateways.line import FollowerPage, LineGateway
from bot.services import friends
from models import Account, Friend, FriendProof, FriendshipChange, FriendshipKind, FriendState, RosterSync, SyncState
from models.friend import is_line_user_id

logger = logging.getLogger(__name__)

CURSOR_LIFE = timedelta(hours=23)  # LINE honours `next` for 24 hours
CURSOR_IS_DEAD = "LINE 的名單游標已過期"
CLOCKS_APART = timedelta(seconds=10)  # events carry LINE's time, requests ours: what lies so near decides nothing
LEASE = timedelta(minutes=2)
PAUSE = timedelta(minutes=1)  # after a page that did not come
UNDER_WAY = (SyncState.LISTING, SyncState.CLOSING)
DAY = timedelta(days=1)
REFUSED_PAUSE = timedelta(days=7)
SLICE = 5_000  # rows of one transaction, so that webhooks never wait long
FORBIDDEN = 403


def latest(session: Session) -> RosterSync | None:
    """The newest walk through the list."""
    return session.scalar(select(RosterSync).order_by(RosterSync.id.desc()).limit(1))


def start(session: Session, *, now: datetime) -> RosterSync:
    """Begin a walk, or return the one that is under way and can still be resumed; one that rests goes on at once."""
    session.get_one(Account, 1, with_for_update=True)  # two who begin at once begin one walk
    under_way = _under_way(session, lock=True)
    if under_way is not None and now - under_way.started_at < CURSOR_LIFE:
        if under_way.error is not None:
            under_way.lease_until = under_way.error = None
        return under_way
    if under_way is not None:
        under_way.state, under_way.finished_at, under_way.error = SyncState.FAILED, now, CURSOR_IS_DEAD
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


def _under_way(session: Session, *, lock: bool = False) -> RosterSync | None:
    rows = select(RosterSync).where(RosterSync.state.in_(UNDER_WAY)).order_by(RosterSync.id.desc()).limit(1)
    return session.scalar(rows.with_for_update() if lock else rows)


def run(
    db: Database,
    line: LineGateway,
    *,
    now: Callable[[], datetime],
    progress: Callable[[RosterSync], None] = lambda _: None,
    until: datetime | None = None,
) -> RosterSync | None:
    """Carry the walk under way on until it ends, a page does not come, or the time is up.

    None if there is none, it rests after such a page, or somebody else walks it.
    """
    last = _claim(db, now())
    step = last
    while step is not None and step.state in UNDER_WAY and step.error is None:
        step = _step(db, line, step, now)
        if step is not None:
            last = step
            progress(step)
        if until is not None and now() >= until:
            break
    if last is not None and last.error is None:
        _let_go(db, last)
    return last


def _claim(db: Database, now: datetime) -> RosterSync | None:
    with db.begin() as session:
        sync = _under_way(session, lock=True)
        if sync is None or (sync.lease_until is not None and sync.lease_until > now):
            return None
        sync.lease_until, sync.error = now + LEASE, None
        return sync


def _own(session: Session, sync: RosterSync) -> RosterSync | None:
    """The walk's row, locked; None if the lease ran out meanwhile and somebody else took it over."""
    row = session.get_one(RosterSync, sync.id, with_for_update=True)
    return row if row.lease_until == sync.lease_until else None


def _let_go(db: Database, sync: RosterSync) -> None:
    with db.begin() as session:
        row = _own(session, sync)
        if row is not None:
            row.lease_until = None


def _step(db: Database, line: LineGateway, sync: RosterSync, now: Callable[[], datetime]) -> RosterSync | None:
    """Make one step; returns the walk as it is then, None if it is somebody else's by now."""
    if sync.state is SyncState.CLOSING:
        with db.begin() as session:
            return _mark_missing(session, sync, now=now())
    asked_at = now()
    if asked_at - sync.started_at >= CURSOR_LIFE:
        return _end(db, sync, SyncState.FAILED, error=CURSOR_IS_DEAD, now=asked_at)
    try:
        page = line.list_followers(sync.cursor)
    except GatewayRefusedError as refusal:
        state = SyncState.REFUSED if refusal.status == FORBIDDEN else SyncState.FAILED
        return _end(db, sync, state, error=str(refusal), now=now())
    except GatewayError as failure:
        logger.warning("roster sync %s: no page, will be tried again: %s", sync.id, failure)
        return _rest(db, sync, error=str(failure), now=now())
    with db.begin() as session:
        return _take_page(session, sync, page, asked_at=asked_at - CLOCKS_APART, now=now())


def _rest(db: Database, sync: RosterSync, *, error: str, now: datetime) -> RosterSync | None:
    """Keep the cursor, and let nobody ask again for a while, unless somebody begins the walk anew."""
    with db.begin() as session:
        row = _own(session, sync)
        if row is not None:
            row.error, row.lease_until = error, now + PAUSE
        return row


def _take_page(
    session: Session, walk: RosterSync, page: FollowerPage, *, asked_at: datetime, now: datetime
) -> RosterSync | None:
    """Whoever stands on the page is a friend, unless an unfollow is newer than the request for the page."""
    sync = _own(session, walk)
    if sync is None:
        return None
    if page.next is None:
        sync.state = SyncState.CLOSING
        session.execute(update(Account).values(may_list_followers=True))  # before the friends, as everybody does
    wanted = sorted({line_user_id for line_user_id in page.line_user_ids if is_line_user_id(line_user_id)})
    if wanted:
        friends.lock(session, wanted, now=now)  # in the order of those who handle events: nobody waits in a circle
        sync.found += _prove_listed(session, wanted, sync.id, asked_at)
    sync.listed += len(wanted)
    sync.cursor = page.next
    sync.lease_until = now + LEASE
    return sync


def _prove_listed(session: Session, line_user_ids: Sequence[str], sync_id: int, asked_at: datetime) -> int:
    """One page's proof, by the rule of `rosters.weigh`, set-based, on locked rows. Returns how many it made friends."""
    listed = Friend.line_user_id.in_(line_user_ids)
    older = or_(Friend.state_at.is_(None), Friend.state_at < asked_at, Friend.proof == FriendProof.IMPORTED)
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


def _mark_missing(session: Session, walk: RosterSync, *, now: datetime) -> RosterSync | None:
    """Whoever was not on the list and did not follow since it began is no friend; a slice at a time."""
    sync = _own(session, walk)
    if sync is None:
        return None
    sync.lease_until, began = now + LEASE, sync.started_at - CLOCKS_APART
    lost = list(session.execute(select(Friend.id, Friend.state).where(Friend.id.in_(_missing(sync.id, began)))).all())
    if not lost:
        sync.state, sync.finished_at, sync.lease_until = SyncState.DONE, now, None
        return sync
    were_friends = [friend_id for friend_id, state in lost if state is FriendState.FOLLOWING]
    _note_changes(session, select(Friend.id).where(Friend.id.in_(were_friends)), FriendshipKind.MISSING, began)
    _write_missing(session, [friend_id for friend_id, _ in lost], began)
    sync.missing += len(were_friends)
    return sync


def _missing(sync_id: int, began: datetime) -> Select[int]:
    return (
        select(Friend.id)
        .where(
            Friend.state != FriendState.NOT_FOLLOWING,
            or_(Friend.listed_in.is_(None), Friend.listed_in != sync_id),
            or_(Friend.state_at.is_(None), Friend.state_at <= began, Friend.proof == FriendProof.IMPORTED),
        )
        .order_by(Friend.id)
        .limit(SLICE)
        .with_for_update()
    )


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


def _end(db: Database, sync: RosterSync, state: SyncState, *, error: str, now: datetime) -> RosterSync | None:
    with db.begin() as session:
        row = _own(session, sync)
        if row is None:
            return None
        row.state, row.error, row.finished_at, row.lease_until = state, error, now, None
        if state is SyncState.REFUSED:
            session.execute(update(Account).values(may_list_followers=False))
        return row
