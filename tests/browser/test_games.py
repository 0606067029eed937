"""Staff build a wheel, a friend plays it in LINE's chat and on its page, and the log tells what came out."""

import requests
from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy import select

from bot.clock import utc_now
from bot.services import games
from bot.services.audit import OPERATOR
from bot.services.games import GameContent, PrizeContent
from models import Draw, Game, GameKind, PlayedIn
from tests.browser.conftest import Town
from tests.browser.test_admin import ON_SQLITE, become_a_friend, write
from tests.chromium import PHONE
from tests.page_visits import LIFF_ID

ONE_PRIZE = (PrizeContent("購物金", 1_000_000, stock=9),)
PATIENCE = 15_000


def make_game(town: Town, kind: GameKind, **changes: int | None) -> Game:
    content = GameContent(name="週年慶", kind=kind, prizes=ONE_PRIZE, **changes)  # type: ignore[arg-type]
    with town.db.begin() as session:
        return games.create(session, content, by=OPERATOR, now=utc_now())


def make_person(town: Town) -> str:
    answer = requests.post(f"{town.simulator}/simulator/people", json={"following": True}, timeout=30)
    return str(answer.json()["line_user_id"])


def open_page(context: BrowserContext, town: Town, person: str, game: Game) -> Page:
    """The game's page, as LINE opens it for somebody."""
    page = context.new_page()
    page.set_viewport_size(PHONE)
    page.goto(f"{town.simulator}/simulator/people/{person}/liff/{LIFF_ID}?state=/g/{game.code}")
    expect(page.locator("#play")).to_be_visible(timeout=PATIENCE)
    return page


def draws(town: Town) -> list[Draw]:
    with town.db() as session:
        return list(session.scalars(select(Draw).order_by(Draw.id)))


@ON_SQLITE
def test_a_wheel_goes_from_the_editor_to_a_draw_in_the_chat(
    context: BrowserContext, staff_page: Page, town: Town
) -> None:
    staff_page.goto(f"{town.admin}/games")
    staff_page.get_by_role("button", name="新增遊戲").click()
    staff_page.get_by_role("link", name="轉盤", exact=True).click()
    staff_page.get_by_label("遊戲名稱").fill("週年慶轉盤")
    first, second = (staff_page.locator("[data-prize]").nth(at) for at in (0, 1))
    first.get_by_label("獎項名稱").fill("購物金")
    first.get_by_label("機率").fill("33.3333")
    second.get_by_label("獎項名稱").fill("貼圖")
    second.get_by_label("機率").fill("66.7")
    expect(staff_page.locator("#odds-sum")).to_have_text("中獎機率合計 100.0333%，超過 100% 了")
    second.get_by_label("機率").fill("66.6667")
    expect(staff_page.locator("#odds-sum")).to_have_text("中獎機率合計 100%，沒中獎 0%")
    expect(staff_page.locator("#wheel-preview text").filter(has_text="購物金").first).to_be_visible()
    staff_page.get_by_label("移除獎項 3").click()
    expect(staff_page.locator("[data-prize]")).to_have_count(2)
    first.get_by_text("中獎訊息、標籤、獎勵、圖片").click()
    first.get_by_role("button", name="加一則訊息").click()
    first.get_by_role("button", name="文字", exact=True).click()
    first.get_by_label("文字", exact=True).fill("{{name}} 抽中購物金！")
    staff_page.get_by_label("關鍵字 1", exact=True).fill("轉盤")
    staff_page.get_by_role("button", name="儲存").click()
    expect(staff_page.get_by_role("status").first).to_contain_text("已儲存")

    chat = become_a_friend(context, town, "王小美")
    write(chat, "轉盤")
    chat.get_by_role("button", name="在聊天室直接抽").click(timeout=PATIENCE)
    expect(chat.locator("#talk").get_by_text("抽中").first).to_be_visible(timeout=PATIENCE)
    write(chat, "轉盤")
    expect(chat.locator("#talk").get_by_text("您的抽獎次數已經用完（每人 1 次）。")).to_be_visible(timeout=PATIENCE)

    staff_page.get_by_role("link", name="抽獎紀錄與成效").click()
    expect(staff_page.locator(".odds-then").get_by_text("購物金 33.3333%")).to_be_visible()
    [made] = draws(town)
    assert made.place is PlayedIn.CHAT


@ON_SQLITE
def test_the_wheel_turns_to_what_the_server_drew_and_a_reload_shows_it_again(
    context: BrowserContext, town: Town
) -> None:
    game = make_game(town, GameKind.WHEEL, draws_per_friend=2)
    page = open_page(context, town, make_person(town), game)
    expect(page.locator("#left")).to_have_text("還可以抽 2 次")

    page.get_by_role("button", name="轉動轉盤").click()
    expect(page.locator("#result")).to_contain_text("恭喜抽中", timeout=PATIENCE)
    expect(page.locator("#result")).to_contain_text("購物金")
    page.reload()
    expect(page.locator("#result")).to_contain_text("上次的結果", timeout=PATIENCE)
    page.get_by_role("button", name="再抽一次").click()
    expect(page.locator("#left")).to_have_text("您的抽獎次數已經用完（每人 2 次）。", timeout=PATIENCE)

    assert [made.place for made in draws(town)] == [PlayedIn.PAGE] * 2
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


@ON_SQLITE
def test_a_scratch_card_opens_by_finger_and_by_keyboard(context: BrowserContext, town: Town) -> None:
    game = make_game(town, GameKind.SCRATCH, draws_per_friend=2)
    page = open_page(context, town, make_person(town), game)

    page.get_by_role("button", name="拿一張刮刮卡").click()
    canvas = page.locator("canvas")
    expect(canvas).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#result")).to_be_empty()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 10)
    page.mouse.down()
    for line in range(12):
        across = box["x"] + (box["width"] - 5 if line % 2 == 0 else 5)
        page.mouse.move(across, box["y"] + 10 + line * box["height"] / 12, steps=12)
    page.mouse.up()
    expect(page.locator("#result")).to_contain_text("恭喜抽中", timeout=PATIENCE)

    page.get_by_role("button", name="再抽一次").click()
    page.get_by_role("button", name="直接刮開").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#left")).to_contain_text("已經用完", timeout=PATIENCE)
    assert len(draws(town)) == 2


@ON_SQLITE
def test_an_answer_lost_on_the_way_is_asked_for_again_and_draws_once(context: BrowserContext, town: Town) -> None:
    game = make_game(town, GameKind.DAILY, draws_per_friend=None)
    page = open_page(context, town, make_person(town), game)
    page.emulate_media(reduced_motion="reduce")

    def lose(route: Route) -> None:
        route.fetch()
        route.fulfill(status=200, content_type="text/html", body="<p>captive portal</p>")

    page.route("**/draws", lose, times=1)
    page.get_by_role("button", name="抽今天的獎").click()
    expect(page.get_by_role("alert")).to_contain_text("網路好像斷了", timeout=PATIENCE)
    page.get_by_role("button", name="再試一次").click()
    expect(page.locator("#result")).to_contain_text("恭喜抽中", timeout=PATIENCE)
    expect(page.locator("#left")).to_contain_text("明天再來", timeout=PATIENCE)

    assert len(draws(town)) == 1


@ON_SQLITE
def test_pages_of_games_fit_a_phone(staff_page: Page, town: Town) -> None:
    make_game(town, GameKind.WHEEL)
    staff_page.set_viewport_size(PHONE)

    for path in ("/games", "/games/new", "/games/1", "/games/1/draws"):
        staff_page.goto(f"{town.admin}{path}")
        assert staff_page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
