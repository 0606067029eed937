"""What conditions point at: names turned into ids and back, strangers refused, other segments put in."""

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import FieldFault, InvalidInputError
from bot.rules.segments import (
    Answered,
    AnyOf,
    CameThrough,
    Condition,
    InSegment,
    KeywordCalled,
    Leaf,
    NotKept,
    OnUploadedList,
    QuizFinished,
    Tagged,
    change_leaves,
    leaves,
    read_conditions,
    references_of,
    write_conditions,
)
from bot.services import usages
from models import KeywordRule, Quiz, QuizVersion, Segment, Tag, TagMerge, TrackedLink, UploadedList
from models.base import Base

MISSING = {
    "tag": "沒有編號 %(id)s 的標籤。",
    "quiz": "沒有編號 %(id)s 的測驗。",
    "keyword": "沒有編號 %(id)s 的關鍵字規則。",
    "segment": "沒有編號 %(id)s 的分眾。",
    "uploaded": "沒有編號 %(id)s 的上傳名單。",
    "campaign": "沒有編號 %(id)s 的群發訊息。",
}


@dataclass(frozen=True)
class _Known:
    """Which of the things that conditions point at there are."""

    tags: Mapping[int, int]  # a tag that was merged into another means that one
    tags_by_name: Mapping[str, int]
    quizzes: Mapping[int, Collection[tuple[str, str | None]]]  # id → its results, questions and choices
    rules: Collection[int]
    segments: Collection[int]
    links: Collection[str]
    uploads: Collection[int]


def checked(session: Session, given: object, *, will_keep: bool = False, place: str = "conditions") -> Condition:
    """Read conditions, tags by id or name, and return them with ids.

    With `will_keep` nobody deletes what they point at before the transaction ends. Raises InvalidInputError with each
    fault at its place.
    """
    condition = read_conditions(given, place=place)
    known = _known(session, condition, will_keep=will_keep)
    faults = [fault for at, leaf in leaves(condition, place) if (fault := _fault_of(leaf, at, known))]
    if faults:
        raise InvalidInputError(faults)

    def with_id(leaf: Leaf) -> Condition:
        if not isinstance(leaf, Tagged):
            return leaf
        tag = leaf.tag
        return replace(leaf, tag=known.tags_by_name[tag] if isinstance(tag, str) else known.tags[tag])

    return change_leaves(condition, with_id)


def named(session: Session, conditions: Mapping[str, Any]) -> dict[str, Any]:
    """Return conditions with the names of tags, as the API shows them."""
    condition = read_conditions(conditions)
    ids = [tag for tag in references_of(condition).tags if isinstance(tag, int)]
    rows = session.execute(select(Tag.id, Tag.name).where(Tag.id.in_(ids)))
    names: dict[int | str, str] = dict(rows.all())

    def with_name(leaf: Leaf) -> Condition:
        return replace(leaf, tag=names.get(leaf.tag, leaf.tag)) if isinstance(leaf, Tagged) else leaf

    return write_conditions(change_leaves(condition, with_name))


def segments_in(session: Session, condition: Condition) -> dict[int, Condition]:
    """Return the conditions of every segment that these refer to, directly or through others."""
    found: dict[int, Condition] = {}
    missing = set(references_of(condition).segments)
    while missing:
        rows = session.execute(select(Segment.id, Segment.conditions).where(Segment.id.in_(missing)))
        fresh = {segment_id: read_conditions(conditions) for segment_id, conditions in rows}
        found |= fresh
        missing = {one for inner in fresh.values() for one in references_of(inner).segments} - found.keys()
    return found


def links_in(session: Session, condition: Condition) -> dict[str, int]:
    """Return the ids of the links that conditions name by code."""
    codes = references_of(condition).links
    if not codes:
        return {}
    rows = session.execute(select(TrackedLink.code, TrackedLink.id).where(TrackedLink.code.in_(codes)))
    return dict(rows.all())


def _known(session: Session, condition: Condition, *, will_keep: bool) -> _Known:
    asked = references_of(condition)
    names = sorted(tag for tag in asked.tags if isinstance(tag, str))
    by_name = select(Tag.name, Tag.id).where(Tag.name.in_([_as_kept(name) for name in names]))
    kept = dict(session.execute(by_name).all()) if names else {}
    tags_by_name = {name: kept[_as_kept(name)] for name in names if _as_kept(name) in kept}

    def existing(model: type[Base], ids: Collection[int]) -> Collection[int]:
        return usages.hold(session, model, list(ids)) if will_keep else _existing(session, model, ids)

    ids = {tag for tag in asked.tags if isinstance(tag, int)}
    merged = dict(session.execute(select(TagMerge.from_id, TagMerge.into_id).where(TagMerge.from_id.in_(ids))).all())
    held = existing(Tag, {*ids, *tags_by_name.values(), *merged.values()})
    return _Known(
        tags={tag: merged.get(tag, tag) for tag in (*held, *merged) if merged.get(tag, tag) in held},
        tags_by_name={name: tag for name, tag in tags_by_name.items() if tag in held},
        quizzes=_quizzes(session, existing(Quiz, asked.quizzes)),
        rules=existing(KeywordRule, asked.rules),
        segments=_existing(session, Segment, asked.segments),  # whoever changes segments holds them all
        links=links_in(session, condition).keys(),
        uploads=existing(UploadedList, asked.uploads),
    )


def _as_kept(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())


def _existing(session: Session, model: type[Base], ids: Collection[int]) -> Collection[int]:
    key = model.__table__.c.id
    return set(session.scalars(select(key).where(key.in_(ids)))) if ids else set()


def _quizzes(session: Session, ids: Collection[int]) -> dict[int, set[tuple[str, str | None]]]:
    """Return what each quiz has or once had: results, questions, choices of a question."""
    if not ids:
        return {}
    live = select(Quiz.id).where(Quiz.id.in_(ids), Quiz.archived_at.is_(None))
    parts: dict[int, set[tuple[str, str | None]]] = {quiz_id: set() for quiz_id in session.scalars(live)}
    for version in session.scalars(select(QuizVersion).where(QuizVersion.quiz_id.in_(parts))):
        found = parts[version.quiz_id]
        found |= {("result", one["key"]) for one in version.results}
        for asked in version.questions:
            found.add((asked["key"], None))
            found |= {(asked["key"], choice["key"]) for choice in asked.get("choices") or ()}
    return parts


def _fault_of(leaf: Leaf, place: str, known: _Known) -> FieldFault | None:
    match leaf:
        case Tagged(str() as name) if name not in known.tags_by_name:
            return FieldFault(f"{place}.tag", "沒有名為「%(name)s」的標籤。", (("name", name[:60]),))
        case Tagged(int() as tag) if tag not in known.tags:
            return _missing(f"{place}.tag", tag)
        case QuizFinished() | Answered():
            return _fault_of_quiz(leaf, place, known)
        case KeywordCalled(rule) if rule not in known.rules:
            return _missing(f"{place}.keyword", rule)
        case CameThrough(code) if code not in known.links:
            return FieldFault(f"{place}.source", "沒有代碼是「%(code)s」的加入管道。", (("code", code),))
        case InSegment(segment) if segment not in known.segments:
            return _missing(f"{place}.segment", segment)
        case OnUploadedList(uploaded) if uploaded not in known.uploads:
            return _missing(f"{place}.uploaded", uploaded)
        case NotKept(kind, asked) if "campaign" in asked:
            return _missing(f"{place}.{kind}.campaign", asked["campaign"])
    return None


def _fault_of_quiz(leaf: QuizFinished | Answered, place: str, known: _Known) -> FieldFault | None:
    inside = f"{place}.answered" if isinstance(leaf, Answered) else place
    parts = known.quizzes.get(leaf.quiz)
    if parts is None:
        return _missing(f"{inside}.quiz", leaf.quiz)
    if isinstance(leaf, QuizFinished):
        if leaf.result is not None and ("result", leaf.result) not in parts:
            return FieldFault(f"{inside}.result", "這個測驗沒有「%(key)s」這個結果。", (("key", leaf.result),))
        return None
    if (leaf.question, None) not in parts:
        return FieldFault(f"{inside}.question", "這個測驗沒有「%(key)s」這一題。", (("key", leaf.question),))
    if leaf.choice is not None and (leaf.question, leaf.choice) not in parts:
        return FieldFault(f"{inside}.choice", "這一題沒有「%(key)s」這個選項。", (("key", leaf.choice),))
    return None


def _missing(place: str, number: int) -> FieldFault:
    return FieldFault(place, MISSING[place.rpartition(".")[2]], (("id", number),))


def together(conditions: Iterable[Condition]) -> Condition:
    """Return conditions that point at everything these point at."""
    return AnyOf(tuple(conditions))
