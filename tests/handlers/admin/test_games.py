"""Staff and games: the editor that loses nothing, the log that tells all."""

import io
import re
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from bot.clock import utc_now
from bot.database import Database
from bot.services import drawing, games
from bot.services.audit import OPERATOR
from bot.services.games import GameContent, PrizeContent
from bot.services.plays import Play
from models import AuditEntry, Friend, Game, GameKind, Prize, Tag
from tests.admin_visits import Visitor
from tests.bot.services.test_draws import TAIPEI
from tests.factories import make_friend, make_rule

WHEEL: dict[str, Any] = {
    "name": "週年慶轉盤",
    "kind": "wheel",
    "enabled": "1",
    "keywords.0.text": "轉盤",
    "keywords.0.match": "exact",
    "draws_per_friend": "1",
    "active_from": "2026-11-20T09:00",
    "active_until": "2026-12-20T09:00",
    "releases_evenly": "1",
    "terms": "領獎請帶手機。",
    "prizes.0.key": "0",
    "prizes.0.name": "購物金",
    "prizes.0.odds": "12.3456",
    "prizes.0.stock": "50",
    "prizes.0.colour": "#ff6b6b",
    "prizes.0.tags[]_new": "抽中購物金",
    "prizes.0.reward_kind": "points",
    "prizes.0.reward_points": "30",
    "prize-0.0.kind": "text",
    "prize-0.0.text": "{{name}} 抽中了！",
    "prizes.1.key": "1",
    "prizes.1.name": "貼圖",
    "prizes.1.odds": "50",
    "prizes.1.colour": "#06c755",
}


def only_game(db: Database) -> Game:
    with db() as session:
        return session.scalars(select(Game)).one()


def make_game(db: Database, *prizes: PrizeContent, **changes: Any) -> Game:
    known: dict[str, Any] = {"name": "轉盤", "kind": GameKind.WHEEL, "draws_per_friend": None}
    content = GameContent(prizes=prizes or (PrizeContent("購物金", 1_000_000, stock=3),), **(known | changes))
    with db.begin() as session:
        return games.create(session, content, by=OPERATOR, now=utc_now())


def draw(db: Database, game: Game, *, name: str = "王小明", times: int = 1) -> Friend:
    with db.begin() as session:
        friend = make_friend(session, name=name)
        play = Play(utc_now(), TAIPEI, "https://bot.example.com")
        for number in range(times):
            drawing.draw(session, game, friend, play, cause_key=f"{friend.id}:{number}")
    return friend


def test_a_saved_game_holds_what_was_typed(marketer: Visitor, db: Database) -> None:
    answer = marketer.post("/admin/games/new", WHEEL)

    assert answer.status_code == 302, answer.text
    game = only_game(db)
    cash, stickers = games.live_prizes(game)
    assert (game.name, game.kind, game.draws_per_friend, game.releases_evenly) == (
        "週年慶轉盤",
        GameKind.WHEEL,
        1,
        True,
    )
    assert game.active_from is not None
    assert game.active_from.isoformat() == "2026-11-20T01:00:00+00:00"
    assert (cash.odds, cash.stock, cash.colour, cash.reward) == (123_456, 50, "#ff6b6b", {"points": 30})
    assert cash.messages == [{"type": "text", "text": "{{name}} 抽中了！"}]
    assert (stickers.odds, stickers.stock, stickers.reward) == (500_000, None, None)
    with db() as session:
        assert session.scalars(select(Tag.name).where(Tag.id.in_(cash.tags))).all() == ["抽中購物金"]
        assert session.scalars(select(AuditEntry.actor_name).where(AuditEntry.subject == "game")).all() == ["marketer"]


def test_a_game_opened_and_saved_unchanged_stays_as_it_was(marketer: Visitor, db: Database) -> None:
    marketer.post("/admin/games/new", WHEEL)
    before = games.content_of(only_game(db))
    page = marketer.get(f"/admin/games/{only_game(db).id}").get_data(as_text=True)
    ids = re.findall(r'name="prizes\.(\d)\.id" value="(\d+)"', page)

    again = WHEEL | {f"prizes.{at}.id": number for at, number in ids}
    again |= {"prizes.0.tags[]": [str(tag) for tag in before.prizes[0].tags], "prizes.0.tags[]_new": ""}
    assert marketer.post(f"/admin/games/{only_game(db).id}", again).status_code == 302

    assert games.content_of(only_game(db)) == before


def test_nothing_typed_is_lost_and_each_fault_stands_at_its_field(marketer: Visitor, db: Database) -> None:
    form = WHEEL | {
        "name": "",
        "prizes.0.odds": "60",
        "prizes.1.odds": "40.0001",
        "prizes.1.stock": "-4",
        "prizes.0.reward_points": "0",
        "prize-0.0.text": "打了很久的中獎訊息{{nobody}}",
    }

    answer = marketer.post("/admin/games/new", form)

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for kept in ("打了很久的中獎訊息", "40.0001", "領獎請帶手機。", "抽中購物金", "2026-12-20T09:00"):
        assert kept in page
    assert "100.0001%" in page
    for field in ("name", "prizes.1.stock", "prizes.0.reward_points", "prize-0.0.text"):
        assert f'id="{field}-fault"' in page, field
    with db() as session:
        assert session.scalars(select(Game)).all() == []


@pytest.mark.parametrize("odds", ["", "一半", "0.00001", "101"])
def test_odds_that_cannot_be_read_are_named(marketer: Visitor, odds: str) -> None:
    answer = marketer.post("/admin/games/new", WHEEL | {"prizes.1.odds": odds})

    assert answer.status_code == 422
    assert 'id="prizes.1.odds-fault"' in answer.text


def test_prizes_are_added_moved_and_dropped_with_all_that_was_typed(marketer: Visitor) -> None:
    marketer.get("/admin/games/new")
    added = marketer.post("/admin/games/prizes?op=add", WHEEL).get_data(as_text=True)
    moved = marketer.post("/admin/games/prizes?op=up:1", WHEEL).get_data(as_text=True)
    dropped = marketer.post("/admin/games/prizes?op=drop:0", WHEEL).get_data(as_text=True)

    def names(page: str) -> list[str]:
        return re.findall(r'name="prizes\.\d\.name"[^>]* value="([^"]*)"', page)

    assert names(added) == ["購物金", "貼圖", ""]
    assert names(moved) == ["貼圖", "購物金"]
    assert "抽中了！" in moved
    assert re.findall(r'name="prizes\.1\.key" value="(\d)"', moved) == ["0"]  # its messages go along
    assert names(dropped) == ["貼圖"]
    assert marketer.post("/admin/games/prizes?op=nonsense", WHEEL).status_code == 400


def test_two_people_editing_one_game_do_not_overwrite_each_other_unseen(marketer: Visitor, db: Database) -> None:
    game = make_game(db)
    path = f"/admin/games/{game.id}"
    seen = re.findall(r'name="seen" value="([^"]+)"', marketer.get(path).get_data(as_text=True))[0]
    with db.begin() as session:
        games.toggle(session, game.id, by=OPERATOR, now=utc_now())

    late = marketer.post(path, WHEEL | {"seen": seen})

    assert late.status_code == 409
    assert "有人改過這個遊戲" in late.text


def test_the_odds_of_a_running_game_change_and_each_draw_keeps_its_own(marketer: Visitor, db: Database) -> None:
    game = make_game(db)
    prize = games.live_prizes(game)[0]
    draw(db, game)
    form = WHEEL | {"prizes.0.id": str(prize.id), "prizes.0.odds": "25", "prizes.0.stock": "3"}
    form = {name: value for name, value in form.items() if not name.startswith(("prizes.1", "releases"))}

    assert marketer.post(f"/admin/games/{game.id}", form).status_code == 302
    draw(db, game)

    page = marketer.get(f"/admin/games/{game.id}/draws").get_data(as_text=True)
    assert "購物金 100%" in page
    assert "購物金 25%" in page


def test_stock_never_falls_below_what_was_given(marketer: Visitor, db: Database) -> None:
    game = make_game(db)
    prize = games.live_prizes(game)[0]
    draw(db, game, times=2)

    answer = marketer.post(f"/admin/games/{game.id}", WHEEL | {"prizes.0.id": str(prize.id), "prizes.0.stock": "1"})

    assert answer.status_code == 422
    assert "已經送出 2 份" in answer.text


def test_a_prize_taken_out_after_draws_ends_and_stays_in_the_log(marketer: Visitor, db: Database) -> None:
    game = make_game(db, PrizeContent("停產的娃娃", 1_000_000))
    draw(db, game)

    assert marketer.post(f"/admin/games/{game.id}", WHEEL).status_code == 302

    with db() as session:
        old = session.scalars(select(Prize).where(Prize.retired_at.is_not(None))).one()
    page = marketer.get(f"/admin/games/{game.id}/draws").get_data(as_text=True)
    assert old.given == 1
    assert "已結束" in page


def test_the_log_comes_in_pages_and_by_prize(viewer: Visitor, db: Database) -> None:
    game = make_game(db, PrizeContent("購物金", 1_000_000))
    draw(db, game, times=60)
    path = f"/admin/games/{game.id}/draws"

    first = viewer.get(path).get_data(as_text=True)
    following = re.findall(r'href="([^"]+before=\d+)"', first)[0].replace("&amp;", "&")
    second = viewer.get(following).get_data(as_text=True)

    def numbers(page: str) -> list[str]:
        return re.findall(r"第 (\d+) 次", page)

    assert numbers(first) == [str(number) for number in range(60, 10, -1)]
    assert numbers(second) == [str(number) for number in range(10, 0, -1)]
    assert numbers(viewer.get(f"{path}?prize={games.live_prizes(game)[0].id}").get_data(as_text=True))


def test_excel_holds_every_draw_and_no_formula(viewer: Visitor, db: Database) -> None:
    game = make_game(db, PrizeContent("購物金", 1_000_000))
    draw(db, game, name="=1+1", times=2)

    with viewer.get(f"/admin/games/{game.id}/draws.xlsx") as answer:
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data()))

    figures, log = (book.get_sheet_by_name(name).to_python() for name in ("統計", "抽獎紀錄"))
    assert figures[1] == ["購物金", "", 2.0, 2.0]
    assert [row[3] for row in log[1:]] == ["=1+1", "=1+1"]
    assert [row[5] for row in log[1:]] == ["購物金", "購物金"]
    assert log[1][7] == "購物金 100%"


def test_a_copy_begins_anew(marketer: Visitor, db: Database) -> None:
    game = make_game(db)
    draw(db, game)

    page = marketer.get(f"/admin/games/new?copy={game.id}").get_data(as_text=True)

    assert "轉盤 的複本" in page
    assert 'name="prizes.0.id" value=""' in page
    assert 'name="prizes.0.given" value="0"' in page


def test_a_game_is_switched_and_deleted(marketer: Visitor, db: Database) -> None:
    game = make_game(db)
    draw(db, game)

    switched = marketer.post(f"/admin/games/{game.id}/toggle")
    assert "已關閉" in switched.text
    assert marketer.post(f"/admin/games/{game.id}/delete").status_code == 302

    assert only_game(db).archived_at is not None
    assert marketer.get(f"/admin/games/{game.id}").status_code == 404
    assert "還沒有遊戲" in marketer.get("/admin/games").get_data(as_text=True)


def test_a_game_that_a_message_starts_is_kept_and_its_users_named(marketer: Visitor, db: Database) -> None:
    game = make_game(db)
    with db.begin() as session:
        make_rule(session, "活動", answer=f"http://127.0.0.1:8000/liff/g/{game.code}", name="活動說明")

    marketer.post(f"/admin/games/{game.id}/delete")

    assert "活動說明" in marketer.get(f"/admin/games/{game.id}").get_data(as_text=True)
    assert only_game(db).archived_at is None


def test_viewers_see_games_and_change_nothing(viewer: Visitor, db: Database) -> None:
    game = make_game(db)

    for path in ("/admin/games", f"/admin/games/{game.id}", f"/admin/games/{game.id}/draws"):
        assert viewer.get(path).status_code == 200
    for path in ("/admin/games/new", f"/admin/games/{game.id}", f"/admin/games/{game.id}/toggle"):
        assert viewer.post(path, WHEEL).status_code == 403
