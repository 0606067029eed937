"""One tag put in the place of another wherever the account's settings name it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.errors import NotFoundError
from bot.services import auto_replies, segments, usages
from models import (
    Base,
    Greeting,
    ImportState,
    KeywordRule,
    Prize,
    QuizVersion,
    ReferralProgram,
    Segment,
    SegmentVersion,
    Tag,
    TagImport,
    TrackedLink,
)

Change = Callable[[Any], Any]

COMPILED = frozenset({KeywordRule, Greeting, Segment, QuizVersion})  # into what every process answers from


def replace(db: Database, old: int, new: int) -> None:
    """Let everything that names the tag `old` name `new`, kind by kind, each in a short transaction of its own.

    Also what is archived, and versions that nobody plays any more: they may be looked at. A version of a segment
    keeps its number, for it means the same friends. Raises NotFoundError if one of the tags is gone.
    """
    swap = _swap(old, new)
    for model, columns in _places(old, new, swap).items():
        with db.begin() as session:
            if len(usages.hold(session, Tag, [old, new])) < len({old, new}):
                raise NotFoundError("找不到這個標籤。")
            if model is Segment:
                segments.hold_all(session)
            if _replace_in(session, model, columns) and model in COMPILED:
                auto_replies.touch(session)


def _places(old: int, new: int, swap: Change) -> dict[type[Base], dict[str, Change]]:
    in_children = _in_children(swap)
    return {
        KeywordRule: {"tags": swap},
        Greeting: {"tags": swap},
        TrackedLink: {"tags": swap},
        QuizVersion: {"questions": _in_questions(in_children), "results": in_children},
        Prize: {"tags": swap},
        ReferralProgram: {"inviter_tags": swap, "invited_tags": swap, "steps": in_children},
        Segment: {"conditions": _in_conditions(old, new)},
        SegmentVersion: {"conditions": _in_conditions(old, new)},
        TagImport: {"tags": _in_import(old, new)},
    }


def _replace_in(session: Session, model: type[Base], columns: Mapping[str, Change]) -> bool:
    """Rewrite the rows of one table that name the tag; whether there was any."""
    keys = inspect(model).primary_key
    query = select(model)
    if model is TagImport:
        query = query.where(TagImport.state != ImportState.DONE)
    wanted = [
        tuple(getattr(row, key.name) for key in keys)
        for row in session.scalars(query.order_by(*keys))
        if any(change(getattr(row, name)) != getattr(row, name) for name, change in columns.items())
    ]
    for key in wanted:
        row = session.get(model, key, with_for_update=True, populate_existing=True)
        for name, change in columns.items() if row is not None else ():
            setattr(row, name, change(getattr(row, name)))
    session.flush()
    return bool(wanted)


def _swap(old: int, new: int) -> Change:
    def swapped(tags: Sequence[int]) -> list[int]:
        return list(dict.fromkeys(new if tag_id == old else tag_id for tag_id in tags))

    return swapped


def _in_children(swap: Change) -> Change:
    """The same in the `tags` of each object of a list: choices, results, steps."""

    def changed(objects: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "tags": swap(one["tags"])} if one.get("tags") else dict(one) for one in objects]

    return changed


def _in_questions(in_children: Change) -> Change:
    def changed(questions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "choices": in_children(one["choices"])} if "choices" in one else dict(one) for one in questions]

    return changed


def _in_conditions(old: int, new: int) -> Change:
    """The same in the leaves of a segment, however deep."""

    def changed(node: Any) -> Any:
        if isinstance(node, list):
            return [changed(one) for one in node]
        if not isinstance(node, Mapping):
            return node
        if node.get("tag") == old:
            return {**node, "tag": new}
        return {name: changed(value) if name in ("all", "any", "not") else value for name, value in node.items()}

    return changed


def _in_import(old: int, new: int) -> Change:
    def changed(tags: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "id": new} if one.get("id") == old else dict(one) for one in tags]

    return changed
