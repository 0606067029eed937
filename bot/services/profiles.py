"""Names and pictures, fetched by a job within LINE's limits, never while an event is handled."""

import enum
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.claims import claim
from bot.database import Database
from bot.errors import GatewayError, GatewayRefusedError
from bot.gateways.line import LineGateway, Profile
from bot.services import friends
from models import Friend

logger = logging.getLogger(__name__)

BATCH = 100
PARALLEL = 8
LEASE = timedelta(minutes=1)
PAUSE = timedelta(minutes=1)
MOST_ATTEMPTS = 8


class _Fate(enum.Enum):
    ANSWERED = enum.auto()
    SILENT = enum.auto()
    NOT_ASKED = enum.auto()


@dataclass(frozen=True)
class _Look:
    """One friend whose profile was wanted, and what came of it."""

    friend_id: int
    fate: _Fate
    profile: Profile | None = None


def fetch_due(db: Database, line: LineGateway, *, now: Callable[[], datetime]) -> int:
    """Fetch the profiles that are due, a batch of them. Returns how many were asked for."""
    until = now() + LEASE / 3  # whoever was not asked by then is handed back, long before the lease is over
    wanted = _claim(db, now())
    if not wanted:
        return 0
    with ThreadPoolExecutor(PARALLEL) as pool:
        looks = list(pool.map(lambda pair: _look(line, *pair, until=until, now=now), wanted))
    _write(db, looks, now())
    return sum(look.fate is not _Fate.NOT_ASKED for look in looks)


def _claim(db: Database, now: datetime) -> list[tuple[int, str]]:
    with db.begin() as session:
        more = {"profile_attempts": Friend.profile_attempts + 1}
        known = Friend.profile_due_at.is_not(None)
        due = claim(session, Friend, Friend.profile_due_at, known, limit=BATCH, now=now, lease=LEASE, also=more)
        return [(friend.id, friend.line_user_id) for friend in due]


def _look(
    line: LineGateway, friend_id: int, line_user_id: str, *, until: datetime, now: Callable[[], datetime]
) -> _Look:
    if now() > until:
        return _Look(friend_id, _Fate.NOT_ASKED)
    try:
        return _Look(friend_id, _Fate.ANSWERED, line.get_profile(line_user_id))
    except GatewayRefusedError as refusal:
        logger.warning("friend %s: LINE refused the profile: %s", friend_id, refusal.status)
        return _Look(friend_id, _Fate.ANSWERED)
    except GatewayError:
        return _Look(friend_id, _Fate.SILENT)


def _write(db: Database, looks: Sequence[_Look], now: datetime) -> None:
    """Write what came; if one row cannot be written, its neighbours still are, and it waits as after a silence."""
    try:
        with db.begin() as session:
            _write_rows(session, looks, now)
    except Exception:
        if len(looks) > 1:
            for look in looks:
                _write(db, [look], now)
            return
        logger.exception("the profile of friend %s could not be kept", looks[0].friend_id)
        with db.begin() as session:
            _write_rows(session, [_Look(looks[0].friend_id, _Fate.SILENT)], now)


def _write_rows(session: Session, looks: Sequence[_Look], now: datetime) -> None:
    ids = sorted(look.friend_id for look in looks)
    rows = session.scalars(select(Friend).where(Friend.id.in_(ids)).order_by(Friend.id).with_for_update())
    by_id = {friend.id: friend for friend in rows}
    for look in looks:
        friend = by_id.get(look.friend_id)
        if friend is not None:
            _write_row(friend, look, now)


def _write_row(friend: Friend, look: _Look, now: datetime) -> None:
    if look.fate is _Fate.ANSWERED:
        friends.set_profile(friend, look.profile, now=now)
    elif look.fate is _Fate.NOT_ASKED:
        friend.profile_due_at = now
        friend.profile_attempts = max(friend.profile_attempts - 1, 0)
    elif friend.profile_attempts >= MOST_ATTEMPTS:
        friend.profile_due_at = None  # asked again when the friend is next heard of
    else:
        friend.profile_due_at = now + PAUSE * 2**friend.profile_attempts
