"""Numbers over time: who came, who blocked, by day and by way of coming."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, literal, select, union_all
from sqlalchemy.orm import Session

from bot.services import friend_lists
from models import Friend, FriendshipChange, FriendshipKind, FriendState, TrackedLink, WebhookEvent

JOINED = (FriendshipKind.FOLLOWED, FriendshipKind.LISTED)
LEFT = (FriendshipKind.UNFOLLOWED, FriendshipKind.MISSING)


@dataclass(frozen=True)
class DayFigures:
    """One day of the account's time zone."""

    on: date
    joined: int
    returned: int  # of the joined, those who had been friends before
    blocked: int
    friends_before: int | None = None  # at the beginning of the day

    @property
    def block_rate(self) -> float | None:
        """Share of those who could block that day and did; None where nobody could."""
        if self.friends_before is None or self.friends_before + self.joined <= 0:
            return None
        return min(1.0, self.blocked / (self.friends_before + self.joined))


@dataclass(frozen=True)
class SourceFigures:
    """One way of coming; `link` is None for all that LINE does not tell."""

    link: TrackedLink | None
    joined: int
    blocked: int

    @property
    def block_rate(self) -> float | None:
        """Blocked for each that joined; None where nobody joined in these days."""
        return min(1.0, self.blocked / self.joined) if self.joined else None


def days(session: Session, *, zone: ZoneInfo, last_on: date, count: int) -> list[DayFigures]:
    """Return the figures of `count` days up to `last_on`, the oldest first, in one statement.

    How many friends there were is counted back from today's number, so that it fits what the
    roster says now.
    """
    ons = [last_on - timedelta(days=back) for back in reversed(range(count))]
    windows = union_all(
        *(
            select(
                literal(position).label("position"),
                literal(start_of(on, zone), FriendshipChange.happened_at.type).label("start"),
                literal(start_of(on + timedelta(days=1), zone), FriendshipChange.happened_at.type).label("stop"),
            )
            for position, on in enumerate(ons)
        )
    ).cte("day_window")
    within = and_(FriendshipChange.happened_at >= windows.c.start, FriendshipChange.happened_at < windows.c.stop)
    rows = session.execute(
        select(windows.c.position, _count(JOINED), _count(JOINED, returning=True), _count(LEFT))
        .join_from(windows, FriendshipChange, within)
        .group_by(windows.c.position)
    )
    counted = {position: (joined, returned, blocked) for position, joined, returned, blocked in rows}
    friends_now = friend_lists.estimate_count(session, state=FriendState.FOLLOWING)
    return _with_friends(ons, counted, friends_now)


def by_source(session: Session, *, zone: ZoneInfo, last_on: date, count: int) -> list[SourceFigures]:
    """Return for each way of coming who joined and who blocked in these days, the busiest first."""
    start, stop = start_of(last_on - timedelta(days=count - 1), zone), start_of(last_on + timedelta(days=1), zone)
    rows = session.execute(
        select(FriendshipChange.tracked_link_id, _count(JOINED), _count(LEFT))
        .where(FriendshipChange.happened_at >= start, FriendshipChange.happened_at < stop)
        .group_by(FriendshipChange.tracked_link_id)
    ).all()
    links = {link.id: link for link in session.scalars(select(TrackedLink))}
    sources = [SourceFigures(links.get(link_id or 0), joined, blocked) for link_id, joined, blocked in rows]
    return sorted(sources, key=lambda source: (-source.joined, -source.blocked))


def start_of(on: date, zone: ZoneInfo) -> datetime:
    """Return the moment a day begins in a zone."""
    return datetime.combine(on, time.min, tzinfo=zone)


def _count(kinds: Sequence[FriendshipKind], *, returning: bool = False) -> ColumnElement[int]:
    condition: ColumnElement[bool] = FriendshipChange.kind.in_(kinds)
    if returning:
        condition = and_(condition, FriendshipChange.is_returning)
    return func.count().filter(condition)


def _with_friends(ons: Sequence[date], counted: dict[int, tuple[int, int, int]], friends_now: int) -> list[DayFigures]:
    """Walk back from today's number of friends through what each day brought and took."""
    figures: list[DayFigures] = []
    friends = friends_now
    for position in reversed(range(len(ons))):
        joined, returned, blocked = counted.get(position, (0, 0, 0))
        friends = max(0, friends - joined + blocked)
        figures.append(DayFigures(ons[position], joined, returned, blocked, friends))
    return figures[::-1]


def count_unanswered(session: Session) -> int:
    """Return how many people wait for an answer of staff's."""
    return session.scalar(select(func.count()).select_from(Friend).where(Friend.unanswered_at.is_not(None))) or 0


def last_webhook_at(session: Session) -> datetime | None:
    """Return when LINE last sent anything."""
    return session.scalar(select(func.max(WebhookEvent.received_at)))
