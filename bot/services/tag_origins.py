"""Who or what put tags on a friend, by the names they have now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import (
    ApiToken,
    FriendTag,
    Game,
    KeywordRule,
    Quiz,
    QuizVersion,
    ReferralProgram,
    Staff,
    TagImport,
    TagSource,
    TrackedLink,
)

NAMES: dict[TagSource, tuple[InstrumentedAttribute[int], InstrumentedAttribute[str]]] = {
    TagSource.STAFF: (Staff.id, Staff.name),
    TagSource.API: (ApiToken.id, ApiToken.name),
    TagSource.KEYWORD_RULE: (KeywordRule.id, KeywordRule.name),
    TagSource.LINK: (TrackedLink.id, TrackedLink.name),
    TagSource.IMPORT: (TagImport.id, TagImport.name),
    TagSource.QUIZ: (Quiz.id, Quiz.name),
    TagSource.GAME: (Game.id, Game.name),
    TagSource.REFERRAL: (ReferralProgram.id, ReferralProgram.name),
}
RESULT = "result"


@dataclass(frozen=True)
class Origin:
    """Where one tag on one friend came from; None for what is not known or gone."""

    source: TagSource
    id: int | None
    name: str | None = None  # of the staff, rule, quiz …
    question: str | None = None  # of a quiz, with the choice made
    choice: str | None = None
    result: str | None = None  # of a quiz
    detail: str | None = None  # as it was noted: the prize of a game, the side of a referral


def origins(session: Session, worn: Sequence[FriendTag]) -> dict[tuple[int, int], Origin]:
    """Return the origin of each of these tags by (friend id, tag id)."""
    wanted: dict[TagSource, set[int]] = defaultdict(set)
    for one in worn:
        if one.source_id is not None:
            wanted[one.source].add(one.source_id)
    names: dict[TagSource, dict[int, str]] = {}
    for source, ids in wanted.items():
        if source in NAMES:
            key, name = NAMES[source]
            names[source] = dict(session.execute(select(key, name).where(key.in_(ids))).all())
    sheets = _sheets(session, wanted[TagSource.QUIZ])
    return {(one.friend_id, one.tag_id): _origin(one, names, sheets) for one in worn}


def _origin(
    worn: FriendTag, names: Mapping[TagSource, Mapping[int, str]], sheets: Mapping[int, Mapping[str, str]]
) -> Origin:
    source_id = worn.source_id
    name = None if source_id is None else names.get(worn.source, {}).get(source_id)
    plain = Origin(worn.source, source_id if name is not None else None, name, detail=worn.source_detail)
    if worn.source is not TagSource.QUIZ or source_id is None or worn.source_detail is None:
        return plain
    said, (question_key, _, _) = sheets.get(source_id, {}), worn.source_detail.partition(":")
    if question_key == RESULT and worn.source_detail in said:
        return Origin(worn.source, plain.id, name, result=said[worn.source_detail])
    return Origin(worn.source, plain.id, name, question=said.get(question_key), choice=said.get(worn.source_detail))


def _sheets(session: Session, quiz_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return the words of quizzes by key, those of the newest version first: also what was asked long ago is known."""
    said: dict[int, dict[str, str]] = defaultdict(dict)
    if not quiz_ids:
        return said
    query = select(QuizVersion).where(QuizVersion.quiz_id.in_(set(quiz_ids)))
    for version in session.scalars(query.order_by(QuizVersion.number.desc())):
        for key, words in _words(version):
            said[version.quiz_id].setdefault(key, words)
    return said


def _words(version: QuizVersion) -> Iterable[tuple[str, Any]]:
    for question in version.questions:
        yield question["key"], question.get("text")
        for choice in question.get("choices") or ():
            yield f"{question['key']}:{choice['key']}", choice.get("text")
    for result in version.results:
        yield f"{RESULT}:{result['key']}", result.get("name")
