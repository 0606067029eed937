"""Hours of the week, as staff write them."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules.schedules import Hours, check_hours

MONDAY = datetime(2026, 11, 16)  # noqa: DTZ001 - hours are asked with the local time of the brand


def at(day: int, clock: str) -> datetime:
    hour, minute = clock.split(":")
    return MONDAY + timedelta(days=day - 1, hours=int(hour), minutes=int(minute))


def window(days: list[int], start: str, end: str) -> dict[str, Any]:
    return {"days": days, "from": start, "until": end}


def hours(*windows: dict[str, Any]) -> Hours:
    return Hours.parse(list(windows))


def test_office_hours_begin_on_the_minute_and_end_before_the_minute() -> None:
    office = hours(window([1, 2, 3, 4, 5], "09:00", "18:00"))
    assert not office.covers(at(1, "08:59"))
    assert office.covers(at(1, "09:00"))
    assert office.covers(at(5, "17:59"))
    assert not office.covers(at(5, "18:00"))
    assert not office.covers(at(6, "12:00"))


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    night = hours(window([5], "22:00", "02:00"))
    assert night.covers(at(5, "23:30"))
    assert night.covers(at(6, "01:59"))
    assert not night.covers(at(6, "02:00"))
    assert not night.covers(at(5, "01:00"))


def test_the_night_of_sunday_runs_into_monday() -> None:
    night = hours(window([7], "23:00", "01:00"))
    assert night.covers(at(7, "23:59"))
    assert night.covers(at(1, "00:30"))
    assert not night.covers(at(1, "01:00"))


def test_equal_times_mean_the_whole_day() -> None:
    sunday = hours(window([7], "09:00", "09:00"))
    assert sunday.covers(at(7, "00:00"))
    assert sunday.covers(at(7, "23:59"))
    assert not sunday.covers(at(1, "00:00"))


def test_a_day_may_end_at_24_00() -> None:
    late = hours(window([3], "20:00", "24:00"))
    assert late.covers(at(3, "23:59"))
    assert not late.covers(at(4, "00:00"))
    assert late.to_json() == [window([3], "20:00", "24:00")]


def test_several_windows_add_up() -> None:
    with_lunch = hours(window([1], "09:00", "12:00"), window([1], "13:00", "18:00"))
    assert with_lunch.covers(at(1, "11:59"))
    assert not with_lunch.covers(at(1, "12:30"))
    assert with_lunch.covers(at(1, "13:00"))


def test_hours_that_only_touch_do_not_overlap() -> None:
    morning, afternoon = hours(window([1], "09:00", "12:00")), hours(window([1], "12:00", "18:00"))
    assert not morning.overlaps(afternoon)
    assert morning.overlaps(hours(window([1], "11:59", "12:01")))


@pytest.mark.parametrize(
    "value,place",
    [
        ({"days": [1]}, "hours"),
        ([], "hours"),
        ([3], "hours[0]"),
        ([window([], "09:00", "18:00")], "hours[0].days"),
        ([window([0], "09:00", "18:00")], "hours[0].days"),
        ([window([1, 1], "09:00", "18:00")], "hours[0].days"),
        ([window([True], "09:00", "18:00")], "hours[0].days"),
        ([window([1], "9:00", "18:00")], "hours[0].from"),
        ([window([1], "24:00", "18:00")], "hours[0].from"),
        ([window([1], "09:00", "25:00")], "hours[0].until"),
        ([{"days": [1], "from": "09:00"}], "hours[0].until"),
        ([window([1], "09:00", "18:00") | {"to": "19:00"}], "hours[0].to"),
    ],
)
def test_wrong_hours_are_refused_with_their_place(value: object, place: str) -> None:
    assert place in [fault.place for fault in check_hours(value)]
    with pytest.raises(ValueError, match=r"^hours"):
        Hours.parse(value)


CLOCKS = st.builds(lambda minutes: f"{minutes // 60:02}:{minutes % 60:02}", st.integers(0, 24 * 60 - 1))
WINDOWS = st.lists(
    st.builds(window, st.lists(st.integers(1, 7), min_size=1, unique=True), CLOCKS, CLOCKS), min_size=1, max_size=4
)


@given(WINDOWS, st.integers(0, 7 * 24 * 60 - 1))
@settings(deadline=None)
def test_hours_cover_what_the_windows_say_one_by_one(windows: list[dict[str, Any]], minute: int) -> None:
    def covers(one: dict[str, Any]) -> bool:
        day, clock = minute // 1440 + 1, f"{minute % 1440 // 60:02}:{minute % 60:02}"
        yesterday = (day - 2) % 7 + 1
        start, end = one["from"], one["until"]
        if start == end:
            return day in one["days"]
        if start < end:
            return day in one["days"] and start <= clock < end
        return (day in one["days"] and clock >= start) or (yesterday in one["days"] and clock < end)

    local = MONDAY + timedelta(minutes=minute)
    assert Hours.parse(windows).covers(local) == any(covers(one) for one in windows)


@given(WINDOWS)
@settings(deadline=None)
def test_hours_survive_being_stored(windows: list[dict[str, Any]]) -> None:
    once = Hours.parse(windows)
    assert Hours.parse(json.loads(json.dumps(once.to_json()))) == once


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["09:00", "days"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["days", "from", "until", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
@settings(deadline=None)
def test_any_json_is_either_hours_or_a_clear_refusal(value: Any) -> None:
    if check_hours(value):
        with pytest.raises(ValueError, match=r"^hours"):
            Hours.parse(value)
    else:
        assert Hours.parse(value).windows
