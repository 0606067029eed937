"""Tags as staff meet them in a browser: grouped, coloured, merged, put on by a file, also on a phone."""

import re
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, expect
from sqlalchemy import select

from models import FriendTag, Tag, TagColour
from tests.browser.conftest import Town
from tests.factories import make_friend, make_tag

PHONE: ViewportSize = {"width": 390, "height": 844}


def fits(page: Page) -> bool:
    """Whether nothing sticks out at the side."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_group_and_a_tag_are_made_found_and_merged(staff_page: Page, town: Town) -> None:
    with town.db.begin() as session:
        make_tag(session, "嬰兒副食品")
    staff_page.goto(f"{town.admin}/tags")
    staff_page.get_by_label("群組名稱").fill("會員等級")
    staff_page.locator("form", has_text="新增群組").get_by_role("button", name="新增").click()
    expect(staff_page.get_by_role("region", name="會員等級")).to_contain_text("這個群組還沒有標籤")

    form = staff_page.locator("form", has_text="新增標籤")
    form.get_by_label("名稱").fill("VIP")
    form.get_by_label("群組").select_option("會員等級")
    form.get_by_text("粉紅").click()
    form.get_by_role("button", name="新增").click()
    expect(staff_page.get_by_role("region", name="會員等級")).to_contain_text("VIP")
    with town.db() as session:
        assert session.scalars(select(Tag.colour).where(Tag.name == "VIP")).one() is TagColour.PINK

    staff_page.get_by_role("searchbox", name="搜尋標籤").fill("副食")
    expect(staff_page.locator("#tag-list")).not_to_contain_text("VIP")
    staff_page.get_by_role("link", name="嬰兒副食品").click()
    staff_page.on("dialog", lambda dialog: dialog.accept())
    staff_page.get_by_label("合併到").select_option(label="VIP（0 位）")
    staff_page.get_by_role("button", name="合併").click()
    expect(staff_page.get_by_text("已合併到「VIP」")).to_be_visible()
    with town.db() as session:
        assert session.scalars(select(Tag.name)).all() == ["VIP"]


def test_a_file_is_previewed_and_carried_out_by_the_jobs(staff_page: Page, town: Town, tmp_path: Path) -> None:
    with town.db.begin() as session:
        friend = make_friend(session, name="陳小美")
    file = tmp_path / "名單.csv"
    file.write_text(f"UID\n{friend.line_user_id}\n小明\n", encoding="utf-8-sig")
    staff_page.set_viewport_size(PHONE)
    staff_page.goto(f"{town.admin}/tags")
    assert fits(staff_page)
    staff_page.get_by_role("link", name="用 Excel 或 CSV 貼標籤").click()
    staff_page.get_by_label("Excel 或 CSV 檔").set_input_files(file)
    staff_page.get_by_label("新標籤").fill("團購")
    assert fits(staff_page)
    staff_page.get_by_role("button", name="讀取並預覽").click()
    expect(staff_page.get_by_text("不是使用者 ID").first).to_be_visible()
    assert fits(staff_page)
    staff_page.get_by_role("button", name="確認，處理 1 列").click()
    expect(staff_page.locator("#progress")).to_contain_text("完成", timeout=30_000)
    with town.db() as session:
        assert session.scalars(select(Tag.name).join(FriendTag)).all() == ["團購"]

    staff_page.goto(f"{town.admin}/friends/{friend.id}")
    expect(staff_page.locator("#tags")).to_contain_text("匯入「名單.csv」")
    staff_page.get_by_role("link", name=re.compile("名單")).click()
    staff_page.wait_for_url(re.compile("/tags/imports/"))


def test_a_tag_with_an_end_is_put_on_by_hand(staff_page: Page, town: Town) -> None:
    with town.db.begin() as session:
        friend = make_friend(session, name="陳小美")
    staff_page.goto(f"{town.admin}/friends/{friend.id}")
    staff_page.get_by_text("設定結束時間").click()
    staff_page.get_by_label("結束時間（選填）").fill("2050-01-01T12:00")
    staff_page.get_by_label("加上標籤").fill("試用")
    staff_page.get_by_role("button", name="加上").click()
    expect(staff_page.locator("#tags")).to_contain_text("到 2050/01/01 12:00 為止")
    expect(staff_page.locator("#tags")).to_contain_text("管理員「owner」")
    staff_page.get_by_role("button", name="移除標籤「試用」").click()
    expect(staff_page.locator("#tags")).to_contain_text("還沒有標籤")
