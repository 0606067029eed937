"""Names and pictures, fetched by a job within LINE's limits, never while an event is handled."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import select

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

Found = tuple[int, Profile | None, bool]  # friend, profile, whether LINE answered


def fetch_due(db: Database, line: LineGateway, *, now: Callable[[], datetime]) -> int:
    """Fetch the profiles that are due, a batch of them. Returns how many were looked at."""
    wanted = _claim(db, now())
    if not wanted:
        return 0
    with ThreadPoolExecutor(PARALLEL) as pool:
        found = list(pool.map(lambda pair: _fetch(line, *pair), wanted))
    _write(db, found, now())
    return len(wanted)


def _claim(db: Database, now: datetime) -> list[tuple[int, str]]:
    with db.begin() as session:
        more = {"profile_attempts": Friend.profile_attempts + 1}
        known = Friend.profile_due_at.is_not(None)
        due = claim(session, Friend, Friend.profile_due_at, known, limit=BATCH, now=now, lease=LEASE, also=more)
        return [(friend.id, friend.line_user_id) for friend in due]


def _fetch(line: LineGateway, friend_id: int, line_user_id: str) -> Found:
    try:
        return friend_id, line.get_profile(line_user_id), True
    except GatewayRefusedError as refusal:
        logger.warning("friend %s: LINE refused the profile: %s", friend_id, refusal.status)
        return friend_id, None, True
    except GatewayError:
        return friend_id, None, False


def _write(db: Database, found: list[Found], now: datetime) -> None:
    with db.begin() as session:
        ids = sorted(friend_id for friend_id, _, _ in found)
        rows = session.scalars(select(Friend).where(Friend.id.in_(ids)).order_by(Friend.id).with_for_update())
        by_id = {friend.id: friend for friend in rows}
        for friend_id, profile, is_answered in found:
            friend = by_id.get(friend_id)
            if friend is None:
                continue
            if is_answered:
                friends.set_profile(friend, profile, now=now)
            elif friend.profile_attempts >= MOST_ATTEMPTS:
                friend.profile_due_at = None  # asked again when the friend is next heard of
            else:
                friend.profile_due_at = now + PAUSE * 2**friend.profile_attempts
