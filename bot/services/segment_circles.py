"""Segments that refer to segments: no circles, and never more than a database can take in one question."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import FieldFault, InvalidInputError
from bot.rules.segments import (
    MOST_LEAVES,
    MOST_LEVELS,
    All,
    AnyOf,
    Condition,
    InSegment,
    Not,
    leaves,
    read_conditions,
    references_of,
)
from models import Segment

NEW = 0  # the number of a segment that has none yet


def refuse_tangles(session: Session, segment_id: int | None, condition: Condition, place: str = "conditions") -> None:
    """Raise InvalidInputError if these conditions would make a circle, or any segment too big with its references.

    The caller holds the segments, so that nobody makes the other half of a circle meanwhile.
    """
    rows = session.execute(select(Segment.id, Segment.name, Segment.conditions)).all()
    names = {number: name for number, name, _ in rows}
    if not references_of(condition).segments and segment_id is None:
        return
    graph = {number: read_conditions(conditions) for number, _, conditions in rows}
    changed = segment_id or NEW
    graph[changed] = condition
    for at, leaf in leaves(condition, place):
        if isinstance(leaf, InSegment) and _reaches(graph, leaf.segment, changed):
            text = "「%(name)s」直接或間接引用了這個分眾，互相引用會繞成一圈。"
            values = (("name", names.get(leaf.segment, "")),)
            raise InvalidInputError([FieldFault(f"{at}.segment", text, values)])
    sizes: dict[int, tuple[int, int]] = {}
    for number in graph:
        count, levels = _size(graph, number, sizes)
        if count > MOST_LEAVES or levels > MOST_LEVELS:
            text = "「%(name)s」連同引用的分眾共有 %(count)s 個條件、%(levels)s 層；最多 %(most)s 個、%(deepest)s 層。"
            shown = names.get(number, "這個分眾")
            found = (("name", shown), ("count", count), ("levels", levels))
            limits = (("most", MOST_LEAVES), ("deepest", MOST_LEVELS))
            raise InvalidInputError([FieldFault(place, text, (*found, *limits))])


def _reaches(graph: Mapping[int, Condition], start: int, goal: int) -> bool:
    waiting, seen = [start], set[int]()
    while waiting:
        one = waiting.pop()
        if one == goal:
            return True
        if one not in seen:
            seen.add(one)
            waiting.extend(references_of(graph[one]).segments)
    return False


def _size(graph: Mapping[int, Condition], number: int, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Return how many leaves and levels a segment has with those it refers to."""
    if number not in known:
        for inner in references_of(graph[number]).segments:
            _size(graph, inner, known)
        known[number] = _measured(graph[number], known)
    return known[number]


def _measured(condition: Condition, known: Mapping[int, tuple[int, int]]) -> tuple[int, int]:
    if isinstance(condition, All | AnyOf):
        parts = [_measured(part, known) for part in condition.parts]
        return sum(count for count, _ in parts), 1 + max((levels for _, levels in parts), default=0)
    if isinstance(condition, Not):
        count, levels = _measured(condition.part, known)
        return count, levels + 1
    return known[condition.segment] if isinstance(condition, InSegment) else (1, 1)
