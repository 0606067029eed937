"""Who counts as brought by a friend."""

import itertools
from datetime import datetime, timedelta

import pytest

from bot.rules.referrals import Coming, Past, Period, Verdict, judge, next_step, opened_again, steps_reached
from models import ReferralReason, ReferralState
from tests.conftest import NOW

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
ALWAYS = Period(enabled=True, active_from=None, active_until=None)
STEPS = [{"friends": 5, "tags": [], "reward": {"points": 50}}, {"friends": 1, "tags": [7], "reward": None}]


def coming(at: datetime = NOW, **facts: bool) -> Coming:
    return Coming(at, at, **facts)


def refused(reason: ReferralReason) -> Verdict:
    return Verdict(ReferralState.REFUSED, reason)


def test_a_stranger_who_follows_within_a_day_counts() -> None:
    assert judge(coming(), Past(NOW + HOUR), ALWAYS).state is ReferralState.COUNTED


def test_nobody_counts_before_the_follow() -> None:
    assert judge(coming(), Past(), ALWAYS).state is ReferralState.WAITING


def test_a_day_after_the_opening_it_is_too_late() -> None:
    assert judge(coming(), Past(NOW + 24 * HOUR - SECOND), ALWAYS).state is ReferralState.COUNTED
    assert judge(coming(), Past(NOW + 24 * HOUR), ALWAYS) == refused(ReferralReason.TOO_LATE)


def test_a_second_opening_gives_another_day() -> None:
    twice = Coming(NOW, NOW + 20 * HOUR)

    assert judge(twice, Past(NOW + 40 * HOUR), ALWAYS).state is ReferralState.COUNTED
    assert judge(twice, Past(NOW + 44 * HOUR), ALWAYS) == refused(ReferralReason.TOO_LATE)


@pytest.mark.parametrize(
    "past",
    [
        Past(first_followed_at=NOW - SECOND),
        Past(first_followed_at=NOW - 1000 * HOUR),
        Past(first_followed_at=NOW + HOUR, is_returning=True),
        Past(first_followed_at=NOW + HOUR, known_since=NOW - SECOND),
        Past(known_since=NOW - HOUR),
    ],
)
def test_whoever_was_a_friend_before_the_opening_never_counts(past: Past) -> None:
    assert judge(coming(), past, ALWAYS) == refused(ReferralReason.WAS_FRIEND)


def test_whoever_line_login_found_to_be_a_friend_already_does_not_count() -> None:
    assert judge(coming(was_friend=True), Past(NOW + HOUR), ALWAYS) == refused(ReferralReason.WAS_FRIEND)


def test_nobody_brings_themselves() -> None:
    assert judge(coming(is_own=True), Past(NOW - HOUR), ALWAYS) == refused(ReferralReason.OWN_LINK)


@pytest.mark.parametrize(
    "period, is_in",
    [
        (Period(True, NOW + HOUR, None), True),
        (Period(True, NOW + HOUR + SECOND, None), False),
        (Period(True, None, NOW + HOUR + SECOND), True),
        (Period(True, None, NOW + HOUR), False),
        (Period(False, None, None), False),
    ],
)
def test_the_follow_has_to_fall_into_the_period(period: Period, is_in: bool) -> None:
    verdict = judge(coming(), Past(NOW + HOUR), period)

    assert (verdict.state is ReferralState.COUNTED) is is_in
    assert is_in or verdict == refused(ReferralReason.OUTSIDE_PERIOD)


def test_openings_in_any_order_leave_the_same_span() -> None:
    times = [NOW, NOW + 5 * HOUR, NOW + 23 * HOUR]
    for order in itertools.permutations(times):
        span = (order[0], order[0])
        for at in order[1:]:
            span = opened_again(*span, at)
        assert span == (times[0], times[2])


def test_after_a_day_without_an_opening_counting_begins_anew() -> None:
    assert opened_again(NOW, NOW, NOW + 24 * HOUR) == (NOW + 24 * HOUR, NOW + 24 * HOUR)


@pytest.mark.parametrize("brought, reached, following", [(0, [], 1), (1, [1], 5), (4, [1], 5), (5, [1, 5], None)])
def test_steps_are_reached_in_their_order(brought: int, reached: list[int], following: int | None) -> None:
    assert [step["friends"] for step in steps_reached(STEPS, brought)] == reached
    step = next_step(STEPS, brought)
    assert (step and step["friends"]) == following
