"""LINE's follower list and the roster become one, in both directions."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.database import Database
from bot.errors import GatewayError, GatewayRefusedError
from bot.gateways.line import FollowerPage
from bot.services import friends, roster_imports, rosters
from bot.services.audit import OPERATOR
from models import Account, Friend, FriendProof, FriendshipChange, FriendshipKind, FriendState, RosterSync, SyncState
from tests.conftest import NOW
from tests.factories import later, make_friend
from tests.fakes import FakeLine
from tests.line_events import user


class Ticking:
    """A clock that moves a second with every look."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):  # type: ignore[no-untyped-def]
        self.now += timedelta(seconds=1)
        return self.now


def states(db: Database) -> dict[str, FriendState]:
    with db() as session:
        return {friend.line_user_id: friend.state for friend in session.scalars(select(Friend))}


def sync(db: Database, line: FakeLine) -> SyncState:
    with db.begin() as session:
        rosters.start(session, now=later(minutes=1))
    walked = rosters.run(db, line, now=lambda: later(minutes=2))
    assert walked is not None
    return walked.state


def test_the_list_adds_whom_we_did_not_know_and_drops_who_is_missing(db: Database) -> None:
    with db.begin() as session:
        make_friend(session, 1)
        make_friend(session, 2, state=FriendState.NOT_FOLLOWING, proof=FriendProof.UNFOLLOW_EVENT)
        make_friend(session, 3)
    line = FakeLine()
    line.pages = {None: FollowerPage([user(1)], "p2"), "p2": FollowerPage([user(2), user(4)], None)}

    assert sync(db, line) is SyncState.DONE

    assert states(db) == {
        user(1): FriendState.FOLLOWING,
        user(2): FriendState.FOLLOWING,
        user(3): FriendState.NOT_FOLLOWING,
        user(4): FriendState.FOLLOWING,
    }
    with db() as session:
        changes = {(change.friend_id, change.kind) for change in session.scalars(select(FriendshipChange))}
        ids = {friend.line_user_id: friend.id for friend in session.scalars(select(Friend))}
        assert session.get_one(Account, 1).may_list_followers is True
    assert changes == {
        (ids[user(2)], FriendshipKind.LISTED),
        (ids[user(4)], FriendshipKind.LISTED),
        (ids[user(3)], FriendshipKind.MISSING),
    }


def test_an_unfollow_newer_than_the_request_for_the_page_stands(db: Database) -> None:
    with db.begin() as session:
        blocked_at = later(minutes=3)
        friend = make_friend(session, 1, state=FriendState.NOT_FOLLOWING, proof=FriendProof.UNFOLLOW_EVENT)
        friend.state_at = friend.unfollowed_at = blocked_at
    line = FakeLine()
    line.pages = {None: FollowerPage([user(1)], None)}
    sync(db, line)
    assert states(db) == {user(1): FriendState.NOT_FOLLOWING}


def test_a_follow_since_the_listing_began_is_not_undone_by_a_page_that_lacks_it(db: Database) -> None:
    with db.begin() as session:
        make_friend(session, 1, state_at=later(minutes=1, seconds=1))
    line = FakeLine()
    line.pages = {None: FollowerPage([], None)}
    sync(db, line)
    assert states(db) == {user(1): FriendState.FOLLOWING}


def test_a_walk_that_broke_off_goes_on_at_its_cursor(db: Database) -> None:
    line = FakeLine()
    line.pages = {None: FollowerPage([user(1)], "p2"), "p2": FollowerPage([user(2)], None)}
    with db.begin() as session:
        rosters.start(session, now=NOW)
    clock = Ticking()
    rosters.run(db, line, now=clock, until=NOW)  # time for one page only
    assert line.asked_for == [None]

    with db.begin() as session:
        rosters.start(session, now=later(minutes=1))
    walked = rosters.run(db, line, now=clock)

    assert line.asked_for == [None, "p2"]
    assert walked is not None
    assert (walked.state, walked.listed, walked.found) == (SyncState.DONE, 2, 2)


def test_two_processes_do_not_walk_at_the_same_time(db: Database) -> None:
    line = FakeLine()
    line.pages = {None: FollowerPage([user(1)], None)}
    with db.begin() as session:
        rosters.start(session, now=NOW).lease_until = later(minutes=1)
    assert rosters.run(db, line, now=lambda: NOW) is None
    assert line.asked_for == []


def test_an_account_that_may_not_list_says_so_and_changes_nobody(db: Database) -> None:
    with db.begin() as session:
        make_friend(session, 1)
    line = FakeLine()
    line.pages = {None: GatewayRefusedError("Access to this API is not available for your account", status=403)}

    assert sync(db, line) is SyncState.REFUSED

    assert states(db) == {user(1): FriendState.FOLLOWING}
    with db() as session:
        assert session.get_one(Account, 1).may_list_followers is False


def test_a_page_that_does_not_come_loses_nobody(db: Database) -> None:
    with db.begin() as session:
        make_friend(session, 1)
    line = FakeLine()
    line.pages = {None: FollowerPage([], "p2"), "p2": GatewayError("逾時")}
    assert sync(db, line) is SyncState.LISTING
    assert states(db) == {user(1): FriendState.FOLLOWING}


def test_after_a_page_that_did_not_come_the_walk_rests_and_goes_on_at_its_cursor(db: Database) -> None:
    line = FakeLine()
    line.pages = {None: FollowerPage([user(1)], "p2"), "p2": GatewayError("逾時")}
    sync(db, line)
    assert rosters.run(db, line, now=lambda: later(minutes=2, seconds=59)) is None
    assert line.asked_for == [None, "p2"]

    line.pages["p2"] = FollowerPage([user(2)], None)
    walked = rosters.run(db, line, now=lambda: later(minutes=3))
    assert line.asked_for == [None, "p2", "p2"]
    assert walked is not None
    assert (walked.state, walked.listed, walked.error) == (SyncState.DONE, 2, None)


def test_whoever_begins_a_resting_walk_anew_need_not_wait(db: Database) -> None:
    line = FakeLine()
    line.pages = {None: FollowerPage([user(1)], "p2"), "p2": GatewayError("逾時")}
    sync(db, line)
    line.pages["p2"] = FollowerPage([], None)
    assert sync(db, line) is SyncState.DONE
    assert line.asked_for == [None, "p2", "p2"]


def test_a_walk_ends_as_failed_once_its_cursor_is_dead(db: Database) -> None:
    line = FakeLine()
    line.pages = {None: GatewayError("逾時")}
    sync(db, line)
    walked = rosters.run(db, line, now=lambda: later(hours=24))
    assert walked is not None
    assert (walked.state, line.asked_for) == (SyncState.FAILED, [None])


def test_an_unfollow_just_before_the_request_by_lines_clock_stands(db: Database) -> None:
    with db.begin() as session:
        friend = make_friend(session, 1, state=FriendState.NOT_FOLLOWING, proof=FriendProof.UNFOLLOW_EVENT)
        friend.state_at = friend.unfollowed_at = later(minutes=2) - timedelta(seconds=5)
        make_friend(session, 2, state_at=later(minutes=1) - timedelta(seconds=5))
    line = FakeLine()
    line.pages = {None: FollowerPage([user(1)], None)}
    sync(db, line)
    assert states(db) == {user(1): FriendState.NOT_FOLLOWING, user(2): FriendState.FOLLOWING}


class StallingLine(FakeLine):
    """A LINE whose answer comes when another process has long taken the walk over."""

    def __init__(self, db: Database) -> None:
        super().__init__()
        self.db = db

    def list_followers(self, cursor: str | None) -> FollowerPage:
        page = super().list_followers(cursor)
        if cursor is None:
            with self.db.begin() as session:
                walk = session.scalars(select(RosterSync)).one()
                walk.lease_until, walk.cursor, walk.listed = later(minutes=9), "p3", 2
        return page


def test_a_walk_taken_over_is_left_to_whoever_has_it(db: Database) -> None:
    line = StallingLine(db)
    line.pages = {None: FollowerPage([user(1)], "p2")}
    sync(db, line)
    with db() as session:
        walk = session.scalars(select(RosterSync)).one()
        assert (walk.cursor, walk.listed, walk.lease_until) == ("p3", 2, later(minutes=9))


@pytest.mark.parametrize("task", ["page", "import"])
def test_a_page_or_an_import_and_an_event_of_the_same_people_do_not_wait_in_a_circle(db: Database, task: str) -> None:
    with db.begin() as session:
        make_friend(session, 2)
    line = FakeLine()
    line.pages = {None: FollowerPage([user(1), user(2)], None)}
    with ThreadPoolExecutor(1) as pool:
        with db.begin() as session:
            friends.lock(session, [user(2)], now=NOW)
            if task == "page":
                other: Future[object] = pool.submit(sync, db, line)
            else:
                other = pool.submit(roster_imports.import_ids, db, [user(1), user(2)], by=OPERATOR, now=NOW)
            time.sleep(0.5)
            friends.lock(session, [user(1), user(2)], now=NOW)
        other.result(timeout=30)
    assert set(states(db)) == {user(1), user(2)}


def test_the_daily_walk_begins_once_a_day_and_rests_a_week_after_a_refusal(db: Database) -> None:
    with db.begin() as session:
        first = rosters.start_daily(session, now=NOW)
        assert first is not None
        first.state = SyncState.DONE
        assert rosters.start_daily(session, now=later(hours=23)) is None
        second = rosters.start_daily(session, now=later(hours=25))
        assert second is not None
        second.state = SyncState.REFUSED
        assert rosters.start_daily(session, now=later(days=3)) is None
        assert rosters.start_daily(session, now=later(days=9)) is not None
