"""Segments: reading conditions, what they point at, and whether they hold for one friend."""

from bot.rules.segments.conditions import (
    All,
    Answered,
    AnyOf,
    Attribute,
    CameThrough,
    Comparison,
    Condition,
    Followed,
    InSegment,
    KeywordCalled,
    Leaf,
    Not,
    NotKept,
    OnUploadedList,
    QuizFinished,
    RandomShare,
    References,
    Tagged,
    leaves,
    references_of,
)
from bot.rules.segments.evaluation import Answer, Facts, Finish, Wearing, evaluate
from bot.rules.segments.reading import MOST_LEAVES, MOST_LEVELS, read_conditions
from bot.rules.segments.writing import change_leaves, write_conditions, write_leaf

__all__ = [
    "MOST_LEAVES",
    "MOST_LEVELS",
    "All",
    "Answer",
    "Answered",
    "AnyOf",
    "Attribute",
    "CameThrough",
    "Comparison",
    "Condition",
    "Facts",
    "Finish",
    "Followed",
    "InSegment",
    "KeywordCalled",
    "Leaf",
    "Not",
    "NotKept",
    "OnUploadedList",
    "QuizFinished",
    "RandomShare",
    "References",
    "Tagged",
    "Wearing",
    "change_leaves",
    "evaluate",
    "leaves",
    "read_conditions",
    "references",
    "references_of",
    "write_conditions",
    "write_leaf",
]


def references(conditions: object) -> References:
    """Return what the JSON of conditions points at. Raises InvalidInputError."""
    return references_of(read_conditions(conditions))
