"""Who came through a link: told by LINE Login, joined to the follow before or after it."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.services import friends, link_arrivals, tags, tracked_links
from bot.services.audit import OPERATOR
from bot.services.login_trips import Trip, Visitor
from models import Friend, FriendProof, FriendshipChange, FriendState, FriendTag, LinkArrival, TagSource, TrackedLink
from tests.conftest import NOW

WHO = "U" + "1" * 32
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def make_link(db: Database, *tag_names: str) -> TrackedLink:
    with db.begin() as session:
        return tracked_links.create(session, name="門市海報", tags=tag_names, by=OPERATOR, now=NOW)


def arrive(
    db: Database,
    link: TrackedLink,
    *,
    opened_at: datetime = NOW,
    at: datetime | None = None,
    is_friend: bool | None = False,
    has_changed: bool | None = None,
) -> None:
    trip = Trip(str(link.id), "state", "nonce", "verifier", opened_at)
    with db.begin() as session:
        link_arrivals.record(session, trip, Visitor(WHO, is_friend, has_changed), now=at or opened_at + 20 * SECOND)


def follow_within(session: Session, at: datetime, *, is_unblocked: bool = False) -> dict[str, int]:
    friend = friends.lock(session, [WHO], now=at)[WHO]
    friends.follow(session, friend, at=at, is_unblocked=is_unblocked, now=at)
    return tracked_links.explain_follows(session, {WHO: at}, now=at)


def follow(db: Database, at: datetime, *, is_unblocked: bool = False) -> dict[str, int]:
    with db.begin() as session:
        return follow_within(session, at, is_unblocked=is_unblocked)


def unfollow(db: Database, at: datetime) -> None:
    with db.begin() as session:
        friends.unfollow(session, friends.lock(session, [WHO], now=at)[WHO], at=at)


def source(db: Database) -> int | None:
    with db() as session:
        return session.scalars(select(Friend.tracked_link_id)).one()


def sources_of_turns(db: Database) -> list[int | None]:
    with db() as session:
        query = select(FriendshipChange.tracked_link_id).order_by(FriendshipChange.happened_at)
        return list(session.scalars(query.where(FriendshipChange.kind == "followed")))


def joined(db: Database, link: TrackedLink) -> int:
    with db() as session:
        query = select(func.count()).where(LinkArrival.joined_at.is_not(None), LinkArrival.tracked_link_id == link.id)
        return session.scalars(query).one()


def test_a_follow_after_the_arrival_is_explained_by_it(db: Database) -> None:
    link = make_link(db)
    arrive(db, link)

    assert follow(db, NOW + HOUR) == {WHO: link.id}
    assert source(db) == link.id
    assert sources_of_turns(db) == [link.id]


def test_a_follow_heard_before_the_arrival_is_explained_at_once(db: Database) -> None:
    link = make_link(db)
    assert follow(db, NOW + 5 * SECOND) == {}

    arrive(db, link, is_friend=True, has_changed=True)
    assert source(db) == link.id
    assert sources_of_turns(db) == [link.id]
    assert joined(db, link) == 1


def test_a_follow_that_arrives_after_the_login_that_it_came_before_is_explained_too(db: Database) -> None:
    link = make_link(db)
    arrive(db, link, is_friend=True, has_changed=True)  # LINE Login knows it 20 seconds after the opening

    assert follow(db, NOW + 10 * SECOND) == {WHO: link.id}
    assert source(db) == link.id


def test_login_proves_a_friendship_nobody_told_us_of(db: Database) -> None:
    arrive(db, make_link(db), is_friend=True)

    with db() as session:
        friend = session.scalars(select(Friend)).one()
    assert (friend.state, friend.proof) == (FriendState.FOLLOWING, FriendProof.LOGIN)
    assert friend.tracked_link_id is None  # when it began is not known


def test_somebody_who_is_no_friend_becomes_none_by_logging_in(db: Database) -> None:
    arrive(db, make_link(db), is_friend=False)

    with db() as session:
        assert session.scalar(select(func.count()).select_from(Friend)) == 0


def test_a_returning_friend_has_the_link_as_the_source_of_the_new_friendship(db: Database) -> None:
    link = make_link(db)
    follow(db, NOW - 48 * HOUR)
    unfollow(db, NOW - 24 * HOUR)
    arrive(db, link)
    follow(db, NOW + HOUR, is_unblocked=True)

    assert source(db) == link.id
    assert sources_of_turns(db) == [None, link.id]


@pytest.mark.parametrize("has_changed", [None, False])
def test_a_friend_who_comes_by_has_not_joined_through_the_link(db: Database, has_changed: bool | None) -> None:
    link = make_link(db, "海報")
    follow(db, NOW - HOUR)
    arrive(db, link, is_friend=True, has_changed=has_changed)
    assert source(db) is None

    unfollow(db, NOW + HOUR)
    assert follow(db, NOW + 2 * HOUR, is_unblocked=True) == {}
    assert joined(db, link) == 0


def test_a_friend_we_never_heard_of_who_line_says_was_one_has_not_joined(db: Database) -> None:
    link = make_link(db)
    arrive(db, link, is_friend=True, has_changed=False)

    assert follow(db, NOW + HOUR, is_unblocked=True) == {}


def test_lines_word_that_the_friendship_began_outweighs_a_stale_roster(db: Database) -> None:
    link = make_link(db)
    follow(db, NOW - HOUR)  # the block between was never heard of
    arrive(db, link, is_friend=True, has_changed=True)

    assert follow(db, NOW + 10 * SECOND, is_unblocked=True) == {WHO: link.id}


def test_an_arrival_waits_a_day_and_no_longer(db: Database) -> None:
    link = make_link(db)
    arrive(db, link)

    with db() as session:
        assert link_arrivals.explain_follow(session, WHO, NOW + 24 * HOUR) is None
    assert follow(db, NOW + 24 * HOUR - SECOND) == {WHO: link.id}


def test_a_follow_before_the_opening_is_not_explained(db: Database) -> None:
    arrive(db, make_link(db))

    assert follow(db, NOW - SECOND) == {}


def test_the_newest_of_two_links_explains_and_the_older_explains_nothing_later(db: Database) -> None:
    first, second = make_link(db), make_link(db)
    arrive(db, first)
    arrive(db, second, opened_at=NOW + HOUR)

    assert follow(db, NOW + 2 * HOUR) == {WHO: second.id}
    unfollow(db, NOW + 3 * HOUR)
    assert follow(db, NOW + 4 * HOUR) == {}
    assert source(db) is None
    assert (joined(db, first), joined(db, second)) == (0, 1)


def test_a_second_link_does_not_take_a_friendship_the_first_explained(db: Database) -> None:
    first, second = make_link(db), make_link(db)
    arrive(db, first)
    follow(db, NOW + HOUR)
    arrive(db, second, opened_at=NOW + 30 * 60 * SECOND, at=NOW + 2 * HOUR, is_friend=True, has_changed=False)

    assert source(db) == first.id


def test_the_same_follow_asked_for_twice_has_the_same_answer(db: Database) -> None:
    link = make_link(db)
    arrive(db, link)
    follow(db, NOW + HOUR)

    with db.begin() as session:
        assert tracked_links.explain_follow(session, WHO, NOW + HOUR) == link.id
    assert joined(db, link) == 1


def test_the_same_trip_arriving_twice_is_one_arrival(db: Database) -> None:
    link = make_link(db)
    arrive(db, link)
    arrive(db, link, at=NOW + HOUR, is_friend=True)

    with db() as session:
        assert session.scalar(select(func.count()).select_from(LinkArrival)) == 1


def test_a_friendship_line_did_not_tell_of_still_waits_for_its_follow(db: Database) -> None:
    link = make_link(db)
    arrive(db, link, is_friend=None)

    assert follow(db, NOW + HOUR) == {WHO: link.id}


@pytest.mark.parametrize("follow_first", [True, False])
def test_whoever_joins_gets_the_links_tags(db: Database, follow_first: bool) -> None:
    link = make_link(db, "信義店", "海報")
    if follow_first:
        follow(db, NOW + SECOND)
    arrive(db, link, is_friend=follow_first, has_changed=follow_first)
    if not follow_first:
        follow(db, NOW + HOUR)

    with db() as session:
        friend_tags = tags.tags_of(session, session.scalars(select(Friend.id)).one(), now=NOW)
        assert {one.tag.name for one in friend_tags} == {"信義店", "海報"}
        assert {(one.source, one.source_id) for one in friend_tags} == {(TagSource.LINK, link.id)}


def test_a_friend_who_only_comes_by_gets_no_tags(db: Database) -> None:
    follow(db, NOW - HOUR)
    arrive(db, make_link(db, "海報"), is_friend=True)

    with db() as session:
        assert session.scalar(select(func.count()).select_from(FriendTag)) == 0


def test_a_follow_and_an_arrival_at_the_same_moment_always_find_each_other(db: Database) -> None:
    for round_number in range(15):
        link, opened_at = make_link(db), NOW + round_number * 48 * HOUR
        start = threading.Barrier(2)

        def hear_follow(at: datetime = opened_at + 5 * SECOND, start: threading.Barrier = start) -> None:
            start.wait()
            follow(db, at)

        hearing = threading.Thread(target=hear_follow)
        hearing.start()
        start.wait()
        arrive(db, link, opened_at=opened_at, is_friend=True, has_changed=True)
        hearing.join()
        assert source(db) == link.id
        unfollow(db, opened_at + 2 * HOUR)


def test_follows_without_arrivals_cost_one_question(db: Database) -> None:
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _cursor, statement, *_rest: asked.append(statement))
    with db.begin() as session:
        people = {f"U{number}": NOW for number in range(50)}
        assert tracked_links.explain_follows(session, people, now=NOW) == {}

    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 1


def test_strangers_are_forgotten_after_a_week_and_those_who_joined_are_not(db: Database) -> None:
    link = make_link(db)
    arrive(db, link)
    follow(db, NOW + HOUR)
    arrive(db, link, opened_at=NOW + 2 * HOUR)  # explained nothing

    with db.begin() as session:
        assert tracked_links.forget_strangers(session, now=NOW + timedelta(days=7)) == 0
        assert tracked_links.forget_strangers(session, now=NOW + timedelta(days=8)) == 1
    assert joined(db, link) == 1
