"""What the conditions of a segment can name: tags, quizzes, rules, links, segments and lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers.admin.form_trees import Tree, text
from models import KeywordRule, Quiz, QuizVersion, Segment, Tag, TagGroup, TrackedLink, UploadedList

Option = tuple[str, str]  # key, words
MOST_SHOWN = 100  # a longer list is typed into instead of opened


@dataclass(frozen=True)
class QuizParts:
    """What of a quiz a condition can name, by key."""

    results: dict[str, str] = field(default_factory=dict)
    questions: dict[str, str] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)  # by question


@dataclass(frozen=True)
class Choices:
    """Words by key, for everything a condition can name."""

    tag: dict[str, str]
    quiz: dict[str, str]
    keyword: dict[str, str]
    source: dict[str, str]
    segment: dict[str, str]
    uploaded: dict[str, str]
    groups: dict[str, list[str]]  # name of a group of tags → its tags' keys; those without a group under ""
    parts: dict[str, QuizParts]  # of the quizzes asked for

    def of(self, kind: str) -> dict[str, str]:
        """Return the words of one kind by key."""
        words: dict[str, str] = getattr(self, kind)
        return words

    def quiz_parts(self, quiz_id: object) -> QuizParts:
        """Return what a quiz has; nothing of one that is not there."""
        return self.parts.get(str(quiz_id), QuizParts())


def load(session: Session, quiz_ids: Iterable[str] = (), *, but_segment: int | None = None) -> Choices:
    """Return what can be chosen at this moment; `but_segment` is the one being edited."""
    quizzes = session.execute(select(Quiz.id, Quiz.name).where(Quiz.archived_at.is_(None)).order_by(Quiz.name))
    segments = session.execute(select(Segment.id, Segment.name).order_by(Segment.name))
    return Choices(
        tag=_words(session.execute(select(Tag.id, Tag.name).order_by(Tag.name))),
        quiz=_words(quizzes),
        keyword=_words(session.execute(select(KeywordRule.id, KeywordRule.name).order_by(KeywordRule.name))),
        source=_words(session.execute(select(TrackedLink.code, TrackedLink.name).order_by(TrackedLink.name))),
        segment=_words(row for row in segments if row[0] != but_segment),
        uploaded=_words(session.execute(select(UploadedList.id, UploadedList.name).order_by(UploadedList.name))),
        groups=_groups(session),
        parts=_parts(session, {int(one) for one in quiz_ids if one.isdecimal() and len(one) < 10}),
    )


def quizzes_in(draft: Tree) -> set[str]:
    """Return the quizzes that a tree of drafts names."""
    inside = {quiz for item in draft.get("items", []) for quiz in quizzes_in(item)}
    return inside | ({text(draft, "quiz")} if text(draft, "quiz") else set())


def quizzes_of(leaves: Iterable[Mapping[str, Any]]) -> set[str]:
    """Return the quizzes that leaves of conditions name."""
    named: set[str] = set()
    for leaf in leaves:
        answered = leaf.get("answered")
        quiz = answered.get("quiz") if isinstance(answered, dict) else leaf.get("quiz")
        if quiz is not None:
            named.add(str(quiz))
    return named


def _words(rows: Iterable[Any]) -> dict[str, str]:
    return {str(key): words for key, words in rows}


def _groups(session: Session) -> dict[str, list[str]]:
    rows = select(TagGroup.name, Tag.id).join_from(Tag, TagGroup, TagGroup.id == Tag.group_id, isouter=True)
    grouped: dict[str, list[str]] = {}
    for group, tag_id in session.execute(rows.order_by(TagGroup.position, TagGroup.name, Tag.name)):
        grouped.setdefault(group or "", []).append(str(tag_id))
    return grouped


def _parts(session: Session, quiz_ids: set[int]) -> dict[str, QuizParts]:
    if not quiz_ids:
        return {}
    newest = select(QuizVersion).join(Quiz, Quiz.id == QuizVersion.quiz_id).where(QuizVersion.number == Quiz.version)
    return {
        str(version.quiz_id): _parts_of(version) for version in session.scalars(newest.where(Quiz.id.in_(quiz_ids)))
    }


def _parts_of(version: QuizVersion) -> QuizParts:
    return QuizParts(
        results={one["key"]: str(one.get("name") or one["key"]) for one in version.results},
        questions={one["key"]: f"{number}. {one.get('text', '')}" for number, one in enumerate(version.questions, 1)},
        choices={
            one["key"]: {choice["key"]: str(choice.get("text", "")) for choice in one.get("choices") or ()}
            for one in version.questions
        },
    )
