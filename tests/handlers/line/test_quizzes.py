"""Quizzes in the chat, through LINE's door: played, branched, resumed, and every answer that changes nothing."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.event import listen

from bot.database import Database
from bot.runtime import Runtime
from bot.services import quizzes, segments
from bot.services.audit import OPERATOR
from models import (
    AttemptState,
    AuditEntry,
    ChatMessage,
    ChatSource,
    Friend,
    FriendTag,
    KeywordHit,
    QuizAnswer,
    QuizAttempt,
    RewardPromise,
    TagSource,
)
from tests.conftest import NOW
from tests.factories import make_rule, set_greeting
from tests.fakes import FakeLine
from tests.handlers.line.conftest import Clock
from tests.line_events import deliver, event, follow, says, taps, user
from tests.quiz_factories import (
    buttons_of,
    choice,
    free,
    make_quiz,
    multiple,
    result,
    single,
    text,
    words_of,
)

Settled = Callable[[], None]
Json = dict[str, Any]
ALICE, BOB = user(1), user(2)


class Chat:
    """A friend's side of the chat: what is said and tapped, and what comes back."""

    def __init__(self, client: FlaskClient, line: FakeLine, settled: Settled, who: str = ALICE) -> None:
        self._client, self._line, self._settled, self.who = client, line, settled, who
        self.last: list[Json] = []

    def deliver(self, *events: Json) -> list[list[Json]]:
        """Deliver events and return the replies, one list of messages for each."""
        deliver(self._client, *events)
        self._settled()
        replies = [self._line.replies.get(one.get("replyToken", ""), []) for one in events]
        self.last = next((one for one in reversed(replies) if one), self.last)
        return replies

    def says(self, words: str) -> str:
        return words_of(self.deliver(says(self.who, words))[0])

    def taps(self, label: str) -> str:
        """Tap a button of the newest reply."""
        return self.sends(self.button(label))

    def sends(self, data: str, **changes: Any) -> str:
        return words_of(self.deliver(taps(self.who, data, **changes))[0])

    def button(self, label: str) -> str:
        return buttons_of(self.last)[label]

    def other(self, who: str) -> "Chat":
        return Chat(self._client, self._line, self._settled, who)


@pytest.fixture
def chat(client: FlaskClient, line: FakeLine, settled: Settled) -> Chat:
    return Chat(client, line, settled)


def attempts(db: Database) -> list[QuizAttempt]:
    with db() as session:
        return list(session.scalars(select(QuizAttempt).order_by(QuizAttempt.id)))


def only_attempt(db: Database) -> QuizAttempt:
    [attempt] = attempts(db)
    return attempt


def answers(db: Database) -> list[tuple[str, str, str | None]]:
    with db() as session:
        rows = session.scalars(select(QuizAnswer).order_by(QuizAnswer.attempt_id, QuizAnswer.step))
        return [(row.question_key, row.choice_key, row.value) for row in rows]


def tags_of(db: Database) -> dict[str, tuple[TagSource, int | None, str | None]]:
    with db() as session:
        worn = session.scalars(select(FriendTag).order_by(FriendTag.tag_id))
        return {one.tag.name: (one.source, one.source_id, one.source_detail) for one in worn}


def everything(db: Database) -> tuple[object, ...]:
    """All that an answer may change."""
    with db() as session:
        rows = session.execute(select(*QuizAttempt.__table__.columns).order_by(QuizAttempt.id)).all()
        promises = session.scalar(select(func.count()).select_from(RewardPromise))
        attributes = session.scalars(select(Friend.attributes).order_by(Friend.id)).all()
    return rows, answers(db), tags_of(db), promises, attributes


def test_a_quiz_of_three_questions_is_played_with_its_branch_to_result_tags_and_reward(
    chat: Chat, db: Database
) -> None:
    with db.begin() as session:
        quiz = make_quiz(session)
    assert "您的膚質是？" in chat.says("膚質測驗")
    assert list(buttons_of(chat.last)) == ["乾性", "油性"]
    assert "常運動嗎" in chat.taps("油性")  # the branch leaves the glasses of water out
    assert chat.taps("常常") == "結果：活力型"

    attempt = only_attempt(db)
    assert (attempt.state, attempt.result_key, attempt.score) == (AttemptState.FINISHED, "lively", 15)
    assert answers(db) == [("skin", "oily", None), ("sport", "yes", None)]
    assert tags_of(db) == {
        "油性肌": (TagSource.QUIZ, quiz.id, "skin:oily"),
        "活力": (TagSource.QUIZ, quiz.id, "result:lively"),
    }
    with db() as session:
        promise = session.scalars(select(RewardPromise)).one()
        assert (promise.reward, promise.cause_id) == ({"points": 30}, quiz.id)
        said = session.scalars(select(ChatMessage).where(ChatMessage.source == ChatSource.QUIZ)).all()
        assert [line.source_id for line in said] == [quiz.id] * 3


def test_the_other_branch_ends_after_the_second_question(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session)
    chat.says("膚質測驗")
    assert "幾杯水" in chat.taps("乾性")
    assert chat.taps("很多") == "結果：沉穩型"
    assert only_attempt(db).score == 3


@pytest.mark.parametrize("typed", ["油性", "2", "２", "B", "選2", "第二個", "我是油性"])
def test_an_answer_typed_instead_of_tapped_is_understood(chat: Chat, db: Database, typed: str) -> None:
    with db.begin() as session:
        make_quiz(session)
    chat.says("膚質測驗")
    assert "常運動嗎" in chat.says(typed)


def test_the_text_of_a_choice_goes_before_a_keyword_rule(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session)
        make_rule(session, "油性", answer="油性產品在這裡")
    assert chat.says("油性") == "油性產品在這裡"
    chat.says("膚質測驗")
    assert "常運動嗎" in chat.says("油性")


def test_a_keyword_leaves_a_free_question_open_and_the_start_word_comes_back_to_it(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session, free("why", "text", "為什麼喜歡我們？"), name="問卷")
        make_rule(session, "營業時間", answer="十點到九點")
    chat.says("問卷")
    assert chat.says("營業時間") == "十點到九點"
    assert answers(db) == []
    resumed = chat.says("問卷")
    assert "為什麼喜歡我們" in resumed
    assert chat.says("因為服務好，營業時間長") == "作答完成，謝謝您！"
    assert answers(db) == [("why", "", "因為服務好，營業時間長")]


def test_the_keyword_of_a_rule_for_others_answers_a_free_question(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session, free("why", "text", "為什麼喜歡我們？"), name="問卷")
        nobody = segments.create(session, "沒有人", {"any": []}, by=OPERATOR, now=NOW)
        make_rule(session, "優惠", answer="會員價", segment_id=nobody.id)
    chat.says("問卷")
    assert chat.says("優惠") == "作答完成，謝謝您！"
    assert answers(db) == [("why", "", "優惠")]


def test_somebody_who_wandered_off_resumes_where_the_quiz_stopped(chat: Chat, db: Database, clock: Clock) -> None:
    with db.begin() as session:
        quiz = make_quiz(session, attempts_per_friend=1)
    chat.says("膚質測驗")
    chat.taps("油性")
    clock.now += timedelta(days=3)
    words = chat.sends(f"quiz:start:{quiz.code}")
    assert "歡迎回來" in words
    assert "常運動嗎" in words
    assert chat.taps("不常") == "結果：活力型"
    assert len(attempts(db)) == 1


def refusal(chat: Chat, db: Database, data: str) -> str:
    """Tap a button and make sure that nothing changed."""
    before = everything(db)
    words = chat.sends(data)
    assert words
    assert everything(db) == before
    return words


def test_every_tap_that_does_not_fit_has_its_own_message_and_changes_nothing(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session, attempts_per_friend=1)
    chat.says("膚質測驗")
    first = chat.button("油性")
    chat.taps("油性")
    key = only_attempt(db).key
    said = {
        "double tap": refusal(chat, db, first),
        "other choice of an answered question": refusal(chat, db, first.replace(":oily", ":dry")),
        "another question": refusal(chat, db, f"quiz:{key}:1:water:few"),
        "a step to come": refusal(chat, db, f"quiz:{key}:7:sport:yes"),
        "no such choice": refusal(chat, db, f"quiz:{key}:1:sport:maybe"),
        "a toggle where one is chosen": refusal(chat, db, f"quiz:{key}:1:sport:on.yes"),
        "skipping what must be answered": refusal(chat, db, f"quiz:{key}:1:sport:.skip"),
        "no such attempt": refusal(chat, db, "quiz:AAAAAAAAAAAA:1:sport:yes"),
        "nonsense": refusal(chat, db, "quiz:;DROP TABLE quiz"),
        "no such quiz": refusal(chat, db, "quiz:start:nothing"),
    }
    assert "已經回答過了" in said["double tap"]
    assert "已經回答過了" in said["other choice of an answered question"]
    assert "不是目前這一題的" in said["another question"]
    assert "不是目前這一題的" in said["a step to come"]
    assert "沒有這個選項" in said["no such choice"]
    assert "一定要回答" in said["skipping what must be answered"]
    assert all("常運動嗎" in said[name] for name in list(said)[:7])  # the open question stands below again
    assert all("失效" in said[name] for name in list(said)[7:])


def test_nobody_answers_for_somebody_else(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session)
    chat.says("膚質測驗")
    bob = chat.other(BOB)
    bob.says("你好")
    assert "另一位好友" in refusal(bob, db, chat.button("油性"))


def test_after_the_end_a_button_says_so(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session, attempts_per_friend=1)
    chat.says("膚質測驗")
    chat.taps("乾性")
    last = chat.button("很多")
    chat.taps("很多")
    assert "已經完成" in refusal(chat, db, last)
    before = everything(db)
    assert "最多作答 1 次" in chat.says("膚質測驗")
    assert everything(db) == before


@pytest.mark.parametrize("how", ["switched off", "deleted", "over"])
def test_once_the_quiz_is_closed_nothing_is_taken_any_more(chat: Chat, db: Database, clock: Clock, how: str) -> None:
    with db.begin() as session:
        quiz = make_quiz(session, active_until=NOW + timedelta(hours=1))
    chat.says("膚質測驗")
    button = chat.button("油性")
    if how == "over":
        clock.now += timedelta(hours=1)
    else:
        with db.begin() as session:
            close = quizzes.toggle if how == "switched off" else quizzes.delete
            close(session, quiz.id, by=OPERATOR, now=NOW)
    assert "已經結束" in refusal(chat, db, button)
    assert "已經結束" in refusal(chat, db, f"quiz:start:{quiz.code}")


def test_who_types_an_answer_after_the_end_is_told_once(chat: Chat, db: Database, clock: Clock) -> None:
    with db.begin() as session:
        make_quiz(session, active_until=NOW + timedelta(hours=1))
        make_rule(session, "營業時間", answer="十點到九點")
    chat.says("膚質測驗")
    clock.now += timedelta(hours=1)
    assert chat.says("營業時間") == "十點到九點"
    assert "已經結束" in chat.says("油性")
    assert chat.says("油性") == ""
    assert (answers(db), tags_of(db), only_attempt(db).state) == ([], {}, AttemptState.RUNNING)
    with db() as session:
        assert session.scalars(select(Friend.unanswered_at)).one()  # staff still see what was said


def test_before_its_period_a_quiz_says_when_it_begins(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session, active_from=NOW + timedelta(days=1))
    assert "2026/11/21 12:00 開放" in chat.says("膚質測驗")
    assert attempts(db) == []


def test_parallel_double_taps_answer_once(client: FlaskClient, chat: Chat, db: Database, settled: Settled) -> None:
    with db.begin() as session:
        make_quiz(session)
    chat.says("膚質測驗")
    data = chat.button("油性")
    app = client.application
    threads = [threading.Thread(target=deliver, args=(app.test_client(), taps(ALICE, data))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settled()
    assert answers(db) == [("skin", "oily", None)]
    assert only_attempt(db).step == 1


def test_taps_of_one_request_are_taken_in_their_order(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session)
    chat.says("膚質測驗")
    first = chat.button("乾性")
    key = only_attempt(db).key
    replies = chat.deliver(taps(ALICE, first), taps(ALICE, first), taps(ALICE, f"quiz:{key}:1:water:many"))
    assert "幾杯水" in words_of(replies[0])
    assert "已經回答過了" in words_of(replies[1])
    assert words_of(replies[2]) == "結果：沉穩型"


def test_a_quiz_begun_and_finished_in_one_request_keeps_its_answers_tags_and_reward(chat: Chat, db: Database) -> None:
    question = single("q", "喜歡嗎？", choice("y", "喜歡", tags=["喜歡"], result="fan"), choice("n", "還好"))
    results = [result("fan", "鐵粉", reward={"points": 5})]
    with db.begin() as session:
        make_quiz(session, question, name="問卷", results=results, ending={"by": "most_picked"})
    chat.deliver(says(ALICE, "你好"))
    replies = chat.deliver(says(ALICE, "問卷"), says(ALICE, "喜歡"), says(ALICE, "問卷"), says(ALICE, "喜歡"))
    assert [words_of(reply) for reply in replies] == ["喜歡嗎？", "結果：鐵粉"] * 2
    first, second = attempts(db)
    assert answers(db) == [("q", "y", None)] * 2
    with db() as session:
        keys = set(session.scalars(select(RewardPromise.cause_key)))
    assert keys == {f"quiz:{first.id}:fan", f"quiz:{second.id}:fan"}


def test_a_redelivered_tap_answers_once(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session)
    chat.says("膚質測驗")
    tap = taps(ALICE, chat.button("油性"))
    chat.deliver(tap)
    chat.deliver(tap | {"deliveryContext": {"isRedelivery": True}})
    assert len(answers(db)) == 1


def test_several_choices_are_toggled_and_finished(chat: Chat, db: Database) -> None:
    likes = multiple(
        "likes", "想了解什麼？", choice("a", "保濕", tags=["保濕"]), choice("b", "美白"), choice("c", "抗老"), most=2
    )
    with db.begin() as session:
        make_quiz(session, likes, name="問卷")
    assert "最多選 2 個" in chat.says("問卷")
    assert "已選：保濕" in chat.taps("☐ 保濕")
    twice = chat.button("☐ 美白")
    assert "已選：保濕、美白" in chat.sends(twice)
    assert "已經選過了" in refusal(chat, db, twice)
    assert "最多選 2 個" in refusal(chat, db, chat.button("☐ 抗老"))
    assert "已選：保濕" in chat.taps("☑ 美白")
    assert "已選：保濕、抗老" in chat.taps("☐ 抗老")
    assert answers(db) == []
    assert chat.taps("完成") == "作答完成，謝謝您！"
    assert sorted(answers(db)) == [("likes", "a", None), ("likes", "c", None)]
    assert tags_of(db) == {"保濕": (TagSource.QUIZ, only_attempt(db).quiz_id, "likes:a")}


def test_several_choices_can_be_typed_at_once(chat: Chat, db: Database) -> None:
    likes = multiple("likes", "想了解什麼？", choice("a", "保濕"), choice("b", "美白"), choice("c", "抗老"))
    with db.begin() as session:
        make_quiz(session, likes, name="問卷")
    chat.says("問卷")
    assert "一定要回答" in chat.says("完成")
    assert "已選：美白" in chat.says("美白")
    chat.says("1、3")
    assert sorted(key for _, key, _ in answers(db)) == ["a", "b", "c"]


def test_answers_of_every_kind_fill_the_attributes_that_staff_chose(chat: Chat, db: Database) -> None:
    questions = (
        single(
            "gender", "您是？", choice("f", "女", value="female"), choice("m", "男", value="male"), attribute="gender"
        ),
        free("birthday", "date", "寶寶生日？", attribute="baby_birthday"),
        free("months", "number", "幾個月？", attribute="baby_months"),
        free("phone", "phone", "電話？", attribute="phone"),
        free("city", "text", "住哪裡？", attribute="region"),
        free("note", "text", "還有什麼想說的？", attribute="note", required=False),
    )
    with db.begin() as session:
        make_quiz(session, *questions, name="問卷")
    chat.says("問卷")
    for typed in ("女", "民國115年1月5日", "１０個月", "0912-345-678", "台北市"):
        chat.says(typed)
    assert chat.taps("跳過這題") == "作答完成，謝謝您！"
    with db() as session:
        friend = session.scalars(select(Friend)).one()
        assert friend.attributes == {
            "gender": "female",
            "baby_birthday": "2026-01-05",
            "baby_months": 10,
            "phone": "+886912345678",
            "region": "台北市",
        }
        log = session.scalars(select(AuditEntry).where(AuditEntry.subject == "friend")).all()
        assert log == []  # a friend's own answers are no act of staff's, and stand in one place
    assert answers(db)[1:] == [
        ("birthday", "", "2026-01-05"),
        ("months", "", "10"),
        ("phone", "", "+886912345678"),
        ("city", "", "台北市"),
        ("note", "", None),
    ]


def test_a_day_picked_in_lines_own_calendar_is_taken(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session, free("birthday", "date", "寶寶生日？"), name="問卷")
    chat.says("問卷")
    data = chat.button("選日期")
    chat.deliver(event("postback", ALICE, postback={"data": data, "params": {"date": "2026-02-03"}}))
    assert answers(db) == [("birthday", "", "2026-02-03")]


def test_a_picture_is_an_answer_where_one_is_asked_for(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session, free("receipt", "picture", "請上傳發票"), name="抽獎登錄")
    chat.says("抽獎登錄")
    image = {"type": "image", "id": "555555", "contentProvider": {"type": "line"}}
    [reply] = chat.deliver(event("message", ALICE, message=image))
    assert words_of(reply) == "作答完成，謝謝您！"
    assert answers(db) == [("receipt", "", "555555")]
    chat.deliver(event("message", ALICE, message=image | {"id": "555556"}))
    assert len(answers(db)) == 1


def test_what_nobody_understands_gets_a_hint_and_stays_visible_to_staff(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session, free("months", "number", "寶寶幾個月？"), name="問卷")
    chat.says("問卷")
    words = chat.says("還沒出生")
    assert "請輸入數字" in words
    assert "寶寶幾個月" in words
    with db() as session:
        assert session.scalars(select(Friend)).one().unanswered_at is not None


def test_days_later_a_text_is_no_answer_any_more(chat: Chat, db: Database, clock: Clock) -> None:
    with db.begin() as session:
        make_quiz(session, free("why", "text", "為什麼？"), name="問卷")
    chat.says("問卷")
    clock.now += timedelta(days=2)
    assert chat.says("請問有賣奶粉嗎") == ""
    assert answers(db) == []


def test_a_knowledge_quiz_explains_each_answer(chat: Chat, db: Database) -> None:
    question = single(
        "capital", "副食品幾個月開始？", choice("a", "4–6 個月", correct=True, score=1), choice("b", "剛出生"),
        explanation="世界衛生組織建議六個月左右。", next="end",
    )  # fmt: skip
    with db.begin() as session:
        make_quiz(
            session, question, name="問答", results=[result("all", "{{score}} 分", messages=[text("得 {{score}} 分")])]
        )
    chat.says("問答")
    assert chat.taps("剛出生").startswith("❌ 答錯了，正確答案是：4–6 個月\n世界衛生組織")
    chat.says("問答")
    words = chat.taps("4–6 個月")
    assert words.startswith("⭕ 答對了！")
    assert words.endswith("得 1 分")


def test_the_kind_picked_most_often_is_the_result(chat: Chat, db: Database) -> None:
    questions = [
        single(f"q{n}", f"第 {n} 題", choice("x", "海邊", result="sea"), choice("y", "山上", result="hill"))
        for n in (1, 2, 3)
    ]
    with db.begin() as session:
        make_quiz(
            session,
            *questions,
            name="旅行",
            ending={"by": "most_picked"},
            results=[result("sea", "海"), result("hill", "山")],
        )
    chat.says("旅行")
    for label in ("海邊", "山上"):
        chat.taps(label)
    assert chat.taps("山上") == "結果：山"


def test_an_attempt_finishes_on_the_version_it_began_with(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        quiz = make_quiz(session)
    chat.says("膚質測驗")
    changed = [single("skin", "新題目", choice("dry", "乾性"))]
    with db.begin() as session:
        quizzes.change(session, quiz.id, {"questions": changed, "results": []}, by=OPERATOR, now=NOW)
    assert chat.taps("乾性").startswith("（2／2）一天喝幾杯水")
    assert chat.taps("很少") == "結果：沉穩型"
    assert "新題目" in chat.says("膚質測驗")


def test_daily_and_total_limits_are_kept(chat: Chat, db: Database, clock: Clock) -> None:
    question = single("q", "早餐？", choice("a", "吃了"), choice("b", "沒吃"))
    with db.begin() as session:
        make_quiz(session, question, name="每日", attempts_per_friend=2, attempts_per_day=1)
    chat.says("每日")
    chat.taps("吃了")
    assert "每天最多作答 1 次" in chat.says("每日")
    clock.now += timedelta(hours=12)  # past midnight in Taipei
    chat.says("每日")
    chat.taps("沒吃")
    clock.now += timedelta(days=1)
    assert "每個人最多作答 2 次" in chat.says("每日")
    assert [attempt.number for attempt in attempts(db)] == [1, 2]


def test_a_way_back_replaces_the_earlier_answer_and_its_score(chat: Chat, db: Database) -> None:
    first = single("q1", "一加一？", choice("a", "三", score=1, next="q2"), choice("b", "二", score=5, next="end"))
    again = single("q2", "再試一次？", choice("y", "好", next="q1"), choice("n", "不要", next="end"))
    with db.begin() as session:
        make_quiz(session, first, again, name="算數")
    chat.says("算數")
    chat.taps("三")
    chat.taps("好")
    chat.taps("二")
    assert only_attempt(db).score == 5
    assert sorted(answers(db)) == [("q1", "b", None), ("q2", "y", None)]


def test_a_quiz_begins_behind_the_greeting_in_the_same_reply(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        set_greeting(session, new="歡迎")
        make_quiz(session, starts_on_follow=True, attempts_per_friend=1)
    [reply] = chat.deliver(follow(ALICE))
    assert [message["text"] for message in reply] == ["歡迎", "（1／2）您的膚質是？"]
    chat.taps("乾性")
    chat.taps("很少")
    [again] = chat.deliver(follow(ALICE, at=NOW + timedelta(minutes=1), is_unblocked=True))
    assert [message["text"] for message in again] == ["歡迎回來"]


def test_in_standby_and_in_groups_a_quiz_is_silent(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        make_quiz(session)
    chat.says("膚質測驗")
    before, data = everything(db), chat.button("油性")
    group = {"type": "group", "groupId": "C" + "1" * 32, "userId": ALICE}
    for silent in (
        taps(ALICE, data, mode="standby"),
        says(ALICE, "油性", mode="standby"),
        taps(ALICE, data, source=group),
    ):
        assert chat.deliver(silent) == [[]]
    assert everything(db) == before


def test_many_long_choices_become_a_list_of_rows(chat: Chat, db: Database) -> None:
    names = [f"第 {n} 間門市，在很長很長的一條路上的第 {n} 號" for n in range(1, 16)]
    choices = [choice(f"s{n}", name) for n, name in enumerate(names)]
    with db.begin() as session:
        make_quiz(session, single("store", "常去哪一間？", *choices), name="門市")
    chat.says("門市")
    assert [message["type"] for message in chat.last] == ["text", "flex"]
    assert list(buttons_of(chat.last)) == names
    assert chat.taps(names[14]) == "作答完成，謝謝您！"


def test_a_keyword_rule_that_was_called_up_is_remembered_once_for_each_friend(chat: Chat, db: Database) -> None:
    with db.begin() as session:
        rule = make_rule(session, "優惠")
    later = NOW + timedelta(minutes=5)
    chat.deliver(says(ALICE, "優惠"), says(ALICE, "優惠", at=later), says(BOB, "優惠"))
    chat.deliver(says(ALICE, "優惠", at=NOW + timedelta(minutes=2)))
    with db() as session:
        query = select(Friend.line_user_id, KeywordHit).join_from(Friend, KeywordHit, KeywordHit.friend_id == Friend.id)
        hits = {who: (hit.keyword_rule_id, hit.last_at) for who, hit in session.execute(query)}
        assert hits == {ALICE: (rule.id, later), BOB: (rule.id, NOW)}


def test_without_a_quiz_no_event_asks_the_database_for_one(chat: Chat, db: Database, runtime: Runtime) -> None:
    chat.says("你好")
    with db.begin() as session:
        make_rule(session, "優惠")
    chat.says("優惠")  # what is compiled anew after a change is not counted
    asked: list[str] = []
    listen(runtime.db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    chat.deliver(says(ALICE, "優惠"), says(BOB, "有人在嗎"), taps(ALICE, "booking:1"))
    assert asked
    assert [statement for statement in asked if "quiz" in statement] == []
