"""Random friends with random facts, and random conditions over them."""

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from models import (
    AttemptState,
    FriendState,
    FriendTag,
    KeywordHit,
    PlayedIn,
    Quiz,
    QuizAnswer,
    QuizAttempt,
    QuizVersion,
    TagSource,
    TrackedLink,
    UploadedList,
    UploadedListMember,
)
from models.tracked_link import LinkKind
from tests.conftest import NOW
from tests.factories import make_friend, make_rule, make_tag

TAGS, QUIZZES, RULES, LISTS = range(1, 7), (1, 2), (1, 2, 3), (1, 2)
QUESTIONS, CHOICES, RESULTS, CODES = ("q1", "q2"), ("a", "b", "c"), ("r1", "r2"), ("poster", "shop")
NAMES = ("gender", "生日", "baby months", 'a "b"', "c\\d", "x.y")
VALUES: tuple[Any, ...] = (
    *("female", "male", "", "7", "true", "null", "é", "😀", "1990-05-01", "2026-02-29", "2024-02-29", "2026-11-20"),
    *(7, 7.5, -3, 0, 12, 1e3, 0.1, True, False),
)
WANTED = (*VALUES, "2000-01-01", 100, "[1]", "不同")
DAYS = (1, 7, 30)


def make_brand(session: Session, chance: random.Random, friends: int) -> None:
    """Things to ask for, and friends of whom some of it is known."""
    for number in TAGS:
        make_tag(session, f"標籤 {number}")
    for number in RULES:
        make_rule(session, f"關鍵字 {number}")
    for code in CODES:
        session.add(TrackedLink(kind=LinkKind.ENTRY, code=code, name=code, tags=[], created_at=NOW))
    for number in LISTS:
        session.add(UploadedList(name=f"名單 {number}", created_at=NOW))
    for number in QUIZZES:
        session.add(Quiz(id=number, code=f"quiz{number}", name=f"測驗 {number}", created_at=NOW, updated_at=NOW))
        questions = [{"key": key, "text": key, "choices": [{"key": one} for one in CHOICES]} for key in QUESTIONS]
        results = [{"key": key, "name": key} for key in RESULTS]
        version = QuizVersion(
            id=number, quiz_id=number, number=1, questions=questions, results=results, ending={}, created_at=NOW
        )
        session.flush()
        session.add(version)
    session.flush()
    for _ in range(friends):
        _make_friend(session, chance)
    session.flush()


def a_tree(chance: random.Random, *, levels: int = 4, segments: tuple[int, ...] = ()) -> dict[str, Any]:
    """Conditions of any shape: empty groups, nots upon nots, the same leaf twice."""
    kind = chance.choice(("all", "any", "not", "leaf", "leaf")) if levels > 1 else "leaf"
    if kind == "not":
        return {"not": a_tree(chance, levels=levels - 1, segments=segments)}
    if kind == "leaf":
        return a_leaf(chance, segments)
    parts = chance.choice((0, 1, 2, 2, 3, 3, 4))
    return {kind: [a_tree(chance, levels=levels - 1, segments=segments) for _ in range(parts)]}


def a_leaf(chance: random.Random, segments: tuple[int, ...] = ()) -> dict[str, Any]:
    """One leaf of any kind."""
    leaves: tuple[Any, ...] = (_tag, _tag, _tag, _attribute, _attribute, _followed, _quiz, _answered, _keyword)
    leaf = chance.choice((*leaves, _source, _random, _uploaded, _not_kept, *([_segment] if segments else [])))
    return leaf(chance, segments) if leaf is _segment else leaf(chance)


def a_moment(chance: random.Random) -> datetime:
    """A moment of the last forty days; now and then exactly some days ago."""
    days = chance.choice((*DAYS, chance.uniform(0, 40)))
    return NOW - timedelta(days=days)


def _make_friend(session: Session, chance: random.Random) -> None:
    known = chance.random() < 0.9
    attributes = {name: chance.choice(VALUES) for name in NAMES if chance.random() < 0.6}
    friend = make_friend(
        session,
        state=chance.choice((FriendState.FOLLOWING,) * 5 + (FriendState.NOT_FOLLOWING, FriendState.UNKNOWN)),
        followed_at=a_moment(chance) if known else None,
        tracked_link_id=chance.choice((None, None, 1, 2)),
        attributes=attributes,
    )
    for tag in TAGS:
        if chance.random() < 0.4:
            end = chance.choice((None, None, NOW, NOW - timedelta(days=1), NOW + timedelta(days=1)))
            worn = FriendTag(friend_id=friend.id, tag_id=tag, source=TagSource.IMPORT, tagged_at=a_moment(chance))
            worn.expires_at = end
            session.add(worn)
    for rule in RULES:
        if chance.random() < 0.3:
            session.add(KeywordHit(keyword_rule_id=rule, friend_id=friend.id, last_at=a_moment(chance)))
    for one in LISTS:
        if chance.random() < 0.3:
            session.add(UploadedListMember(uploaded_list_id=one, friend_id=friend.id))
    for quiz in QUIZZES:
        for number in range(1, chance.choice((1, 2, 3))):
            _make_attempt(session, chance, friend.id, quiz, number)


def _make_attempt(session: Session, chance: random.Random, friend_id: int, quiz: int, number: int) -> None:
    at, is_finished = a_moment(chance), chance.random() < 0.7
    attempt = QuizAttempt(
        quiz_id=quiz,
        version_id=quiz,
        friend_id=friend_id,
        number=number,
        on=at.date(),
        key=f"{friend_id}-{quiz}-{number}",
        state=AttemptState.FINISHED if is_finished else AttemptState.ENDED,
        place=PlayedIn.CHAT,
        asked_at=at,
        started_at=at,
        finished_at=at if is_finished else None,
        result_key=chance.choice((None, *RESULTS)) if is_finished else None,
    )
    session.add(attempt)
    session.flush()
    for step, question in enumerate(QUESTIONS):
        for choice in chance.sample(("", *CHOICES), chance.choice((0, 1, 2))):
            answer = QuizAnswer(attempt_id=attempt.id, question_key=question, choice_key=choice, quiz_id=quiz)
            answer.friend_id, answer.step, answer.answered_at = friend_id, step, a_moment(chance)
            answer.value = None if choice else chance.choice((None, "寫的字"))  # without either it was skipped
            answer.value = None if choice else chance.choice((None, "0912345678"))  # neither: it was skipped
            session.add(answer)


def _lately(chance: random.Random) -> dict[str, int]:
    return {"within_days": chance.choice(DAYS)} if chance.random() < 0.3 else {}


def _tag(chance: random.Random) -> dict[str, Any]:
    number = chance.choice(TAGS)
    return {"tag": chance.choice((number, f"標籤 {number}"))} | _lately(chance)


def _attribute(chance: random.Random) -> dict[str, Any]:
    comparison = chance.choice(("is", "is_not", "in", "less_than", "more_than", "exists"))
    value: Any = chance.choice(WANTED)
    if comparison == "in":
        value = chance.sample(WANTED, chance.choice((0, 1, 3)))
    elif comparison == "exists":
        value = chance.random() < 0.5
    elif comparison.endswith("than"):
        value = chance.choice((7, 7.5, 0.1, 12, -1, "1990-05-01", "2024-02-29", "2026-11-20", "2000-01-01"))
    return {"attribute": chance.choice((*NAMES, "unheard of")), comparison: value}


def _followed(chance: random.Random) -> dict[str, Any]:
    asked: dict[str, Any] = _lately(chance)
    if chance.random() < 0.6:
        asked["after"] = a_moment(chance).isoformat()
    if not asked or chance.random() < 0.4:
        asked["before"] = a_moment(chance).isoformat()
    return {"followed": asked}


def _quiz(chance: random.Random) -> dict[str, Any]:
    result = {"result": chance.choice(RESULTS)} if chance.random() < 0.7 else {}
    return {"quiz": chance.choice(QUIZZES)} | result | _lately(chance)


def _answered(chance: random.Random) -> dict[str, Any]:
    asked = {"quiz": chance.choice(QUIZZES), "question": chance.choice(QUESTIONS)}
    choice = {"choice": chance.choice(CHOICES)} if chance.random() < 0.7 else {}
    return {"answered": asked | choice | _lately(chance)}


def _keyword(chance: random.Random) -> dict[str, Any]:
    return {"keyword": chance.choice(RULES)} | _lately(chance)


def _source(chance: random.Random) -> dict[str, Any]:
    return {"source": chance.choice(CODES)} | _lately(chance)


def _random(chance: random.Random) -> dict[str, Any]:
    return {"random": {"percent": chance.choice((0, 1, 12.5, 50, 100)), "seed": chance.choice(("x", 7, ""))}}


def _uploaded(chance: random.Random) -> dict[str, Any]:
    return {"uploaded": chance.choice(LISTS)}


def _not_kept(chance: random.Random) -> dict[str, Any]:
    return chance.choice(
        (
            {"points": {"at_least": chance.choice((0, 1, 30))}},
            {"event": {"name": "add_to_cart", "within_days": 7, "product": "p1"}},
            {"purchased": {"amount_at_least": 100}},
        )
    )


def _segment(chance: random.Random, segments: tuple[int, ...]) -> dict[str, Any]:
    return {"segment": chance.choice(segments)}
