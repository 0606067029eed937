"""Whoever a friend brings counts once: told by LINE Login and the follow, in any order, at the same time, again."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event, func, select

from bot.database import Database
from bot.services import friends, invitations, tags
from models import Friend, FriendState, Referral, RewardPromise, TagSource
from tests.conftest import NOW
from tests.factories import make_friend, make_tag
from tests.line_events import user
from tests.referral_acts import arrive, brought, fates, follow, invite, make_program, unfollow

WHO = user(1)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def tags_on(db: Database, friend_id: int) -> dict[str, str | None]:
    with db() as session:
        worn = tags.tags_of(session, friend_id, now=NOW)
        assert {one.source for one in worn} <= {TagSource.REFERRAL}
        return {one.tag.name: one.source_detail for one in worn}


def promises(db: Database) -> list[tuple[int, str, dict[str, object]]]:
    with db() as session:
        rows = session.scalars(select(RewardPromise).order_by(RewardPromise.id))
        return [(row.friend_id, row.cause_key, row.reward) for row in rows]


def together(*acts: Callable[[], object]) -> None:
    """Do everything at once; what one raises fails the test."""
    start, failed = threading.Barrier(len(acts)), []

    def perform(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001 shown by the assertion
            failed.append(error)

    threads = [threading.Thread(target=perform, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_a_stranger_who_follows_after_the_login_counts_once(db: Database) -> None:
    invitation = invite(db, make_program(db))
    arrive(db, invitation, WHO)
    assert fates(db, WHO) == [(invitation.id, "waiting", None)]

    assert follow(db, WHO, at=NOW + HOUR) == 1
    assert fates(db, WHO) == [(invitation.id, "counted", None)]
    assert brought(db, invitation) == 1


def test_a_follow_heard_before_the_login_counts_at_once(db: Database) -> None:
    invitation = invite(db, make_program(db))
    assert follow(db, WHO, at=NOW + 5 * SECOND) == 0

    arrive(db, invitation, WHO, at=NOW + 20 * SECOND, is_friend=True, has_changed=True)
    assert fates(db, WHO) == [(invitation.id, "counted", None)]
    assert brought(db, invitation) == 1


def test_a_friendship_that_began_on_lines_page_waits_for_its_follow(db: Database) -> None:
    invitation = invite(db, make_program(db))
    arrive(db, invitation, WHO, at=NOW + 20 * SECOND, is_friend=True, has_changed=True)
    assert brought(db, invitation) == 0

    assert follow(db, WHO, at=NOW + 10 * SECOND) == 1


def test_the_same_follow_and_the_same_login_again_change_nothing(db: Database) -> None:
    invitation = invite(db, make_program(db, steps=[{"friends": 1, "reward": {"points": 10}}]))
    for _ in range(3):
        arrive(db, invitation, WHO)
        follow(db, WHO, at=NOW + HOUR)

    assert brought(db, invitation) == 1
    assert len(promises(db)) == 1


def test_leaving_and_coming_back_counts_no_second_time(db: Database) -> None:
    first, second = (invite(db, program) for program in [make_program(db)] * 2)
    arrive(db, first, WHO)
    follow(db, WHO, at=NOW + HOUR)
    unfollow(db, WHO, at=NOW + 2 * HOUR)
    arrive(db, second, WHO, opened_at=NOW + 3 * HOUR)
    follow(db, WHO, at=NOW + 4 * HOUR, is_unblocked=True)

    assert (brought(db, first), brought(db, second)) == (1, 0)
    assert fates(db, WHO) == [(first.id, "counted", None), (second.id, "refused", "was_friend")]


def test_of_two_invitations_the_one_opened_first_counts(db: Database) -> None:
    program = make_program(db)
    first, second = invite(db, program), invite(db, program)
    arrive(db, second, WHO, opened_at=NOW + HOUR)
    arrive(db, first, WHO, opened_at=NOW)
    follow(db, WHO, at=NOW + 2 * HOUR)

    assert (brought(db, first), brought(db, second)) == (1, 0)
    assert sorted(fates(db, WHO)) == [(first.id, "counted", None), (second.id, "refused", "other_invitation")]


def test_an_invitation_whose_login_is_heard_after_the_counting_comes_second(db: Database) -> None:
    program = make_program(db)
    first, second = invite(db, program), invite(db, program)
    arrive(db, second, WHO, opened_at=NOW + HOUR)
    follow(db, WHO, at=NOW + 2 * HOUR)
    arrive(db, first, WHO, opened_at=NOW, at=NOW + 3 * HOUR)

    assert (brought(db, first), brought(db, second)) == (0, 1)
    assert fates(db, WHO)[1] == (first.id, "refused", "other_invitation")


def test_two_programmes_count_the_same_person_each(db: Database) -> None:
    ones = [invite(db, make_program(db, name=name)) for name in ("夏天", "秋天")]
    for invitation in ones:
        arrive(db, invitation, WHO)
    follow(db, WHO, at=NOW + HOUR)

    assert [brought(db, invitation) for invitation in ones] == [1, 1]


def test_the_own_link_brings_nobody(db: Database) -> None:
    program = make_program(db)
    with db.begin() as session:
        inviter = make_friend(session, 7)
    invitation = invite(db, program, inviter)
    arrive(db, invitation, user(7), is_friend=True, has_changed=False)

    assert fates(db, user(7)) == [(invitation.id, "refused", "own_link")]


@pytest.mark.parametrize("has_changed", [None, False])
def test_somebody_line_login_finds_to_be_a_friend_does_not_count(db: Database, has_changed: bool | None) -> None:
    invitation = invite(db, make_program(db))
    arrive(db, invitation, WHO, is_friend=True, has_changed=has_changed)
    follow(db, WHO, at=NOW + HOUR)

    assert fates(db, WHO) == [(invitation.id, "refused", "was_friend")]
    assert brought(db, invitation) == 0


def test_whoever_unblocks_was_a_friend_even_if_nobody_here_knew(db: Database) -> None:
    invitation = invite(db, make_program(db))
    arrive(db, invitation, WHO, is_friend=True, has_changed=True)
    follow(db, WHO, at=NOW + SECOND, is_unblocked=True)

    assert fates(db, WHO) == [(invitation.id, "refused", "was_friend")]


@pytest.mark.parametrize("is_friend, has_changed", [(False, None), (True, True), (None, None)])
def test_an_old_friend_who_left_does_not_count(db: Database, is_friend: bool | None, has_changed: bool | None) -> None:
    follow(db, WHO, at=NOW - 48 * HOUR)
    unfollow(db, WHO, at=NOW - 24 * HOUR)
    invitation = invite(db, make_program(db))
    arrive(db, invitation, WHO, is_friend=is_friend, has_changed=has_changed)
    follow(db, WHO, at=NOW + HOUR)

    assert fates(db, WHO) == [(invitation.id, "refused", "was_friend")]


@pytest.mark.parametrize(
    "columns",
    [
        {"state": FriendState.FOLLOWING, "state_at": NOW - DAY, "first_followed_at": None, "followed_at": None},
        {"state": FriendState.UNKNOWN, "state_at": None, "first_followed_at": None, "imported_at": NOW - DAY},
    ],
)
def test_whoever_stood_on_a_list_of_friends_does_not_count(db: Database, columns: dict[str, Any]) -> None:
    with db.begin() as session:
        make_friend(session, 1, **columns)
    invitation = invite(db, make_program(db))
    arrive(db, invitation, WHO, is_friend=True, has_changed=True)
    follow(db, WHO, at=NOW + HOUR)

    assert fates(db, WHO) == [(invitation.id, "refused", "was_friend")]


def test_somebody_who_only_wrote_to_the_account_was_no_friend(db: Database) -> None:
    with db.begin() as session:
        friends.lock(session, [WHO], now=NOW - DAY)
    invitation = invite(db, make_program(db))
    arrive(db, invitation, WHO)

    assert follow(db, WHO, at=NOW + HOUR) == 1


def test_a_follow_a_day_later_is_too_late_and_another_opening_makes_it_count(db: Database) -> None:
    program = make_program(db)
    late, again = invite(db, program), invite(db, program)
    arrive(db, late, user(1))
    follow(db, user(1), at=NOW + 24 * HOUR)
    arrive(db, again, user(2))
    arrive(db, again, user(2), opened_at=NOW + 30 * HOUR)
    follow(db, user(2), at=NOW + 40 * HOUR)

    assert fates(db, user(1)) == [(late.id, "refused", "too_late")]
    assert brought(db, again) == 1


def test_a_follow_outside_the_period_does_not_count(db: Database) -> None:
    invitation = invite(db, make_program(db, active_until=NOW + HOUR))
    arrive(db, invitation, user(1))
    arrive(db, invitation, user(2))
    follow(db, user(1), at=NOW + HOUR - SECOND)
    follow(db, user(2), at=NOW + HOUR)

    assert brought(db, invitation) == 1
    assert fates(db, user(2)) == [(invitation.id, "refused", "outside_period")]


def test_both_sides_get_their_tags_and_steps_are_promised_once(db: Database) -> None:
    with db.begin() as session:
        names = ("帶來好友", "被邀請", "三人達成")
        bringer, comer, three = (make_tag(session, name).id for name in names)
    steps = [{"friends": 1, "reward": {"points": 10}}, {"friends": 3, "tags": [three], "reward": {"text": "小禮物"}}]
    program = make_program(db, inviter_tags=[bringer], invited_tags=[comer], steps=steps)
    invitation = invite(db, program)
    for number in range(1, 6):
        arrive(db, invitation, user(number))
        follow(db, user(number), at=NOW + HOUR)
        assert len(promises(db)) == (1 if number < 3 else 2)

    inviter = invitation.friend_id
    assert promises(db) == [
        (inviter, f"referral:{program.id}:{inviter}:1", {"points": 10}),
        (inviter, f"referral:{program.id}:{inviter}:3", {"text": "小禮物"}),
    ]
    assert tags_on(db, inviter) == {"帶來好友": "inviter", "三人達成": "step:3"}
    with db() as session:
        invited = session.scalars(select(Friend.id).where(Friend.line_user_id == user(5))).one()
    assert tags_on(db, invited) == {"被邀請": "invited"}


def test_fifty_invited_who_follow_at_once_count_as_fifty(db: Database) -> None:
    invitation = invite(db, make_program(db, steps=[{"friends": n, "reward": {"points": n}} for n in (10, 25, 50)]))
    people = [user(number) for number in range(1, 51)]
    for who in people:
        arrive(db, invitation, who)

    together(*(lambda start=start: follow(db, *people[start : start + 5], at=NOW + HOUR) for start in range(0, 50, 5)))
    assert brought(db, invitation) == 50
    assert [key.rpartition(":")[2] for _, key, _ in promises(db)] == ["10", "25", "50"]


def test_inviters_may_write_while_those_they_brought_follow(db: Database) -> None:
    """A batch holds the inviter's own row while another counts for the inviter's invitation."""
    program = make_program(db, inviter_tags=["帶來好友"])
    with db.begin() as session:
        inviters = [make_friend(session, 900 + number) for number in range(4)]
    ours = [invite(db, program, inviter) for inviter in inviters]
    people = {number: [user(100 * number + one) for one in range(1, 7)] for number in range(4)}
    for number, invitation in enumerate(ours):
        for who in people[number]:
            arrive(db, invitation, who)

    def batch(number: int) -> None:
        """Inviter `number` writes; people brought by all four follow."""
        coming = [people[one][number] for one in range(4)]
        with db.begin() as session:
            rows = friends.lock(session, [*coming, inviters[number].line_user_id], now=NOW)
            for who in coming:
                friends.follow(session, rows[who], at=NOW + HOUR, is_unblocked=False, now=NOW + HOUR)
            rows[inviters[number].line_user_id].last_contact_at = NOW
            session.flush()
            invitations.count_follows(session, dict.fromkeys(coming, NOW + HOUR), now=NOW + HOUR)

    together(*(lambda number=number: batch(number) for number in range(4)))
    assert [brought(db, invitation) for invitation in ours] == [4, 4, 4, 4]


def test_a_follow_and_two_logins_at_the_same_moment_count_once(db: Database) -> None:
    program = make_program(db)
    for number in range(1, 13):
        first, second = invite(db, program), invite(db, program)
        who = user(number)
        came: dict[str, Any] = {"is_friend": True, "has_changed": True}
        together(
            partial(follow, db, who, at=NOW + 5 * SECOND),
            partial(arrive, db, first, who, **came),
            partial(arrive, db, second, who, opened_at=NOW + SECOND, **came),
        )
        assert brought(db, first) + brought(db, second) == 1
        assert sorted(state for _, state, _ in fates(db, who)) == ["counted", "refused"]


def test_whoever_missed_each_other_is_found_by_the_next_look(db: Database) -> None:
    invitation = invite(db, make_program(db))
    arrive(db, invitation, WHO)
    with db.begin() as session:  # a follow that did not see the arrival
        friends.follow(
            session, friends.lock(session, [WHO], now=NOW)[WHO], at=NOW + SECOND, is_unblocked=False, now=NOW
        )

    assert invitations.settle(db, now=NOW + HOUR) == 1
    assert invitations.settle(db, now=NOW + HOUR) == 0
    assert brought(db, invitation) == 1


def test_strangers_become_a_number_after_a_week(db: Database) -> None:
    invitation = invite(db, make_program(db))
    arrive(db, invitation, user(1))
    arrive(db, invitation, user(2))
    assert invitations.settle(db, now=NOW + 7 * DAY) == 0
    assert invitations.settle(db, now=NOW + 7 * DAY + SECOND) == 2

    with db() as session:
        rows = session.execute(select(Referral.line_user_id, Referral.state, Referral.reason)).all()
    assert {(who, str(state), str(reason)) for who, state, reason in rows} == {(None, "refused", "not_joined")}
    arrive(db, invitation, user(1), opened_at=NOW + 8 * DAY)
    assert follow(db, user(1), at=NOW + 8 * DAY + HOUR) == 1


def test_follows_of_people_nobody_invited_cost_one_question(db: Database) -> None:
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _cursor, statement, *_rest: asked.append(statement))
    with db.begin() as session:
        assert invitations.count_follows(session, {user(number): NOW for number in range(50)}, now=NOW) == 0

    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 1
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Referral)) == 0
