"""The buttons of the builder: what they do to the tree, and where the reader goes on."""

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.admin import segment_moves
from handlers.admin.segment_forms import MOST_DEPTH, fresh_group
from handlers.admin.segment_moves import find


def leaf(name: str) -> dict[str, Any]:
    return {"kind": "tag", "tag": name, "not": ""}


def group(*items: dict[str, Any], join: str = "all") -> dict[str, Any]:
    return fresh_group(list(items), join)


def names(draft: dict[str, Any]) -> list[str]:
    """The leaves from top to bottom."""
    if draft["kind"] != "group":
        return [draft["tag"]]
    return [name for item in draft["items"] for name in names(item)]


def places(draft: dict[str, Any], at: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    return [at, *(place for n, item in enumerate(draft.get("items", [])) for place in places(item, (*at, n)))]


numbered = st.integers(0, 10**6).map(lambda number: leaf(str(number)))
drafts = st.recursive(
    numbered,
    lambda inner: st.builds(
        fresh_group, st.lists(inner, min_size=1, max_size=3), st.sampled_from(["all", "any", "none", "not_all"])
    ),
    max_leaves=8,
)
trees = st.builds(fresh_group, st.lists(drafts, min_size=1, max_size=4))


@given(tree=trees, data=st.data())
@settings(max_examples=200, deadline=None)
def test_moving_and_grouping_lose_no_condition(tree: dict[str, Any], data: st.DataObject) -> None:
    before = sorted(names(tree))
    for _ in range(6):
        place = data.draw(st.sampled_from([one for one in places(tree) if one]))
        step = data.draw(st.sampled_from(["up", "down", "wrap", "negate"]))
        moved = find(tree, place)
        there = segment_moves.MOVES[step](tree, place)
        assert sorted(names(tree)) == before
        if step in ("up", "down"):
            assert find(tree, there) is moved


def test_a_condition_walks_through_a_group_and_out_at_the_other_end() -> None:
    tree = group(leaf("a"), group(leaf("b"), join="any"))
    assert segment_moves.down(tree, (0,)) == (0, 0)
    assert tree == group(group(leaf("a"), leaf("b"), join="any"))
    assert segment_moves.down(tree, (0, 0)) == (0, 1)
    assert segment_moves.down(tree, (0, 1)) == (1,)
    assert tree == group(group(leaf("b"), join="any"), leaf("a"))


def test_a_group_that_loses_its_last_condition_goes_with_it() -> None:
    tree = group(leaf("a"), group(group(leaf("b"))))
    segment_moves.drop(tree, (1, 0, 0))
    assert tree == group(leaf("a"))
    tree = group(group(leaf("b")))
    assert segment_moves.up(tree, (0, 0)) == (0,)
    assert tree == group(leaf("b"))


def test_the_opposite_of_the_opposite_is_the_same() -> None:
    tree = group(leaf("a"), group(leaf("b"), join="any"))
    was = copy.deepcopy(tree)
    for place in ((0,), (1,), ()):
        segment_moves.negate(tree, place)
        assert tree != was
        segment_moves.negate(tree, place)
    assert tree == was


def test_a_group_is_dissolved_where_it_stood() -> None:
    tree = group(leaf("a"), group(leaf("b"), leaf("c"), join="any"), leaf("d"))
    segment_moves.unwrap(tree, (1,))
    assert names(tree) == ["a", "b", "c", "d"]
    assert len(tree["items"]) == 4


def test_groups_stand_in_groups_only_as_deep_as_conditions_may() -> None:
    tree = group(leaf("a"))
    place: tuple[int, ...] = (0,)
    for _ in range(MOST_DEPTH + 5):
        segment_moves.wrap(tree, place)
        place = max(places(tree), key=len)
    assert len(place) == MOST_DEPTH
    assert segment_moves.add_group(tree, place[:-1]) == place[:-1]
