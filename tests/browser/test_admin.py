"""Staff in the admin, a friend in LINE's chat, and the program between them."""

import time
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, ViewportSize, expect
from sqlalchemy import select

from bot.clock import utc_now
from bot.services import tracked_links
from bot.services.audit import OPERATOR
from models import ChatMessage, ChatSource, EventState, Friend, RosterSync, StaffMessage, SyncState, WebhookEvent
from tests.browser.conftest import Town
from tests.chromium import DESK, PHONE
from tests.factories import make_friend, make_rule, make_tag

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the database has no say in it
LONG = "非常長而且沒有空格的文字" * 12
PAGES = (
    "/",
    "/friends",
    "/friends/{friend}",
    "/tags",
    "/links",
    "/links/1",
    "/roster",
    "/keyword-rules",
    "/keyword-rules/new",
    "/keyword-rules/1",
    "/keyword-rules/try?text=" + "優惠",
    "/fallback",
    "/greeting",
    "/chat",
    "/chat/unanswered",
    "/settings",
    "/staff",
    "/api-tokens",
    "/events",
    "/audit",
    "/me",
)


def become_a_friend(context: BrowserContext, town: Town, name: str) -> Page:
    """Open LINE's chat as somebody new who adds the account."""
    chat = context.new_page()
    chat.goto(town.simulator)
    chat.get_by_role("button", name="新增人物").click()
    chat.get_by_label("姓名").fill(name)
    chat.get_by_role("button", name="新增", exact=True).click()
    expect(chat.locator("#text")).to_be_visible()
    return chat


def write(chat: Page, words: str) -> None:
    chat.get_by_label("輸入訊息").fill(words)
    chat.keyboard.press("Enter")


def wait_for_friend(town: Town, name: str) -> int:
    """Return the friend's id once a profile brought the name."""
    for _ in range(100):
        with town.db() as session:
            found = session.scalar(select(Friend.id).where(Friend.display_name == name))
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{name} was never heard of")


def test_a_keyword_rule_made_in_the_admin_answers_in_the_chat(
    staff_page: Page, context: BrowserContext, town: Town
) -> None:
    staff_page.get_by_role("link", name="關鍵字回應").click()
    staff_page.get_by_role("link", name="新增規則").click()
    staff_page.get_by_label("規則名稱").fill("優惠券")
    staff_page.get_by_label("關鍵字 1", exact=True).fill("優惠")
    staff_page.get_by_label("關鍵字 1 的比對方式").select_option("contains")
    staff_page.get_by_label("文字", exact=True).fill("{{name}} 您好，優惠券在這裡")
    expect(staff_page.locator(".phone")).to_contain_text("優惠券在這裡")
    staff_page.get_by_role("button", name="儲存").click()
    expect(staff_page.get_by_role("status")).to_contain_text("已儲存「優惠券」")

    chat = become_a_friend(context, town, "王小明")
    wait_for_friend(town, "王小明")
    write(chat, "請問有優惠嗎")
    expect(chat.locator(".theirs .bubble").last).to_have_text("王小明 您好，優惠券在這裡")


@ON_SQLITE
def test_a_message_is_built_step_by_step_without_losing_a_word(staff_page: Page, town: Town) -> None:
    staff_page.goto(f"{town.admin}/keyword-rules/new")
    staff_page.get_by_label("規則名稱").fill("門市")
    staff_page.get_by_label("關鍵字 1", exact=True).fill("門市")
    staff_page.get_by_label("文字", exact=True).fill("第一則")
    staff_page.get_by_role("button", name="加一則訊息").click()
    staff_page.get_by_role("button", name="按鈕", exact=True).click()
    second = staff_page.locator("[id='messages.1']")
    second.get_by_label("文字", exact=True).fill("要去哪一家？")
    second.get_by_label("按鈕 1 的文字").fill("信義店")
    staff_page.get_by_role("button", name="第 2 則上移").click()
    expect(staff_page.locator("[id='messages.0'] textarea")).to_have_value("要去哪一家？")
    expect(staff_page.locator("[id='messages.1'] textarea")).to_have_value("第一則")
    expect(staff_page.locator(".phone .tap")).to_have_text("信義店")

    staff_page.get_by_label("規則名稱").fill("")
    staff_page.get_by_role("button", name="儲存").click()
    expect(staff_page.locator("#name-fault")).to_be_visible()
    expect(staff_page.locator("[id='messages.1'] textarea")).to_have_value("第一則")
    staff_page.get_by_label("規則名稱").fill("門市")
    staff_page.get_by_role("button", name="儲存").click()
    expect(staff_page.get_by_role("link", name="門市", exact=True)).to_be_visible()
    staff_page.get_by_role("switch", name="啟用「門市」").click()
    expect(staff_page.get_by_role("switch", name="啟用「門市」")).not_to_be_checked()


@ON_SQLITE
def test_on_a_slow_server_a_pressed_button_counts_and_nothing_is_saved_before_it_did(
    staff_page: Page, town: Town
) -> None:
    under_way: list[Route] = []
    staff_page.goto(f"{town.admin}/keyword-rules/new")
    staff_page.get_by_label("規則名稱").fill("門市")
    staff_page.get_by_label("關鍵字 1", exact=True).fill("門市")
    staff_page.route("**/messages/edit?*", lambda route, _: under_way.append(route))
    staff_page.get_by_label("文字", exact=True).fill("信義店")
    staff_page.get_by_role("button", name="加一則訊息").click()
    staff_page.get_by_role("button", name="按鈕", exact=True).click()
    staff_page.wait_for_timeout(600)  # by now what was typed has asked for a new preview
    staff_page.get_by_role("button", name="儲存").click(force=True)
    [route] = under_way
    route.continue_()
    expect(staff_page.locator("[id='messages.1']")).to_be_visible()
    expect(staff_page.locator(".phone")).to_contain_text("信義店")
    assert staff_page.url.endswith("/keyword-rules/new")


def test_staff_answer_free_while_it_lasts_and_a_double_click_sends_once(
    staff_page: Page, context: BrowserContext, town: Town
) -> None:
    chat = become_a_friend(context, town, "林小美")
    friend_id = wait_for_friend(town, "林小美")
    write(chat, "有人在嗎")
    staff_page.goto(f"{town.admin}/friends/{friend_id}")
    expect(staff_page.locator("#chat")).to_contain_text("有人在嗎", timeout=15_000)
    staff_page.get_by_label("回覆內容").fill("在的，請說")
    reply = staff_page.get_by_role("button", name="免費回覆")
    expect(reply).to_be_visible(timeout=15_000)
    reply.dblclick()
    expect(staff_page.get_by_role("status").first).to_contain_text("已送出")
    expect(chat.locator(".theirs .bubble")).to_have_text(["在的，請說"])

    staff_page.get_by_label("回覆內容").fill("還有一件事")
    staff_page.get_by_role("button", name="推播（計費 1 則）").dblclick()
    expect(chat.locator(".theirs .bubble")).to_have_text(["在的，請說", "還有一件事"])
    with town.db() as session:
        assert [row.way.value for row in session.scalars(select(StaffMessage).order_by(StaffMessage.id))] == [
            "reply",
            "push",
        ]


@ON_SQLITE
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_page_fits_and_nothing_complains(staff_page: Page, town: Town, size: ViewportSize) -> None:
    friend_id = furnish(town)
    staff_page.set_viewport_size(size)
    for path in PAGES:
        staff_page.goto(town.admin + path.format(friend=friend_id))
        wide = staff_page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, path
        unnamed = staff_page.evaluate(
            "[...document.querySelectorAll('main input:not([type=hidden]), main select, main textarea')]"
            ".filter(field => !field.labels?.length && !field.getAttribute('aria-label')).map(field => field.name)"
        )
        assert unnamed == [], path


@ON_SQLITE
def test_the_menu_opens_on_a_phone(staff_page: Page, town: Town) -> None:
    staff_page.set_viewport_size(PHONE)
    staff_page.goto(f"{town.admin}/")
    expect(staff_page.get_by_role("link", name="標籤")).to_be_hidden()
    staff_page.get_by_role("button", name="開啟選單").click()
    staff_page.get_by_role("link", name="標籤").click()
    staff_page.wait_for_url(f"{town.admin}/tags")


def furnish(town: Town) -> int:
    """Put something long on every page; returns a friend."""
    now = utc_now()
    with town.db.begin() as session:
        tag = make_tag(session, LONG[:60])
        tracked_links.create(session, name=LONG[:100], tags=[tag.id], by=OPERATOR, now=now)
        friend = make_friend(session, name=LONG, unanswered_at=now, status_message=LONG, attributes={"網址": "x" * 300})
        make_rule(session, LONG[:60], answer=LONG, name=LONG[:100], tags=[tag.id])
        long: dict[str, Any] = {"text": "x" * 400, "said_at": now, "is_answered": False}
        session.add(ChatMessage(friend_id=friend.id, source=ChatSource.FRIEND, kind="text", **long))
        failed: dict[str, Any] = {"state": EventState.FAILED, "error": "x" * 300, "attempts": 5, "due_at": now}
        payload = '{"text": "' + "x" * 400 + '"}'
        session.add(WebhookEvent(line_event_id="long", type="message", payload=payload, received_at=now, **failed))
        session.add(RosterSync(state=SyncState.FAILED, started_at=now, finished_at=now, error="x" * 300))
        return friend.id
