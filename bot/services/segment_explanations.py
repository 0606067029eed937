"""Why a friend is in a segment or not: each part of the conditions with what is known of the friend."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.rules.segments import (
    All,
    Answered,
    AnyOf,
    Attribute,
    CameThrough,
    Condition,
    Facts,
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
    evaluate,
    references_of,
    write_conditions,
)
from bot.services import segment_references
from models import KeywordRule, Quiz, QuizVersion, Segment, Tag, TrackedLink, UploadedList

Said = tuple[str, Mapping[str, object]]


@dataclass(frozen=True)
class Explained:
    """One part of conditions. `text` with its `values` says what is known; a group says nothing of its own."""

    conditions: dict[str, Any]
    is_true: bool
    children: tuple["Explained", ...] = ()
    text: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def fact(self) -> str:
        """What is known of the friend, in a sentence."""
        return self.text % self.values if self.values else self.text


def explain(
    session: Session,
    condition: Condition,
    facts: Facts,
    segments: Mapping[int, Condition],
    *,
    now: datetime,
    zone: ZoneInfo,
) -> Explained:
    """Explain checked conditions; `segments` are those referred to, and their parts stand below them."""
    whole = segment_references.together([condition, *segments.values()])
    speaker = _Speaker(_names(session, whole), facts, now, zone)

    def one(part: Condition) -> Explained:
        is_true = evaluate(part, facts, now=now, segments=segments)
        written = write_conditions(part)
        match part:
            case All(parts) | AnyOf(parts):
                return Explained(written, is_true, tuple(one(inner) for inner in parts))
            case Not(inner):
                return Explained(written, is_true, (one(inner),))
            case InSegment(number):
                text, values = speaker.say(part)
                return Explained(written, is_true, (one(segments[number]),), text, values)
        text, values = speaker.say(part)
        return Explained(written, is_true, (), text, values)

    return one(condition)


@dataclass(frozen=True)
class _Names:
    """What things are called, by kind and key."""

    known: Mapping[tuple[str, object], str]

    def of(self, kind: str, key: object) -> str:
        return self.known.get((kind, key), f"#{key}")


def _names(session: Session, condition: Condition) -> _Names:
    asked = references_of(condition)
    known: dict[tuple[str, object], str] = {}
    for kind, model, ids in (
        ("tag", Tag, asked.tags),
        ("quiz", Quiz, asked.quizzes),
        ("keyword", KeywordRule, asked.rules),
        ("segment", Segment, asked.segments),
        ("uploaded", UploadedList, asked.uploads),
    ):
        rows = session.execute(select(model.id, model.name).where(model.id.in_(ids))) if ids else ()
        known |= {(kind, key): name for key, name in rows}
    links = select(TrackedLink.code, TrackedLink.name)
    known |= {("source", code): name for code, name in session.execute(links)}
    for version in session.scalars(
        select(QuizVersion).where(QuizVersion.quiz_id.in_(asked.quizzes)).order_by(QuizVersion.number)
    ):
        known |= _names_of_quiz(version)
    return _Names(known)


def _names_of_quiz(version: QuizVersion) -> dict[tuple[str, object], str]:
    known: dict[tuple[str, object], str] = {}
    for result in version.results:
        known["result", (version.quiz_id, result["key"])] = str(result.get("name") or result["key"])
    for question in version.questions:
        known["question", (version.quiz_id, question["key"])] = str(question.get("text") or question["key"])
        for choice in question.get("choices") or ():
            place = (version.quiz_id, question["key"], choice["key"])
            known["choice", place] = str(choice.get("text") or choice["key"])
    return known


@dataclass(frozen=True)
class _Speaker:
    """Says what is known of one friend."""

    names: _Names
    facts: Facts
    now: datetime
    zone: ZoneInfo

    def say(self, leaf: Leaf) -> Said:
        """Return a sentence and what stands in its places."""
        match leaf:
            case Tagged(tag):
                return self._tag(tag)
            case Attribute(name):
                if name not in self.facts.attributes:
                    return "沒有屬性「%(name)s」", {"name": name}
                return "屬性「%(name)s」是「%(value)s」", {"name": name, "value": _shown(self.facts.attributes[name])}
            case Followed():
                if self.facts.followed_at is None:
                    return "不知道是什麼時候加入的", {}
                return "%(at)s 加入", {"at": self._moment(self.facts.followed_at)}
            case CameThrough(code):
                return self._source(code)
            case QuizFinished(quiz):
                return self._finish(quiz)
            case Answered():
                return self._answer(leaf)
            case KeywordCalled(rule):
                at = self.facts.keywords.get(rule)
                if at is None:
                    return "沒有說過「%(rule)s」的關鍵字", {"rule": self.names.of("keyword", rule)}
                values = {"rule": self.names.of("keyword", rule), "at": self._moment(at)}
                return "最近一次說「%(rule)s」的關鍵字是 %(at)s", values
        return self._other(leaf)

    def _tag(self, tag: int | str) -> Said:
        name = self.names.of("tag", tag)
        worn = next((one for one in self.facts.tags if one.tag == tag), None)
        if worn is None:
            return "沒有標籤「%(tag)s」", {"tag": name}
        if worn.expires_at is not None and worn.expires_at <= self.now:
            return "標籤「%(tag)s」已在 %(at)s 到期", {"tag": name, "at": self._moment(worn.expires_at)}
        return "有標籤「%(tag)s」，%(at)s 貼上", {"tag": name, "at": self._moment(worn.tagged_at)}

    def _source(self, code: str) -> Said:
        if self.facts.source is None:
            return "沒有經由任何加入管道，不是從「%(link)s」來的", {"link": self.names.of("source", code)}
        return "這次是從「%(link)s」加入的", {"link": self.names.of("source", self.facts.source)}

    def _finish(self, quiz: int) -> Said:
        name = self.names.of("quiz", quiz)
        ends = [one for one in self.facts.finishes if one.quiz == quiz]
        if not ends:
            return "沒有做完測驗「%(quiz)s」", {"quiz": name}
        results = dict.fromkeys(self.names.of("result", (quiz, one.result)) for one in ends if one.result is not None)
        at = max((one.at for one in ends if one.at is not None), default=None)
        shown = {"quiz": name, "at": self._moment(at) if at else ""}
        if not results:
            return "做完了測驗「%(quiz)s」（%(at)s），沒有結果", shown
        return "做完了測驗「%(quiz)s」（%(at)s），結果是「%(result)s」", {**shown, "result": "、".join(results)}

    def _answer(self, leaf: Answered) -> Said:
        place = (leaf.quiz, leaf.question)
        shown: dict[str, object] = {"question": self.names.of("question", place)}
        given = [one for one in self.facts.answers if (one.quiz, one.question) == place]
        if not given:
            return "沒有回答「%(question)s」", shown
        chosen = dict.fromkeys(self.names.of("choice", (*place, one.choice)) for one in given if one.choice)
        shown["at"] = self._moment(max(one.at for one in given))
        if not chosen:
            return "回答了「%(question)s」（%(at)s）", shown
        return "「%(question)s」選了「%(choice)s」（%(at)s）", {**shown, "choice": "、".join(chosen)}

    def _other(self, leaf: Leaf) -> Said:
        match leaf:
            case RandomShare(percent):
                is_in = evaluate(leaf, self.facts, now=self.now)
                said = "在隨機抽出的 %(percent)s%% 裡" if is_in else "不在隨機抽出的 %(percent)s%% 裡"
                return said, {"percent": percent}
            case InSegment(segment):
                return "分眾「%(segment)s」：", {"segment": self.names.of("segment", segment)}
            case OnUploadedList(uploaded):
                is_in = uploaded in self.facts.uploads
                said = "在名單「%(list)s」上" if is_in else "不在名單「%(list)s」上"
                return said, {"list": self.names.of("uploaded", uploaded)}
            case NotKept(kind):
                return "還沒有任何「%(kind)s」的紀錄", {"kind": kind}
        raise TypeError(leaf)

    def _moment(self, at: datetime) -> str:
        return at.astimezone(self.zone).strftime("%Y/%m/%d %H:%M")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)
