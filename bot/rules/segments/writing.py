"""Conditions as JSON."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.rules.segments.conditions import (
    All,
    Answered,
    AnyOf,
    Attribute,
    CameThrough,
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
    Tagged,
)


def write_conditions(condition: Condition) -> dict[str, Any]:
    """Return the JSON form; `read_conditions` reads it back to the same conditions."""
    if isinstance(condition, All):
        return {"all": [write_conditions(part) for part in condition.parts]}
    if isinstance(condition, AnyOf):
        return {"any": [write_conditions(part) for part in condition.parts]}
    if isinstance(condition, Not):
        return {"not": write_conditions(condition.part)}
    return write_leaf(condition)


def write_leaf(leaf: Leaf) -> dict[str, Any]:
    """Return the JSON form of one leaf."""
    match leaf:
        case Tagged(tag, days):
            return _given({"tag": tag, "within_days": days})
        case Attribute(name, comparison, value):
            return {"attribute": name, comparison.value: list(value) if isinstance(value, tuple) else value}
        case Followed(after, before, days):
            moments = {"after": after and after.isoformat(), "before": before and before.isoformat()}
            return {"followed": _given({**moments, "within_days": days})}
        case QuizFinished(quiz, result, days):
            return _given({"quiz": quiz, "result": result, "within_days": days})
        case Answered(quiz, question, choice, days):
            asked = {"quiz": quiz, "question": question, "choice": choice, "within_days": days}
            return {"answered": _given(asked)}
        case KeywordCalled(rule, days):
            return _given({"keyword": rule, "within_days": days})
        case CameThrough(code, days):
            return _given({"source": code, "within_days": days})
        case RandomShare(percent, seed):
            return {"random": {"percent": percent, "seed": seed}}
        case InSegment(segment):
            return {"segment": segment}
        case OnUploadedList(uploaded):
            return {"uploaded": uploaded}
        case NotKept(kind, asked):
            return {kind: dict(asked)}


def change_leaves(condition: Condition, change: Callable[[Leaf], Condition]) -> Condition:
    """Return the conditions with every leaf replaced by what `change` makes of it."""
    if isinstance(condition, All | AnyOf):
        return replace(condition, parts=tuple(change_leaves(part, change) for part in condition.parts))
    if isinstance(condition, Not):
        return Not(change_leaves(condition.part, change))
    return change(condition)


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
