"""The chat page in a real browser, on a desk and on a phone."""

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.chromium import DESK, PHONE
from tests.simulator.stand_ins import BotServer, Line


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, context: BrowserContext, line: Line) -> Page:
    """The chat page."""
    page = context.new_page()
    page.set_viewport_size(request.param)
    page.goto(line.server.url)
    return page


def become_a_friend(page: Page, name: str) -> None:
    page.get_by_role("button", name="新增人物").click()
    page.get_by_label("姓名").fill(name)
    page.get_by_role("button", name="新增", exact=True).click()
    expect(page.locator("#text")).to_be_visible()


def write(page: Page, text: str) -> None:
    page.get_by_label("輸入訊息").fill(text)
    page.keyboard.press("Enter")


def test_a_visitor_becomes_a_friend_writes_and_taps_a_quick_reply(page: Page, line: Line, bot: BotServer) -> None:
    become_a_friend(page, "王小明")
    assert bot.heard(1)[0]["type"] == "follow"

    write(page, "你好")
    expect(page.locator(".mine .bubble")).to_have_text("你好")
    said = bot.heard(2)[1]
    assert said["message"]["text"] == "你好"

    item = {"type": "action", "action": {"type": "postback", "label": "門市", "data": "shops", "displayText": "看門市"}}
    answer = {"type": "text", "text": "請選擇\n第二行", "quickReply": {"items": [item]}}
    assert line.post("message/reply", {"replyToken": said["replyToken"], "messages": [answer]}).status == 200
    expect(page.locator(".theirs .bubble")).to_have_text("請選擇\n第二行")

    page.get_by_role("button", name="門市", exact=True).click()
    expect(page.locator(".mine .bubble").last).to_have_text("看門市")
    assert bot.heard(3)[2]["postback"] == {"data": "shops"}
    expect(page.locator("#quick")).to_be_hidden()


def test_a_push_arrives_in_an_open_chat_within_a_second(page: Page, line: Line, bot: BotServer) -> None:
    become_a_friend(page, "林小美")
    friend = bot.heard(1)[0]["source"]["userId"]
    line.push(friend, {"type": "text", "text": "限時優惠"})
    expect(page.locator(".theirs .bubble")).to_have_text("限時優惠", timeout=1000)


def test_what_a_message_says_is_never_markup(page: Page, line: Line, bot: BotServer) -> None:
    become_a_friend(page, "<img src=x onerror=document.title=1>")
    friend = bot.heard(1)[0]["source"]["userId"]
    evil = "<script>document.title='x'</script><img src=x onerror=document.title='y'>"
    contents = {
        "type": "bubble",
        "body": {
            "type": "box",
            "layout": "vertical",
            "contents": [
                {"type": "text", "text": evil, "wrap": True},
                {"type": "button", "action": {"type": "uri", "label": "電話", "uri": "tel:+88612345678"}},
            ],
        },
    }
    line.push(friend, {"type": "text", "text": evil}, {"type": "flex", "altText": evil, "contents": contents})
    expect(page.locator(".flex-text")).to_have_text(evil)
    expect(page.locator(".theirs .bubble")).to_have_text(evil)
    expect(page).to_have_title(re.compile("LINE 模擬器"))
    page.get_by_role("button", name="電話", exact=True).click()
    expect(page.locator("#toast")).to_have_text("會開啟 tel:+88612345678")


def test_every_type_of_message_is_drawn(page: Page, line: Line, bot: BotServer) -> None:
    become_a_friend(page, "陳大文")
    friend = bot.heard(1)[0]["source"]["userId"]
    say = {"type": "message", "label": "是", "text": "是的"}
    area = {"x": 0, "y": 0, "width": 1040, "height": 520}
    here = f"{line.server.url}/simulator/static/page.css?"
    imagemap = {"baseUrl": here, "altText": "圖", "baseSize": {"width": 1040, "height": 520}}
    columns = [{"text": "一", "actions": [say]}, {"text": "二", "actions": [say]}]
    messages: list[dict[str, Any]] = [
        {"type": "sticker", "packageId": "446", "stickerId": "1988"},
        {"type": "location", "title": "旗艦店", "address": "台北市", "latitude": 25.0, "longitude": 121.5},
        {"type": "imagemap", **imagemap, "actions": [{"type": "message", "text": "點了圖", "area": area}]},
        {
            "type": "template",
            "altText": "確認",
            "template": {"type": "confirm", "text": "確定？", "actions": [say, say]},
        },
        {"type": "template", "altText": "輪播", "template": {"type": "carousel", "columns": columns}},
    ]
    line.push(friend, *messages)
    line.push(friend, {"type": "video", "originalContentUrl": here, "previewImageUrl": here})
    line.push(friend, {"type": "audio", "originalContentUrl": here, "duration": 1000})
    expect(page.locator(".theirs .sticker")).to_contain_text("446")
    expect(page.locator(".place")).to_contain_text("旗艦店")
    expect(page.locator("#talk video, #talk audio")).to_have_count(2)
    expect(page.locator(".carousel .template")).to_have_count(2)
    page.locator(".imagemap .area").click()
    expect(page.locator(".mine .bubble").last).to_have_text("點了圖")
    page.locator(".two-buttons button").first.click()
    expect(page.locator(".mine .bubble").last).to_have_text("是的")
    assert [event["message"]["text"] for event in bot.heard(3)[1:]] == ["點了圖", "是的"]


def test_a_time_is_picked_and_sent_as_postback(page: Page, line: Line, bot: BotServer) -> None:
    become_a_friend(page, "周杰")
    friend = bot.heard(1)[0]["source"]["userId"]
    pick = {"type": "datetimepicker", "label": "預約", "data": "book", "mode": "date", "initial": "2026-11-20"}
    template = {"type": "buttons", "text": "請選日期", "actions": [pick]}
    line.push(friend, {"type": "template", "altText": "預約", "template": template})
    page.get_by_role("button", name="預約", exact=True).click()
    page.locator("#picker input").fill("2026-12-24")
    page.get_by_role("button", name="確定").click()
    assert bot.heard(2)[1]["postback"] == {"data": "book", "params": {"date": "2026-12-24"}}


def test_a_friend_can_block_and_come_back(page: Page, bot: BotServer) -> None:
    become_a_friend(page, "李四")
    page.get_by_role("button", name="更多", exact=True).click()
    page.get_by_role("menuitem", name="封鎖", exact=True).click()
    page.locator("#banner-unblock").click()
    expect(page.locator("#blocked")).to_be_hidden()
    events = bot.heard(3)
    assert [event["type"] for event in events] == ["follow", "unfollow", "follow"]
    assert events[2]["follow"] == {"isUnblocked": True}


def test_a_message_can_be_taken_back(page: Page, bot: BotServer) -> None:
    become_a_friend(page, "張三")
    write(page, "打錯字")
    said = bot.heard(2)[1]
    page.locator(".mine").hover()
    page.get_by_role("button", name="收回").click()
    expect(page.locator(".mine .bubble")).to_have_text("已收回訊息")
    assert bot.heard(3)[2]["unsend"] == {"messageId": said["message"]["id"]}


def test_the_panel_shows_quota_faults_and_what_was_received(page: Page, line: Line) -> None:
    friends = line.people(3)
    line.multicast(friends)
    page.locator(".open-panel:visible").first.click()
    expect(page.locator("#panel")).to_contain_text("6,000")
    expect(page.locator("#panel summary")).to_have_text("200 POST /v2/bot/message/multicast（3 人）")
    page.get_by_label("要發生的故障").select_option("error_after")
    page.get_by_role("button", name="下一個請求發生").click()
    expect(page.locator("#panel")).to_contain_text("剩 1 次")
    assert line.multicast(friends).status == 500


def test_the_page_never_scrolls_sideways(page: Page, line: Line, bot: BotServer) -> None:
    become_a_friend(page, "王" * 20)
    write(page, "長" * 300)
    expect(page.locator(".mine .bubble")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.getElementById('talk').scrollWidth <= document.getElementById('talk').clientWidth")
