"""Friends bring friends: staff make a programme, a friend asks for the link, strangers come by it."""

import re

import pytest
import requests
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from models import Friend, Invitation, ReferralProgram
from tests import chromium
from tests.browser.conftest import Town
from tests.chromium import PHONE

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the database has no say in it
LINE_APP = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Safari Line/15.1.0"


def make_person(town: Town, name: str) -> str:
    made = requests.post(f"{town.simulator}/simulator/people", json={"name": name}, timeout=10)
    made.raise_for_status()
    return str(made.json()["line_user_id"])


def act(town: Town, who: str, deed: str, **body: str) -> None:
    requests.post(f"{town.simulator}/simulator/people/{who}/{deed}", json=body, timeout=10).raise_for_status()


def make_program(page: Page, town: Town) -> None:
    """Staff fill in the editor and save."""
    page.goto(f"{town.admin}/referrals")
    page.get_by_role("link", name="新增第一個").click()
    page.get_by_label("活動名稱").fill("邀請朋友拿點數")
    page.get_by_label("關鍵字 1", exact=True).fill("邀請朋友")
    page.get_by_label("好友轉傳給朋友的話").fill("{{name}}推薦你加入！")
    expect(page.locator("#invitation-preview")).to_contain_text("王小明推薦你加入！")
    page.get_by_role("group", name="門檻 1").get_by_label("點數，或獎勵的說明").fill("30")
    page.get_by_role("button", name="加一個門檻").click()
    second = page.get_by_role("group", name="門檻 2")
    second.get_by_label("邀請成功的人數").fill("5")
    second.get_by_label("獎勵", exact=True).select_option("text")
    second.get_by_label("點數，或獎勵的說明").fill("門市小禮物")
    page.get_by_role("button", name="儲存").click()
    expect(page.get_by_text("已儲存「邀請朋友拿點數」")).to_be_visible()
    expect(page.get_by_role("group", name="門檻 2").get_by_label("點數，或獎勵的說明")).to_have_value("門市小禮物")


def link_in_chat(page: Page, town: Town, who: str) -> str:
    """What the account answered to the keyword holds the friend's own link."""
    for _ in range(40):
        told = requests.get(f"{town.simulator}/simulator/people/{who}/messages", timeout=10).text
        found = re.search(r"http://127\.0\.0\.1:\d+/i/[a-z0-9]+\.[a-z0-9]+", told)
        if found:
            return found[0]
        page.wait_for_timeout(250)
    raise AssertionError("no link came")


def come_by(browser: Browser, town: Town, link: str, who: str, *, adds: bool = True) -> None:
    """Somebody taps the link on a phone and allows what LINE asks."""
    window = browser.new_context(viewport=PHONE, user_agent=LINE_APP, locale="zh-TW")
    page = window.new_page()
    page.goto(link)
    page.locator("select").select_option(who)
    page.get_by_role("checkbox").set_checked(adds)
    page.get_by_role("button", name="許可").click()
    page.wait_for_url(re.compile(r"\?(chat|add)="))
    window.close()


@ON_SQLITE
def test_a_friend_brings_two_strangers_and_sees_it_on_the_own_page(
    staff_page: Page, town: Town, browser: Browser
) -> None:
    make_program(staff_page, town)
    amy = make_person(town, "林小美")
    act(town, amy, "follow")
    act(town, amy, "say", text="邀請朋友")
    link = link_in_chat(staff_page, town, amy)

    come_by(browser, town, link, make_person(town, "陳大文"))
    come_by(browser, town, link, make_person(town, "張小芳"), adds=False)
    come_by(browser, town, link, amy)
    with town.db() as session:
        code = session.scalars(select(ReferralProgram.code)).one()

    with chromium.window(browser) as phone:
        page = phone.new_page()
        page.set_viewport_size(PHONE)
        page.goto(f"{town.admin.removesuffix('/admin')}/liff/r/{code}")
        page.locator("select").select_option(amy)
        page.get_by_role("button").first.click()
        expect(page.get_by_text("已成功邀請 1 位好友")).to_be_visible()
        expect(page.get_by_label("您的專屬連結")).to_have_value(link)
        expect(page.get_by_role("img", name="專屬連結的 QR 碼")).to_be_visible()
        expect(page.get_by_text("30 點 LINE POINTS")).to_be_visible()
        share = page.get_by_role("link", name="分享給好友").get_attribute("href") or ""
        assert share.startswith("https://line.me/R/share?text=")
        page.get_by_role("button", name="複製連結").click()
        expect(page.locator("#copied")).not_to_be_empty()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    staff_page.goto(f"{town.admin}/referrals")
    staff_page.get_by_role("link", name="看成果").click()
    expect(staff_page.get_by_role("cell", name="自己的連結", exact=True)).to_be_visible()
    expect(staff_page.get_by_role("link", name="林小美")).to_be_visible()
    with town.db() as session:
        query = select(Invitation.brought, Invitation.opened).join(Friend, Friend.id == Invitation.friend_id)
        assert session.execute(query.where(Friend.line_user_id == amy)).one() == (1, 3)


@ON_SQLITE
def test_the_editor_loses_nothing_that_was_typed_on_a_phone(staff_page: Page, town: Town) -> None:
    staff_page.set_viewport_size(PHONE)
    staff_page.goto(f"{town.admin}/referrals/new")
    staff_page.get_by_label("活動名稱").fill("手機上做的")
    staff_page.get_by_label("好友轉傳給朋友的話").fill("好" * 200)
    staff_page.get_by_role("group", name="門檻 1").get_by_label("點數，或獎勵的說明").fill("三十")
    staff_page.get_by_role("button", name="加一個門檻").click()
    expect(staff_page.get_by_role("group", name="門檻 2")).to_be_visible()
    staff_page.get_by_role("button", name="儲存").click()

    expect(staff_page.get_by_role("alert").first).to_contain_text("還沒有儲存")
    expect(staff_page.get_by_label("活動名稱")).to_have_value("手機上做的")
    expect(staff_page.get_by_role("group", name="門檻 1").get_by_label("點數，或獎勵的說明")).to_have_value("三十")
    assert staff_page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
