"""A quiz as a page: opened from LINE's chat, played to its result; on a desk, on a phone, with a network that fails."""

from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import select

from bot.clock import utc_now
from bot.services import quizzes
from bot.services.audit import OPERATOR
from bot.services.quizzes import QuizContent
from models import AttemptState, Friend, FriendTag, QuizAnswer, QuizAttempt, Tag
from tests.browser.conftest import Town
from tests.chromium import PHONE
from tests.factories import make_rule
from tests.page_visits import LIFF_ID

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the database has no say in it
NARROW = {"width": 360, "height": 700}
QUESTIONS: list[dict[str, Any]] = [
    {
        "key": "age",
        "kind": "single",
        "text": "寶寶多大了？",
        "choices": [
            {"key": "a", "text": "零到六個月", "tags": ["新生兒"], "next": "bye"},
            {
                "key": "b",
                "text": "七到十二個月，開始吃副食品、抓著湯匙不放",
                "tags": ["嬰兒副食品"],
                "score": 2,
            },
        ],
    },
    {
        "key": "likes",
        "kind": "multiple",
        "text": "平常買哪些？",
        "most": 2,
        "choices": [
            {"key": "a", "text": "米餅", "picture_url": "https://shop.example/rice.png"},
            {"key": "b", "text": "果泥", "picture_url": "https://shop.example/fruit.png"},
            {"key": "c", "text": "粥", "picture_url": "https://shop.example/soup.png"},
        ],
    },
    {
        "key": "honey",
        "kind": "single",
        "text": "一歲前可以喝蜂蜜水嗎？",
        "explanation": "請等到一歲以後。",
        "choices": [{"key": "a", "text": "可以"}, {"key": "b", "text": "不可以", "correct": True, "score": 3}],
    },
    {"key": "bye", "kind": "text", "text": "想對我們說什麼？", "required": False},
]
RESULTS = [{"key": "r", "name": "細心爸媽", "messages": [{"type": "text", "text": "{{name}} 得到 {{score}} 分"}]}]


def make_quiz(town: Town) -> str:
    """A quiz whose page is linked by a keyword; returns its code."""
    content = QuizContent(name="副食品小測驗", questions=QUESTIONS, results=RESULTS)
    with town.db.begin() as session:
        quiz = quizzes.create(session, content, by=OPERATOR, now=utc_now())
        make_rule(session, "測驗", answer=f"點這裡開始：{town.simulator}/liff/{LIFF_ID}/q/{quiz.code}")
        return quiz.code


def make_person(town: Town) -> str:
    made = requests.post(f"{town.simulator}/simulator/people", json={"name": "王小明", "following": True}, timeout=10)
    line_user_id: str = made.json()["line_user_id"]
    return line_user_id


def open_from_chat(context: BrowserContext, town: Town, person: str) -> Page:
    """Ask for the quiz in LINE's chat and tap the link that comes."""
    chat = context.new_page()
    chat.goto(f"{town.simulator}/#{person}")
    chat.get_by_label("輸入訊息").fill("測驗")
    chat.keyboard.press("Enter")
    link = chat.locator(".theirs a")
    expect(link).to_be_visible()
    with context.expect_page() as opened:
        link.click()
    return opened.value


def next_question(page: Page) -> None:
    page.get_by_role("button", name="下一題").click()


@pytest.mark.parametrize("size", [PHONE, NARROW], ids=["phone", "narrow"])
@ON_SQLITE
def test_a_friend_opens_the_quiz_from_the_chat_and_plays_it_to_its_result(
    context: BrowserContext, town: Town, size: Any
) -> None:
    make_quiz(town)
    person = make_person(town)
    page = open_from_chat(context, town, person)
    page.set_viewport_size(size)

    expect(page.get_by_text("第 1 題，最多 4 題")).to_be_visible()
    next_question(page)
    expect(page.get_by_role("alert").filter(has_text="一定要回答")).to_be_visible()
    page.get_by_label("七到十二個月").check()
    next_question(page)

    expect(page.get_by_text("最多選 2 個。")).to_be_visible()
    page.get_by_label("米餅").check()
    page.get_by_label("粥").check()
    page.reload()
    expect(page.get_by_text("歡迎回來！")).to_be_visible()
    expect(page.get_by_label("米餅")).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    next_question(page)

    page.get_by_label("可以", exact=True).check()
    next_question(page)
    expect(page.get_by_role("heading", name="答錯了")).to_be_focused()
    expect(page.get_by_text("正確答案：不可以")).to_be_visible()
    page.get_by_role("button", name="繼續").click()

    page.get_by_role("button", name="跳過這題").click()
    expect(page.get_by_role("heading", name="您的結果：細心爸媽")).to_be_visible()
    expect(page.get_by_text("王小明 得到 2 分")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="您的結果：細心爸媽")).to_be_visible()
    with page.expect_event("close"):
        page.get_by_role("button", name="關閉").click()

    with town.db() as session:
        friend = session.scalars(select(Friend).where(Friend.line_user_id == person)).one()
        attempt = session.scalars(select(QuizAttempt).where(QuizAttempt.friend_id == friend.id)).one()
        worn = select(Tag.name).join(FriendTag).where(FriendTag.friend_id == friend.id)
        assert (attempt.state, attempt.score) == (AttemptState.FINISHED, 2)
        assert set(session.scalars(worn)) == {"嬰兒副食品"}


@ON_SQLITE
def test_the_quiz_is_played_by_keyboard_alone(context: BrowserContext, town: Town) -> None:
    make_quiz(town)
    page = open_from_chat(context, town, make_person(town))

    expect(page.locator("#asked")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#asked")).to_have_text("想對我們說什麼？")
    expect(page.locator("#asked")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("謝謝")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="您的結果：細心爸媽")).to_be_focused()


@ON_SQLITE
def test_in_a_browser_one_logs_in_and_the_page_opens(context: BrowserContext, town: Town) -> None:
    code, person = make_quiz(town), make_person(town)
    page = context.new_page()
    page.goto(f"{town.simulator}/liff/{LIFF_ID}/q/{code}")

    page.get_by_label("人物").select_option(person)
    page.get_by_role("button", name="許可").click()

    expect(page.locator("#asked")).to_have_text("寶寶多大了？")
    assert page.url.endswith(f"/liff/q/{code}")


@ON_SQLITE
def test_a_network_that_fails_loses_nothing_and_counts_nothing_twice(
    browser: Browser, context: BrowserContext, town: Town
) -> None:
    make_quiz(town)
    person = make_person(town)
    with browser.new_context(locale="zh-TW") as window:
        page = open_from_chat(window, town, person)
        page.get_by_label("零到六個月").check()
        next_question(page)
        page.get_by_label("想對我們說什麼").fill("很喜歡你們的米餅")

        def lose_answer(route: Route) -> None:
            route.fetch()
            route.abort()

        page.route("**/answers", lambda route: route.abort(), times=1)
        page.get_by_role("button", name="送出").click()
        expect(page.get_by_role("alert").filter(has_text="網路好像斷了")).to_be_visible()
        expect(page.get_by_label("想對我們說什麼")).to_have_value("很喜歡你們的米餅")

        page.route("**/answers", lose_answer, times=1)
        page.get_by_role("button", name="再試一次").click()
        expect(page.get_by_role("alert").filter(has_text="網路好像斷了")).to_be_visible()
        page.get_by_role("button", name="再試一次").click()
        expect(page.get_by_role("heading", name="您的結果：細心爸媽")).to_be_visible()
    with town.db() as session:
        values = session.scalars(select(QuizAnswer.value).where(QuizAnswer.question_key == "bye")).all()
        assert values == ["很喜歡你們的米餅"]
