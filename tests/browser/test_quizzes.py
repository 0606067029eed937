"""A quiz from the first word in the admin to the charts, with a friend who plays it in the chat."""

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import Town
from tests.browser.test_admin import become_a_friend, wait_for_friend, write

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # the database has no say in it


def question(page: Page, number: int) -> Locator:
    return page.locator(f"[id='questions.{number - 1}']")


def choice(page: Page, number: int, place: int) -> Locator:
    return page.locator(f"[id='questions.{number - 1}.choices.{place - 1}']")


def add_question(page: Page, number: int, asked: str, *choices: tuple[str, str]) -> None:
    """Write a question with choices and the tags they give."""
    expect(question(page, number)).to_be_visible()
    page.get_by_label(f"第 {number} 題的題目").fill(asked)
    for place, (words, tag) in enumerate(choices, start=1):
        choice(page, number, place).get_by_label(f"第 {number} 題的選項 {'ABC'[place - 1]}").fill(words)
        choice(page, number, place).get_by_label("選了就加上標籤").fill(tag)


def build_quiz(page: Page, town: Town) -> None:
    """Three questions; who has dry skin is asked the second, everybody else the third."""
    page.get_by_role("link", name="測驗與問卷").click()
    page.get_by_role("link", name="從空白開始").click()
    page.get_by_label("名稱", exact=False).first.fill("膚質小測驗")
    page.get_by_label("關鍵字 1", exact=True).fill("測膚質")
    add_question(page, 1, "您的膚質是？", ("乾性", "乾性肌"), ("油性", "油性肌"))
    page.get_by_role("button", name="加一題").click()
    add_question(page, 2, "一天擦幾次乳液？", ("一次", "少擦乳液"), ("很多次", "常擦乳液"))
    page.get_by_role("button", name="加一題").click()
    add_question(page, 3, "一天洗幾次臉？", ("兩次", "洗兩次"), ("更多次", "常洗臉"))
    choice(page, 1, 2).get_by_label("選了 B 之後").select_option(label="第 3 題　一天洗幾次臉？")
    question(page, 2).get_by_label("這一題之後").select_option(label="結束")


def test_a_quiz_built_in_the_admin_is_played_in_the_chat_and_counted(
    staff_page: Page, context: BrowserContext, town: Town
) -> None:
    build_quiz(staff_page, town)
    drawn = staff_page.locator("#quiz-map")
    expect(drawn.locator(".map-stop")).to_have_count(3)
    drawn.get_by_text("用文字列出").click()
    expect(drawn).to_contain_text("B → 第 3 題")
    staff_page.get_by_role("button", name="儲存").click()
    expect(staff_page.get_by_role("status")).to_contain_text("已儲存「膚質小測驗」")

    chat = become_a_friend(context, town, "王小明")
    friend_id = wait_for_friend(town, "王小明")
    write(chat, "測膚質")
    expect(chat.locator(".theirs .bubble").last).to_contain_text("您的膚質是？")
    chat.locator("#quick").get_by_role("button", name="油性").click()
    expect(chat.locator(".theirs .bubble").last).to_contain_text("一天洗幾次臉？")
    chat.locator("#quick").get_by_role("button", name="更多次").click()
    expect(chat.locator(".theirs .bubble").last).to_contain_text("謝謝")

    staff_page.goto(f"{town.admin}/friends/{friend_id}")
    expect(staff_page.locator("#tags")).to_contain_text("油性肌")
    expect(staff_page.locator("#tags")).to_contain_text("常洗臉")
    expect(staff_page.locator("#quizzes")).to_contain_text("一天洗幾次臉？")

    staff_page.goto(f"{town.admin}/quizzes")
    staff_page.get_by_role("link", name="結果", exact=True).click()
    first = staff_page.locator(".question-result").first
    expect(first.get_by_role("row", name="油性")).to_contain_text("100.0%")
    expect(first.get_by_role("img", name="每個選項的比例")).to_be_visible()
    staff_page.get_by_label("每一列").select_option(label="1. 您的膚質是？")
    staff_page.get_by_label("每一欄").select_option(label="3. 一天洗幾次臉？")
    expect(staff_page.locator("#cross").get_by_role("row", name="油性")).to_contain_text("100.0%")
    with staff_page.expect_download() as download:
        staff_page.get_by_role("link", name="下載 Excel").click()
    assert download.value.suggested_filename == "膚質小測驗.xlsx"
    staff_page.locator(".question-result").first.get_by_role("link", name="選了「油性」的好友").click()
    expect(staff_page.get_by_role("link", name="王小明")).to_be_visible()


@ON_SQLITE
def test_a_quiz_is_tried_before_it_is_saved_and_nothing_of_it_is_kept(staff_page: Page, town: Town) -> None:
    staff_page.goto(f"{town.admin}/quizzes/new?sample=knowledge")
    trial = staff_page.locator("#quiz-trial")
    staff_page.get_by_label("第 1 題的題目").fill("改過的第一題？")
    trial.get_by_role("button", name="從頭試玩").click()
    expect(trial).to_contain_text("改過的第一題？")
    trial.get_by_role("button", name="2 個月").click()
    expect(trial).to_contain_text("答錯了，正確答案是：4 到 6 個月")
    trial.get_by_role("button", name="蜂蜜").click()
    expect(trial).to_contain_text("答對了")
    trial.get_by_role("button", name="一種", exact=True).click()
    expect(trial).to_contain_text("答對 2 題，王小明 太厲害了！")
    expect(trial.locator(".facts")).to_contain_text("小學堂高手")
    staff_page.goto(f"{town.admin}/quizzes")
    expect(staff_page.get_by_text("還沒有測驗或問卷")).to_be_visible()


@ON_SQLITE
def test_nothing_typed_is_lost_while_a_quiz_is_rebuilt(staff_page: Page, town: Town) -> None:
    staff_page.goto(f"{town.admin}/quizzes/new?sample=survey")
    staff_page.get_by_label("第 1 題的題目").fill("打了很久的題目")
    choice(staff_page, 1, 1).get_by_label("選了就加上標籤").fill("舊客、VIP")
    staff_page.get_by_label("第 3 題的題型").select_option("single")
    question(staff_page, 3).get_by_label("第 3 題的選項 A").fill("太慢")
    staff_page.get_by_label("第 3 題的題型").select_option("text")
    staff_page.get_by_role("button", name="第 1 題下移").click()
    expect(staff_page.get_by_label("第 2 題的題目")).to_have_value("打了很久的題目")
    expect(choice(staff_page, 2, 1).get_by_label("選了就加上標籤")).to_have_value("舊客、VIP")
    staff_page.get_by_role("button", name="複製第 2 題").click()
    expect(staff_page.get_by_label("第 3 題的題目")).to_have_value("打了很久的題目")
    staff_page.get_by_label("第 4 題的題型").select_option("single")
    expect(question(staff_page, 4).get_by_label("第 4 題的選項 A")).to_have_value("太慢")
    staff_page.get_by_role("button", name="加一個結果").click()
    staff_page.get_by_label("結果的名稱").fill("滿意")
    staff_page.get_by_label("第 1 題的題目").fill("")
    staff_page.get_by_role("button", name="儲存").click()
    expect(staff_page.get_by_role("alert").filter(has_text="還沒有儲存")).to_contain_text("第 1 題：請填寫題目。")
    expect(staff_page.get_by_label("第 2 題的題目")).to_have_value("打了很久的題目")
    expect(staff_page.get_by_label("結果的名稱")).to_have_value("滿意")
