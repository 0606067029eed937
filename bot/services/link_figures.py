"""What came of tracked links: openings, new friends, and how many of them stayed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from models import FriendshipChange, FriendshipKind, LinkDay

ENDINGS = (FriendshipKind.UNFOLLOWED, FriendshipKind.MISSING)


@dataclass(frozen=True)
class LinkFigures:
    """What came of a link."""

    opened: int = 0
    joined: int = 0  # friendships that began through it
    new: int = 0
    returning: int = 0
    blocked: int = 0  # of the joined, those that ended since

    @property
    def block_rate(self) -> float | None:
        """The share of the joined that ended since; None if nobody joined."""
        return self.blocked / self.joined if self.joined else None


def figures(
    session: Session,
    link_ids: Collection[int],
    *,
    zone: ZoneInfo,
    first_on: date | None = None,
    last_on: date | None = None,
) -> dict[int, LinkFigures]:
    """Return what came of each link, from the account's day `first_on` to `last_on` if they are given.

    `blocked` counts those of the joined in these days who ended the friendship at any time since.
    """
    opened = _count_opened(session, link_ids, first_on, last_on)
    day_after = None if last_on is None else last_on + timedelta(days=1)
    joined = _count_joined(session, link_ids, _start_of(first_on, zone), _start_of(day_after, zone))
    return {link_id: LinkFigures(opened.get(link_id, 0), *joined.get(link_id, (0, 0, 0, 0))) for link_id in link_ids}


def _count_opened(
    session: Session, link_ids: Collection[int], first_on: date | None, last_on: date | None
) -> dict[int, int]:
    query = select(LinkDay.tracked_link_id, func.sum(LinkDay.opened)).where(LinkDay.tracked_link_id.in_(link_ids))
    if first_on is not None:
        query = query.where(LinkDay.on >= first_on)
    if last_on is not None:
        query = query.where(LinkDay.on <= last_on)
    return {link_id: int(count) for link_id, count in session.execute(query.group_by(LinkDay.tracked_link_id))}


def _count_joined(
    session: Session, link_ids: Collection[int], start: datetime | None, end: datetime | None
) -> dict[int, tuple[int, int, int, int]]:
    """Return joined, new, returning and blocked for each link through which anybody came."""
    change, ending = FriendshipChange, aliased(FriendshipChange)
    has_ended = (
        select(ending.id)
        .where(ending.friend_id == change.friend_id, ending.kind.in_(ENDINGS), ending.happened_at >= change.happened_at)
        .exists()
    )
    counts = (
        func.count(),
        func.count().filter(change.is_returning.is_(False)),
        func.count().filter(change.is_returning.is_(True)),
        func.count().filter(has_ended),
    )
    query = select(change.tracked_link_id, *counts).where(
        change.tracked_link_id.in_(link_ids), change.kind == FriendshipKind.FOLLOWED
    )
    if start is not None:
        query = query.where(change.happened_at >= start)
    if end is not None:
        query = query.where(change.happened_at < end)
    rows = session.execute(query.group_by(change.tracked_link_id))
    return {link_id: (joined, new, returning, ended) for link_id, joined, new, returning, ended in rows if link_id}


def _start_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, time.min, tzinfo=zone)
