"""The same conditions in fewer words: groups in groups flattened, what always or never holds taken out."""

from collections.abc import Mapping

from bot.rules.segments.conditions import All, AnyOf, CameThrough, Condition, InSegment, Leaf, Not, NotKept
from bot.rules.segments.writing import change_leaves

EVERYBODY, NOBODY = All(()), AnyOf(())


def expand(condition: Condition, segments: Mapping[int, Condition]) -> Condition:
    """Return the conditions with those of other segments in the place of their numbers."""

    def change(leaf: Leaf) -> Condition:
        return expand(segments[leaf.segment], segments) if isinstance(leaf, InSegment) else leaf

    return change_leaves(condition, change)


def simplify(condition: Condition, links: Mapping[str, int]) -> Condition:
    """Return conditions that hold for the same friends; `links` are the links there are, by code.

    A group of the result has at least two parts, none of which is a group of its own kind; no leaf is left that
    holds for everybody or for nobody, unless it is all there is.
    """
    match condition:
        case Not(part):
            return _denied(simplify(part, links))
        case All(parts):
            return _group(All, [simplify(part, links) for part in parts])
        case AnyOf(parts):
            return _group(AnyOf, [simplify(part, links) for part in parts])
        case NotKept():
            return EVERYBODY if condition.holds else NOBODY
        case CameThrough(code):
            return condition if code in links else NOBODY
        case _:
            return condition


def _denied(condition: Condition) -> Condition:
    if isinstance(condition, Not):
        return condition.part
    if condition == EVERYBODY:
        return NOBODY
    return EVERYBODY if condition == NOBODY else Not(condition)


def _group(kind: type[All] | type[AnyOf], parts: list[Condition]) -> Condition:
    decides = NOBODY if kind is All else EVERYBODY
    flat: list[Condition] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, kind) else [part])
    if any(part == decides for part in parts):
        return decides
    kept = tuple(dict.fromkeys(flat))
    return kept[0] if len(kept) == 1 else kind(kept)
