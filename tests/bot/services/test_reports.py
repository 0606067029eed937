"""Numbers by day and by way of coming."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from bot.database import Database
from bot.services import reports, tracked_links
from bot.services.audit import OPERATOR
from models import Friend, FriendshipChange, FriendshipKind, FriendState
from tests.conftest import NOW
from tests.factories import make_friend

TAIPEI = ZoneInfo("Asia/Taipei")
TODAY = date(2026, 11, 20)


def change(session: Session, friend: Friend, kind: FriendshipKind, at: datetime, **columns: object) -> None:
    session.add(FriendshipChange(friend_id=friend.id, kind=kind, happened_at=at, **columns))


def test_days_are_cut_in_the_accounts_time_zone(db: Database) -> None:
    midnight = datetime(2026, 11, 19, 16, 0, tzinfo=UTC)  # the 20th begins in Taipei
    with db.begin() as session:
        friend = make_friend(session)
        change(session, friend, FriendshipKind.FOLLOWED, midnight - timedelta(seconds=1))
        change(session, friend, FriendshipKind.UNFOLLOWED, midnight)
        change(session, friend, FriendshipKind.FOLLOWED, midnight + timedelta(hours=1), is_returning=True)
    with db() as session:
        yesterday, today = reports.days(session, zone=TAIPEI, last_on=TODAY, count=2)
    assert (yesterday.on, yesterday.joined, yesterday.blocked) == (date(2026, 11, 19), 1, 0)
    assert (today.joined, today.returned, today.blocked) == (1, 1, 1)


def test_a_day_of_a_clock_change_has_its_own_length(db: Database) -> None:
    zone = ZoneInfo("America/New_York")
    with db.begin() as session:
        friend = make_friend(session)
        change(session, friend, FriendshipKind.FOLLOWED, datetime(2026, 11, 2, 4, 30, tzinfo=UTC))  # 23:30 on the 1st
    with db() as session:
        first, second = reports.days(session, zone=zone, last_on=date(2026, 11, 2), count=2)
    assert (first.joined, second.joined) == (1, 0)


def test_the_block_rate_of_a_day_is_over_those_who_could_block(db: Database) -> None:
    with db.begin() as session:
        for _ in range(9):
            make_friend(session)
        gone = make_friend(session, state=FriendState.NOT_FOLLOWING)
        change(session, gone, FriendshipKind.UNFOLLOWED, NOW)
    with db() as session:
        (today,) = reports.days(session, zone=TAIPEI, last_on=TODAY, count=1)
    assert today.friends_before == 10
    assert today.block_rate == pytest.approx(0.1)


def test_a_rate_nobody_can_know_is_none(db: Database) -> None:
    with db() as session:
        (today,) = reports.days(session, zone=TAIPEI, last_on=TODAY, count=1)
    assert today.block_rate is None


def test_block_rates_stand_by_the_way_of_coming(db: Database) -> None:
    with db.begin() as session:
        link = tracked_links.create(session, name="海報", by=OPERATOR, now=NOW)
        for _ in range(4):
            friend = make_friend(session, tracked_link_id=link.id)
            change(session, friend, FriendshipKind.FOLLOWED, NOW, tracked_link_id=link.id)
        change(session, friend, FriendshipKind.UNFOLLOWED, NOW, tracked_link_id=link.id)
        change(session, make_friend(session), FriendshipKind.LISTED, NOW)
    with db() as session:
        poster, other = reports.by_source(session, zone=TAIPEI, last_on=TODAY, count=7)
    assert poster.link is not None
    assert (poster.link.name, poster.joined, poster.blocked, poster.block_rate) == ("海報", 4, 1, 0.25)
    assert (other.link, other.joined, other.block_rate) == (None, 1, 0.0)
