"""Quizzes over the API: made, read, changed, refused with the place of each fault, deleted."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from bot.database import Database
from bot.services import quiz_attempts
from bot.services.plays import Play
from models import Quiz, QuizAttempt, Segment, Tag
from tests.conftest import NOW
from tests.factories import make_friend, make_rule, text
from tests.handlers.api.conftest import Caller
from tests.quiz_factories import SKIN, SKIN_RESULTS, choice, free, make_quiz, multiple, result, single

Json = dict[str, Any]


def body(*questions: Json, **changes: Any) -> Json:
    made: Json = {"name": "膚質測驗", "start_keywords": ["膚質測驗"], "questions": list(questions or SKIN)}
    return made | ({} if questions else {"results": list(SKIN_RESULTS)}) | changes


def errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.get_json()
    return {error["field"]: error["message"] for error in answer.get_json()["errors"]}


def test_a_quiz_is_made_read_changed_and_deleted(owner: Caller, db: Database) -> None:
    made = owner.post("/quizzes", body(starts_on_follow=True, attempts_per_day=2))
    assert made.status_code == 201, made.get_json()
    quiz = made.get_json()
    assert quiz["start_keywords"] == [{"text": "膚質測驗", "match": "exact"}]
    assert quiz["start_data"] == f"quiz:start:{quiz['code']}"
    assert quiz["questions"][0]["choices"][1]["tags"] == ["油性肌"]
    assert (quiz["attempts_per_friend"], quiz["attempts_per_day"]) == (1, 2)
    assert quiz["warnings"] == []
    assert owner.get(f"/quizzes/{quiz['id']}").get_json() == quiz
    assert owner.get("/quizzes").get_json() == {"items": [quiz], "next": None}

    changed = owner.patch(f"/quizzes/{quiz['id']}", {"name": "新名字", "attempts_per_friend": None}).get_json()
    assert (changed["name"], changed["version"], changed["attempts_per_friend"]) == ("新名字", 1, None)
    again = owner.patch(f"/quizzes/{quiz['id']}", {"questions": changed["questions"], "results": []}).get_json()
    assert (again["version"], again["results"], again["questions"]) == (2, [], quiz["questions"])

    assert owner.delete(f"/quizzes/{quiz['id']}").status_code == 204
    assert owner.get(f"/quizzes/{quiz['id']}").status_code == 404
    with db() as session:
        assert session.scalars(select(Quiz)).all() == []


def test_missing_keys_are_given_and_those_of_deleted_questions_never_again(owner: Caller) -> None:
    plain = {"kind": "single", "text": "早餐？", "choices": [{"text": "吃了"}, {"text": "沒吃"}]}
    quiz = owner.post("/quizzes", body(plain, {"kind": "text", "text": "吃什麼？"})).get_json()
    assert [question["key"] for question in quiz["questions"]] == ["q1", "q2"]
    assert [one["key"] for one in quiz["questions"][0]["choices"]] == ["c1", "c2"]
    first = quiz["questions"][0] | {"choices": [quiz["questions"][0]["choices"][0], {"text": "忘了"}]}
    changed = owner.patch(
        f"/quizzes/{quiz['id']}", {"questions": [first, {"kind": "date", "text": "哪天？"}]}
    ).get_json()
    assert [question["key"] for question in changed["questions"]] == ["q1", "q3"]
    assert [one["key"] for one in changed["questions"][0]["choices"]] == ["c1", "c3"]


@pytest.mark.parametrize(
    "given, place, part",
    [
        (body(single("a", "?", choice("x", "好", next="gone"))), "questions[0].choices[0].next", "沒有「gone」這一題"),
        (body(free("a", "text", "?", next="b")), "questions[0].next", "沒有「b」這一題"),
        (body(single("a", "?")), "questions[0].choices", "至少填一個選項"),
        (body(free("a", "text", "?", choices=[choice("x", "好")])), "questions[0].choices", "沒有選項"),
        (body(free("a", "text", "?", next="b"), free("b", "text", "?", next="a")), "questions[0].next", "到不了結尾"),
        (body(free("a", "text", "?"), free("a", "text", "?")), "questions[1].key", "重複"),
        (body(single("a", "?", choice("x", "好"), choice("y", " 好 "))), "questions[0].choices[1].text", "一樣"),
        (body(multiple("a", "?", choice("x", "好"), most=3)), "questions[0].most", "選項數 1"),
        (body(free("a", "picture", "?", attribute="photo")), "questions[0].attribute", "照片"),
        (body(free("a", "text", "?", attribute="月" * 61)), "questions[0].attribute", "最多 60 個字"),
        (body(free("a", "text", "?", picture_url="http://a.example/b.png")), "questions[0].picture_url", "https://"),
        (
            body(results=[result("a", "甲", 0, 10), result("b", "乙", 10, 20)]),
            "results[1].min_score",
            "和「甲」重疊",
        ),
        (body(results=[result("a", "甲", 0, 5), result("b", "乙", 9, 20)]), "results[1].min_score", "6 到 8 分"),
        (body(results=[result("a", "甲", 5, 2)]), "results[0].max_score", "不能小於"),
        (body(results=[result("a", "甲", messages=[{"type": "text", "text": ""}])]), "results[0].messages[0].text", ""),
        (body(results=[result("a", "甲", reward={"points": 0})]), "results[0].reward.points", "點數"),
        (body(ending={"by": "most_picked"}), "questions", "計入結果"),
        (body(active_from="2026-11-21T00:00:00+08:00", active_until="2026-11-20T00:00:00Z"), "active_until", "晚於"),
        (body(start_keywords=[{"text": "(", "match": "pattern"}]), "start_keywords[0].text", ""),
        (body(single("a", "?", choice("x", "好", tags=[999]))), "questions[0].choices[0].tags[0]", "999"),
        (body(single("a", "?", choice("x", "好", result="r9"))), "questions[0].choices[0].result", "r9"),
    ],
)  # fmt: skip
def test_each_fault_is_named_at_its_place(owner: Caller, given: Json, place: str, part: str) -> None:
    found = errors(owner.post("/quizzes", given))
    assert part in found[place]


def test_what_may_be_a_mistake_is_a_warning(owner: Caller) -> None:
    questions = [free("a", "text", "?", next="end"), free("b", "text", "?")]
    quiz = owner.post("/quizzes", body(*questions)).get_json()
    assert quiz["warnings"] == [{"field": "questions[1]", "message": "沒有任何回答會走到這一題。"}]
    scored = single("a", "?", choice("x", "好", score=20))
    quiz = owner.post("/quizzes", body(scored, results=[result("r", "甲", 0, 10)])).get_json()
    assert [warning["field"] for warning in quiz["warnings"]] == ["results[0].max_score"]


def test_a_quiz_in_use_is_not_deleted_and_says_by_whom(owner: Caller, db: Database) -> None:
    with db.begin() as session:
        quiz = make_quiz(session)
        button = {"type": "action", "action": {"type": "postback", "label": "測", "data": f"quiz:start:{quiz.code}"}}
        make_rule(session, "我要測驗", name="邀請測驗", messages=[text("來玩") | {"quickReply": {"items": [button]}}])
    refused = owner.delete(f"/quizzes/{quiz.id}")
    assert refused.status_code == 409
    assert "邀請測驗" in refused.get_json()["detail"]


def test_a_quiz_in_a_segment_is_not_deleted(owner: Caller, db: Database) -> None:
    with db.begin() as session:
        quiz = make_quiz(session)
        conditions = {"quiz": quiz.id, "result": "lively"}
        session.add(Segment(name="活力型的好友", conditions=conditions, version=1, created_at=NOW, updated_at=NOW))
    refused = owner.delete(f"/quizzes/{quiz.id}")
    assert refused.status_code == 409
    assert "活力型的好友" in refused.get_json()["detail"]


def test_a_quiz_that_was_played_is_put_away_with_its_answers(owner: Caller, db: Database) -> None:
    with db.begin() as session:
        quiz, friend = make_quiz(session), make_friend(session)
        quiz_attempts.start(session, quiz.id, friend, Play(NOW, ZoneInfo("Asia/Taipei"), "http://127.0.0.1:8000"))
    assert owner.delete(f"/quizzes/{quiz.id}").status_code == 204
    assert owner.get("/quizzes").get_json()["items"] == []
    with db() as session:
        assert session.scalars(select(QuizAttempt.state)).one() == "ended"


def test_a_refused_quiz_leaves_no_tags_behind(owner: Caller, db: Database) -> None:
    errors(owner.post("/quizzes", body(single("a", "?", choice("x", "好", tags=["新標籤", " "])))))
    with db() as session:
        assert session.scalars(select(Tag)).all() == []


def test_viewers_read_and_do_not_write(viewer: Caller) -> None:
    assert viewer.get("/quizzes").status_code == 200
    assert viewer.post("/quizzes", body()).status_code == 403
