"""People who came through a tracked link and told LINE Login who they are; the follows that this explains."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.services import friends, login_trips, tags
from bot.services.login_trips import Trip, Visitor
from models import Friend, FriendshipChange, FriendshipKind, FriendState, LinkArrival, TagSource, TrackedLink

WAIT = timedelta(hours=24)  # how long after its opening a link may explain a follow
SLICE = 2_000
KEPT = timedelta(days=7)  # events may be handled late; nobody needs to know of strangers for longer


def set_out(link: TrackedLink, *, now: datetime) -> Trip:
    """Begin a trip from a link through LINE Login."""
    return login_trips.set_out(str(link.id), now=now)


def record(session: Session, trip: Trip, visitor: Visitor, *, now: datetime) -> None:
    """Keep an arrival and what LINE said of the friendship; a repeat changes nothing.

    If the present friendship began after the link was opened, the link is its source at once. Otherwise the arrival
    waits for the follow event, unless the person was a friend before.
    """
    query = select(Friend).where(Friend.line_user_id == visitor.line_user_id).with_for_update()
    friend = session.scalar(query)
    was_following = friend is not None and friend.state is FriendState.FOLLOWING
    if visitor.is_friend:
        friend = friends.prove_by_login(session, visitor.line_user_id, is_friend=True, at=now, now=now)
    followed_at = None if friend is None else friend.followed_at
    has_joined = followed_at is not None and followed_at >= trip.opened_at
    was_friend = not has_joined and _was_friend(visitor, was_following=was_following)
    if not _insert(
        session, trip, visitor, joined_at=followed_at if has_joined else None, was_friend=was_friend, now=now
    ):
        return
    if friend is not None and followed_at is not None and has_joined and friend.tracked_link_id is None:
        who = friend.line_user_id
        credit(session, {who: int(trip.goal)}, {who: followed_at}, now=now)


def _was_friend(visitor: Visitor, *, was_following: bool) -> bool:
    """Whether a friend came by, whose friendship is older than the opening."""
    if not visitor.is_friend:
        return False
    return was_following if visitor.has_changed is None else not visitor.has_changed


def _insert(
    session: Session, trip: Trip, visitor: Visitor, *, joined_at: datetime | None, was_friend: bool, now: datetime
) -> bool:
    """Keep the arrival; False if this trip arrived before."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(LinkArrival).values(
        tracked_link_id=int(trip.goal),
        line_user_id=visitor.line_user_id,
        opened_at=trip.opened_at,
        arrived_at=now,
        was_friend=was_friend,
        joined_at=joined_at,
    )
    return session.scalar(row.on_conflict_do_nothing().returning(LinkArrival.id)) is not None


def explain_follow(session: Session, line_user_id: str, followed_at: datetime) -> int | None:
    """Return the id of the link through which this follow came, if a known person had opened one. See below."""
    return explain_follows(session, {line_user_id: followed_at}, now=followed_at).get(line_user_id)


def explain_follows(session: Session, follows: Mapping[str, datetime], *, now: datetime) -> dict[str, int]:
    """Return through which link each of these follows came, where that is known, and write it down.

    A follow is explained by the newest arrival that opened a link in the 24 hours before it; each arrival explains
    one follow. The friends' rows are locked by the caller, their rows and changes are already in the session.
    """
    if not follows:
        return {}
    query = select(LinkArrival).where(
        LinkArrival.line_user_id.in_(follows),
        LinkArrival.was_friend.is_(False),
        LinkArrival.opened_at > min(follows.values()) - WAIT,
        LinkArrival.opened_at <= max(follows.values()),
    )
    newest: dict[str, LinkArrival] = {}
    for arrival in session.scalars(query.order_by(LinkArrival.opened_at, LinkArrival.id)):
        followed_at = follows[arrival.line_user_id]
        if followed_at - WAIT < arrival.opened_at <= followed_at:
            newest[arrival.line_user_id] = arrival
    explained = {who: one for who, one in newest.items() if one.joined_at in (None, follows[who])}
    for line_user_id, arrival in explained.items():
        arrival.joined_at = follows[line_user_id]
    joined = {line_user_id: arrival.tracked_link_id for line_user_id, arrival in explained.items()}
    if joined:
        credit(session, joined, follows, now=now)
    return joined


def credit(session: Session, joined: Mapping[str, int], follows: Mapping[str, datetime], *, now: datetime) -> None:
    """Name the link as the source of friends and of the turns that made them friends, and put its tags on them."""
    friends = {friend.id: friend for friend in session.scalars(select(Friend).where(Friend.line_user_id.in_(joined)))}
    turns = select(FriendshipChange).where(
        FriendshipChange.friend_id.in_(friends),
        FriendshipChange.kind == FriendshipKind.FOLLOWED,
        FriendshipChange.happened_at.in_({follows[who] for who in joined}),
    )
    for turn in session.scalars(turns):
        who = friends[turn.friend_id].line_user_id
        if turn.happened_at == follows[who]:
            turn.tracked_link_id = joined[who]
    for friend in friends.values():
        if friend.followed_at == follows[friend.line_user_id]:
            friend.tracked_link_id = joined[friend.line_user_id]
    for link in session.scalars(select(TrackedLink).where(TrackedLink.id.in_(set(joined.values())))):
        came = [friend.id for friend in friends.values() if joined[friend.line_user_id] == link.id]
        tags.put(session, came, link.tags, source=TagSource.LINK, source_id=link.id, now=now)


def forget_strangers(session: Session, *, now: datetime) -> int:
    """Delete arrivals that explained nothing and are too old to, a slice of them; returns how many."""
    old = select(LinkArrival.id).where(is_of_stranger(now)).limit(SLICE)
    gone = delete(LinkArrival).where(LinkArrival.id.in_(old)).returning(LinkArrival.id)
    return len(session.scalars(gone).all())


def is_of_stranger(now: datetime) -> ColumnElement[bool]:
    """The condition for an arrival that explained nothing and is too old to."""
    return LinkArrival.joined_at.is_(None) & (LinkArrival.opened_at < now - KEPT)
