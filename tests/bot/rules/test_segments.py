"""Conditions of segments: read with clear faults, written back as they were, evaluated by their letter."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidInputError
from bot.rules.segments import (
    Answer,
    Facts,
    Finish,
    References,
    Wearing,
    evaluate,
    read_conditions,
    references,
    write_conditions,
)
from bot.rules.segments.shares import is_drawn, share_of
from bot.rules.segments.simplifying import EVERYBODY, NOBODY, simplify
from tests.conftest import NOW

EVERYTHING: dict[str, Any] = {
    "all": [
        {"any": [{"tag": 3}, {"tag": "媽媽", "within_days": 30}]},
        {"not": {"attribute": "region", "in": ["台北", 7, True]}},
        {"attribute": "birthday", "less_than": "2000-01-01"},
        {"followed": {"after": "2026-01-01T00:00:00+00:00", "before": "2026-06-01T00:00:00+00:00"}},
        {"quiz": 1, "result": "dry"},
        {"answered": {"quiz": 2, "question": "q1", "choice": "a"}},
        {"keyword": 4, "within_days": 7},
        {"source": "poster"},
        {"random": {"percent": 12.5, "seed": "x"}},
        {"segment": 5},
        {"uploaded": 6},
        {"points": {"at_least": 30}},
        {"clicked": {"campaign": 9, "within_days": 3}},
    ]
}


def holds(conditions: Any, **facts: Any) -> bool:
    return evaluate(read_conditions(conditions), Facts(friend_id=1, **facts), now=NOW)


def fields_of(conditions: Any) -> list[str]:
    with pytest.raises(InvalidInputError) as refusal:
        read_conditions(conditions)
    assert all(fault.text % dict(fault.values) for fault in refusal.value.faults)
    return [fault.field for fault in refusal.value.faults]


def test_conditions_are_written_back_as_they_were_read() -> None:
    assert write_conditions(read_conditions(EVERYTHING)) == EVERYTHING


def test_a_moment_of_any_zone_is_kept_in_utc() -> None:
    written = write_conditions(read_conditions({"followed": {"after": "2026-01-01T08:00:00+08:00"}}))
    assert written == {"followed": {"after": "2026-01-01T00:00:00+00:00"}}


def test_references_name_what_conditions_point_at() -> None:
    assert references(EVERYTHING) == References(
        tags=frozenset({3, "媽媽"}),
        quizzes=frozenset({1, 2}),
        rules=frozenset({4}),
        segments=frozenset({5}),
        links=frozenset({"poster"}),
        uploads=frozenset({6}),
        campaigns=frozenset({9}),
    )


def test_every_fault_of_a_tree_is_named_at_once() -> None:
    wrong = {"all": [{"tag": ""}, {"any": [{"keyword": "x"}, {"not": {"what": 1}}]}, 7]}
    assert fields_of(wrong) == [
        "conditions.all[0].tag",
        "conditions.all[1].any[0].keyword",
        "conditions.all[1].any[1].not.what",
        "conditions.all[2]",
    ]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["all", "any", "not", "tag", "attribute", "is", "in", "followed", "quiz", "answered"])
                | st.sampled_from(["keyword", "source", "random", "percent", "seed", "points", "event", "within_days"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=15,
    )
)
def test_whatever_json_comes_is_read_or_refused_with_places(given_json: Any) -> None:
    places = []
    try:
        condition = read_conditions(given_json)
    except InvalidInputError as refusal:
        places = [fault.field for fault in refusal.faults]
    if not places:
        assert read_conditions(write_conditions(condition)) == condition
    assert all(place.startswith("conditions") for place in places)


def test_empty_groups_hold_for_everybody_and_for_nobody() -> None:
    assert holds({"all": []})
    assert not holds({"any": []})
    assert holds({"not": {"any": []}})


@pytest.mark.parametrize(
    "leaf, known, expected",
    [
        ({"is": "female"}, "female", True),
        ({"is": "7"}, 7, False),
        ({"is": 7}, 7.0, True),
        ({"is": True}, 1, False),
        ({"is_not": "female"}, None, True),
        ({"is_not": "female"}, "female", False),
        ({"in": ["a", 3]}, 3, True),
        ({"in": []}, "a", False),
        ({"less_than": 8}, 7, True),
        ({"less_than": 8}, "7", False),
        ({"less_than": 8}, True, False),
        ({"more_than": 6}, None, False),
        ({"more_than": "2000-01-01"}, "2000-01-02", True),
        ({"more_than": "2000-01-01"}, "2026-02-30", False),
        ({"more_than": "2000-01-01"}, 3000, False),
        ({"exists": True}, False, True),
        ({"exists": False}, None, True),
    ],
)
def test_an_attribute_is_compared_with_its_own_kind(leaf: dict[str, Any], known: Any, expected: bool) -> None:
    attributes = {} if known is None else {"x": known}
    assert holds({"attribute": "x"} | leaf, attributes=attributes) is expected


def test_a_tag_counts_until_its_end_and_no_longer() -> None:
    def wearing(end: datetime | None) -> tuple[Wearing, ...]:
        return (Wearing(3, NOW - timedelta(days=8), end),)

    assert holds({"tag": 3}, tags=wearing(None))
    assert holds({"tag": 3}, tags=wearing(NOW + timedelta(seconds=1)))
    assert not holds({"tag": 3}, tags=wearing(NOW))
    assert not holds({"tag": 3, "within_days": 7}, tags=wearing(None))
    assert holds({"tag": 3, "within_days": 8}, tags=wearing(None))


def test_the_beginning_of_a_friendship_is_compared_with_after_inclusive_and_before_exclusive() -> None:
    at = NOW.isoformat()
    assert holds({"followed": {"after": at}}, followed_at=NOW)
    assert not holds({"followed": {"before": at}}, followed_at=NOW)
    assert not holds({"followed": {"after": at}}, followed_at=None)
    assert holds({"not": {"followed": {"before": at}}}, followed_at=None)


def test_any_attempt_and_any_answer_of_a_quiz_counts() -> None:
    finishes = (Finish(1, "dry", NOW - timedelta(days=9)), Finish(1, "oily", NOW))
    answers = (Answer(1, "q1", "a", NOW), Answer(1, "q1", "b", NOW))
    assert holds({"all": [{"quiz": 1, "result": "dry"}, {"quiz": 1}]}, finishes=finishes)
    assert not holds({"quiz": 1, "result": "dry", "within_days": 7}, finishes=finishes)
    assert holds({"answered": {"quiz": 1, "question": "q1", "choice": "b"}}, answers=answers)
    assert not holds({"answered": {"quiz": 1, "question": "q2"}}, answers=answers)


def test_simplifying_leaves_nothing_that_always_or_never_holds() -> None:
    def simple(conditions: Any) -> Any:
        return simplify(read_conditions(conditions), {"poster": 1})

    assert simple({"not": {"not": {"all": [{"all": []}, {"all": [{"tag": 1}]}]}}}) == read_conditions({"tag": 1})
    assert simple({"all": [{"tag": 1}, {"points": {"at_least": 1}}]}) == NOBODY
    assert simple({"any": [{"tag": 1}, {"not": {"event": {"name": "x"}}}]}) == EVERYBODY
    assert simple({"any": [{"tag": 1}, {"source": "gone"}, {"tag": 1}]}) == read_conditions({"tag": 1})


@pytest.mark.parametrize("percent", [0.1, 1, 10, 50, 99])
def test_a_share_draws_its_percentage_of_people_whatever_their_ids(percent: float) -> None:
    for seed in ("", "a", 7):
        share = share_of(percent, seed)
        for ids in (range(1, 50_001), range(2**31 - 25_000, 2**31 + 25_000), range(10, 5_000_001, 100)):
            drawn = sum(is_drawn(friend_id, share) for friend_id in ids)
            expected = 500 * percent
            assert abs(drawn - expected) < 5 * max(expected, 50_000 - expected, 1) ** 0.5, (seed, ids)


def test_shares_of_different_seeds_have_no_more_in_common_than_by_chance() -> None:
    one, other = share_of(50, "one"), share_of(50, "other")
    both = sum(is_drawn(friend_id, one) and is_drawn(friend_id, other) for friend_id in range(1, 40_001))
    assert abs(both - 10_000) < 500
