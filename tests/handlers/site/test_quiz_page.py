"""A quiz played as a page: what its script asks and what it may see."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from bot.clock import utc_now
from bot.database import Database
from bot.services import friends, quiz_attempts, quizzes
from bot.services.audit import OPERATOR
from bot.services.plays import play_at
from bot.services.quizzes import QuizContent
from models import Friend, Quiz, QuizAnswer, QuizAttempt
from tests.conftest import make_settings
from tests.page_visits import Phone

Json = dict[str, Any]
QUESTIONS: list[Json] = [
    {
        "key": "q1",
        "kind": "single",
        "text": "寶寶可以喝蜂蜜水嗎？",
        "explanation": "一歲以後才可以。",
        "choices": [
            {"key": "a", "text": "可以", "tags": ["要提醒"], "next": "q3"},
            {"key": "b", "text": "不可以", "tags": ["懂寶寶"], "score": 5, "correct": True},
        ],
    },
    {"key": "q2", "kind": "number", "text": "有幾位寶寶？"},
    {"key": "q3", "kind": "text", "text": "想說什麼？", "required": False},
]
PICTURE: Json = {"key": "p", "kind": "picture", "text": "請傳一張照片", "required": False}
RESULT: Json = {"key": "r", "name": "高手", "min_score": 5, "messages": [{"type": "text", "text": "{{score}} 分！"}]}


def make_quiz(db: Database, *questions: Json, **more: Any) -> Quiz:
    content = QuizContent(name="副食品測驗", questions=questions or QUESTIONS, results=[RESULT], **more)
    with db.begin() as session:
        return quizzes.create(session, content, by=OPERATOR, now=utc_now())


def open_quiz(phone: Phone, quiz: Quiz, **body: object) -> Json:
    told: Json = phone.send(f"/liff/q/{quiz.code}/open", body).get_json()
    return told


def answer(phone: Phone, quiz: Quiz, state: Json, **given: object) -> tuple[int, Json]:
    body = {"attempt": state["attempt"], "step": state["step"], "question": state["question"]["key"], **given}
    response = phone.send(f"/liff/q/{quiz.code}/answers", body)
    return response.status_code, response.get_json()


def finish(phone: Phone, quiz: Quiz) -> Json:
    state = open_quiz(phone, quiz)
    for given in ({"choices": ["b"]}, {"value": "2"}, {}):
        state = answer(phone, quiz, state, **given)[1]
    return state


def count_answers(db: Database) -> int:
    with db() as session:
        return session.scalar(select(func.count()).select_from(QuizAnswer)) or 0


@pytest.fixture
def phone(phone: Phone) -> Phone:
    """The phone of a friend whom LINE vouched for."""
    phone.log_in()
    return phone


def test_a_quiz_is_played_to_its_result(phone: Phone, db: Database) -> None:
    quiz = make_quiz(db)

    first = open_quiz(phone, quiz)
    assert (first["name"], first["number"], first["at_most"]) == ("副食品測驗", 1, 3)
    _, second = answer(phone, quiz, first, choices=["b"])
    assert second["explanation"] == {"is_right": True, "right": ["不可以"], "text": "一歲以後才可以。"}
    _, third = answer(phone, quiz, second, value="２位")
    _, ended = answer(phone, quiz, third)

    assert ended["question"] is None
    assert ended["result"] == {"name": "高手", "pieces": [{"kind": "text", "text": "5 分！"}]}
    with db() as session:
        assert session.scalars(select(Friend.line_user_id)).one() == phone.line_user_id


def test_a_page_sees_nothing_of_scores_tags_and_right_answers_before_the_answer(phone: Phone, db: Database) -> None:
    shown = open_quiz(phone, make_quiz(db))["question"]

    assert set(shown) == {"key", "kind", "text", "required", "picture_url", "most", "choices"}
    assert {name for choice in shown["choices"] for name in choice} == {"key", "text", "picture_url"}


def test_nobody_plays_without_being_known(phone: Phone, other_phone: Phone, db: Database) -> None:
    quiz = make_quiz(db)
    assert other_phone.send(f"/liff/q/{quiz.code}/open", {}).status_code == 401
    assert other_phone.send(f"/liff/q/{quiz.code}/answers", {}).status_code == 401
    with db() as session:
        assert session.scalar(select(func.count()).select_from(QuizAttempt)) == 0


def test_an_answer_sent_twice_counts_once(phone: Phone, db: Database) -> None:
    quiz = make_quiz(db)
    state = open_quiz(phone, quiz)

    assert answer(phone, quiz, state, choices=["b"])[0] == 200
    status, refusal = answer(phone, quiz, state, choices=["a"])

    assert (status, refusal["reason"]) == (409, "already_answered")
    assert count_answers(db) == 1
    assert open_quiz(phone, quiz)["question"]["key"] == "q2"


def test_an_answer_to_somebody_elses_attempt_is_refused(phone: Phone, other_phone: Phone, db: Database) -> None:
    quiz = make_quiz(db)
    state = open_quiz(phone, quiz)
    other_phone.log_in()

    status, refusal = answer(other_phone, quiz, state, choices=["a"])

    assert (status, refusal["reason"]) == (409, "not_yours")
    assert "另一位好友" in refusal["detail"]
    assert count_answers(db) == 0


@pytest.mark.parametrize(
    "given, status, reason",
    [
        ({}, 422, "required"),
        ({"choices": ["z"]}, 422, "not_a_choice"),
        ({"choices": ["a", "b"]}, 422, "too_many"),
        ({"choices": ["b"], "step": 7}, 409, "not_this_question"),
        ({"choices": ["b"], "question": "q3"}, 409, "not_this_question"),
        ({"choices": ["b"], "attempt": "nobody"}, 409, "unknown"),
        ({"choices": "b"}, 400, "malformed"),
        ({"choices": [["b"]]}, 400, "malformed"),
        ({"value": 5}, 400, "malformed"),
        ({"choices": ["b"], "step": "0"}, 400, "malformed"),
        ({"choices": ["b"], "attempt": None}, 400, "malformed"),
        ({"choices": ["b"], "attempt": "no\x00body"}, 400, "malformed"),
        ({"choices": ["b"], "attempt": "\ud800"}, 400, "malformed"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(
    phone: Phone, db: Database, given: Json, status: int, reason: str
) -> None:
    quiz = make_quiz(db)
    answered, refusal = answer(phone, quiz, open_quiz(phone, quiz), **given)

    assert (answered, refusal["reason"]) == (status, reason)
    assert refusal["detail"]
    assert count_answers(db) == 0


def test_a_number_that_is_none_can_be_mended(phone: Phone, db: Database) -> None:
    quiz = make_quiz(db)
    state = answer(phone, quiz, open_quiz(phone, quiz), choices=["b"])[1]

    status, refusal = answer(phone, quiz, state, value="很多")
    assert (status, refusal["reason"]) == (422, "not_understood")
    assert "請輸入數字" in refusal["detail"]
    assert answer(phone, quiz, state, value="3")[0] == 200


def test_who_comes_back_goes_on_where_they_stopped(phone: Phone, db: Database) -> None:
    quiz = make_quiz(db)
    answer(phone, quiz, open_quiz(phone, quiz), choices=["b"])

    again = open_quiz(phone, quiz)
    assert (again["question"]["key"], again["is_resumed"], again["number"]) == ("q2", True, 2)


def test_the_result_is_shown_again_and_the_only_attempt_stays_the_only_one(phone: Phone, db: Database) -> None:
    quiz = make_quiz(db)
    ended = finish(phone, quiz)

    again = open_quiz(phone, quiz)
    assert (again["result"], again["may_begin_again"]) == (ended["result"], False)
    refusal = open_quiz(phone, quiz, again=True)
    assert refusal["reason"] == "limit_reached"


def test_who_may_play_twice_sees_the_result_first_and_begins_again(phone: Phone, db: Database) -> None:
    quiz = make_quiz(db, attempts_per_friend=2)
    assert finish(phone, quiz)["may_begin_again"] is True
    assert open_quiz(phone, quiz)["result"]["name"] == "高手"

    assert open_quiz(phone, quiz, again=True)["question"]["key"] == "q1"
    assert open_quiz(phone, quiz)["question"]["key"] == "q1"


def test_a_quiz_outside_its_period_says_so(phone: Phone, db: Database) -> None:
    now = utc_now()
    early = make_quiz(db, active_from=now + timedelta(days=1))
    late = make_quiz(db, active_until=now - timedelta(days=1))

    assert open_quiz(phone, early)["reason"] == "not_started"
    assert open_quiz(phone, late)["reason"] == "over"


def test_a_quiz_that_ended_still_shows_a_result(phone: Phone, db: Database) -> None:
    quiz = make_quiz(db)
    finish(phone, quiz)
    with db.begin() as session:
        session.get_one(Quiz, quiz.id).enabled = False

    assert open_quiz(phone, quiz)["result"]["name"] == "高手"


def test_an_address_of_no_quiz_is_a_page_that_says_so(phone: Phone) -> None:
    page = phone.browser.get("/liff/q/nothing")
    assert page.status_code == 404
    assert "找不到這份測驗或問卷" in page.text


def test_the_page_shows_the_name_and_nothing_of_the_questions(phone: Phone, db: Database) -> None:
    quiz = make_quiz(db)
    page = phone.browser.get(f"/liff/q/{quiz.code}")
    assert page.status_code == 200
    assert "<title>副食品測驗</title>" in page.text
    assert "蜂蜜水" not in page.text


def test_a_picture_is_sent_to_the_chat_and_the_page_goes_on(phone: Phone, db: Database, pages_app: Flask) -> None:
    quiz = make_quiz(db, PICTURE, QUESTIONS[2])
    assert open_quiz(phone, quiz)["question"]["kind"] == "picture"

    play = play_at(make_settings("sqlite:///unused"), now=utc_now())
    with db.begin() as session:
        friend = friends.lock(session, [phone.line_user_id], now=play.now)[phone.line_user_id]
        assert quiz_attempts.take_picture(session, "message-id", friend, play) is not None

    assert open_quiz(phone, quiz)["question"]["key"] == "q3"
