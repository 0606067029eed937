"""Staff write a segment in the builder as a sentence, see how many it holds, keep it and open it again."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from bot.clock import utc_now
from bot.services import tags
from bot.services.audit import OPERATOR
from tests.browser.conftest import Town
from tests.chromium import DESK, PHONE
from tests.conftest import NOW
from tests.factories import make_friend, make_tag

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the database has no say in it
PATIENCE = 10_000


def make_brand(town: Town) -> None:
    """Twelve friends with a tag, of whom five are female; LINE's follower list, without them, proves nothing later."""
    proven = utc_now() + timedelta(hours=1)
    with town.db.begin() as session:
        tag_id = make_tag(session, "常客").id
        for number in range(12):
            gender = "female" if number < 5 else "male"
            friend = make_friend(
                session, number + 1, name=f"好友{number:02}", attributes={"gender": gender}, state_at=proven
            )
            tags.give(session, friend.id, tag_id, by=OPERATOR, now=NOW)


@ON_SQLITE
def test_a_tag_and_not_an_attribute_is_written_counted_kept_and_opened_again(staff_page: Page, town: Town) -> None:
    make_brand(town)
    page = staff_page
    page.goto(f"{town.admin}/segments/new")
    page.get_by_label("分眾名稱").fill("常客但不是女性")
    page.get_by_label("標籤", exact=True).select_option(label="常客")
    how_many = page.locator("#estimate")
    expect(how_many).to_contain_text(re.compile(r"12\s*位好友"), timeout=PATIENCE)
    page.get_by_role("button", name="加一個條件").click()
    second = page.get_by_label("哪一種條件").nth(1)
    expect(second).to_be_focused()
    second.select_option(label="並非：屬性")
    page.get_by_label("屬性名稱").fill("gender")
    page.get_by_label("要比較的值").fill("female")
    expect(how_many).to_contain_text(re.compile(r"\b7\s*位好友"), timeout=PATIENCE)
    expect(how_many).to_contain_text("好友11")
    expect(how_many).not_to_contain_text("好友04")

    page.get_by_label("搜尋名稱或 LINE 使用者 ID").press_sequentially("好友03")
    page.locator("#why").get_by_role("button", name="好友03").click()
    expect(page.locator("#why")).to_contain_text("✗ 不在這個分眾裡")

    page.get_by_role("button", name="儲存").click()
    expect(page.get_by_role("heading", name="常客但不是女性")).to_be_visible()
    expect(page.locator("#main")).to_contain_text("貼有標籤「常客」，且並非屬性「gender」是「female」")
    page.get_by_role("link", name="編輯").click()
    expect(page.get_by_label("哪一種條件").nth(1)).to_have_value("not-attribute")
    expect(page.get_by_label("要比較的值")).to_have_value("female")
    expect(page.locator("#estimate")).to_contain_text(re.compile(r"\b7\s*位好友"), timeout=PATIENCE)


@ON_SQLITE
def test_the_builder_is_worked_with_the_keyboard_alone_and_fits_a_phone(staff_page: Page, town: Town) -> None:
    make_brand(town)
    page = staff_page
    page.set_viewport_size(PHONE)
    page.goto(f"{town.admin}/segments/new")
    page.get_by_label("標籤", exact=True).select_option(label="常客")
    page.get_by_role("button", name="加一組條件").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("哪一種條件").nth(1)).to_be_focused()
    page.locator("#wrap-0").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#wrap-0")).to_be_focused()
    expect(page.get_by_role("button", name="拆開這一組")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(page.get_by_label("標籤", exact=True).first).to_have_value(re.compile(r"\d+"))  # nothing chosen was lost
    page.locator("#drop-1").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#drop-0")).to_be_focused()
    page.set_viewport_size(DESK)


@ON_SQLITE
def test_every_page_of_segments_fits_a_phone(staff_page: Page, town: Town) -> None:
    make_brand(town)
    page = staff_page
    page.goto(f"{town.admin}/segments/new")
    page.get_by_label("分眾名稱").fill("非常長而且沒有空格的文字" * 6)
    page.get_by_label("標籤", exact=True).select_option(label="常客")
    page.get_by_role("button", name="儲存").click()
    expect(page.get_by_role("heading", name="哪些好友")).to_be_visible()
    kept = page.url
    page.set_viewport_size(PHONE)
    for path in ("/segments", "/segments/new", "/segments/lists"):
        page.goto(town.admin + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
    for part in ("", "/edit", "/friends"):
        page.goto(kept + part)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], part
    page.set_viewport_size(DESK)
