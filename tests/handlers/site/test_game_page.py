"""A game's page inside LINE: who is there, what the server drew, what it refuses."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.clock import utc_now
from bot.database import Database
from bot.services import games
from bot.services.audit import OPERATOR
from bot.services.games import GameContent, PrizeContent
from models import Draw, Friend, FriendState, Game, GameKind, PlayedIn
from tests.factories import make_friend, text
from tests.page_visits import Phone

KEY = "0123456789abcdef"


def make_game(db: Database, **changes: Any) -> Game:
    prize = PrizeContent("購物金", 1_000_000, stock=5, colour="#ff6b6b", messages=[text("{{name}} 請到門市領取")])
    known: dict[str, Any] = {"name": "週年慶轉盤", "kind": GameKind.WHEEL, "prizes": [prize], "draws_per_friend": 2}
    with db.begin() as session:
        return games.create(session, GameContent(**(known | changes)), by=OPERATOR, now=utc_now())


@pytest.fixture
def phone(phone: Phone, db: Database) -> Phone:
    """The phone of a friend whom LINE vouched for."""
    with db.begin() as session:
        make_friend(session, line_user_id=phone.line_user_id)
    phone.log_in()
    return phone


def state(phone: Phone, game: Game) -> dict[str, Any]:
    answer = phone.send(f"/liff/g/{game.code}/state", {})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def draw(phone: Phone, game: Game, key: str = KEY) -> Any:
    return phone.send(f"/liff/g/{game.code}/draws", {"key": key})


def test_the_page_knows_the_game_and_shows_neither_odds_nor_stock(phone: Phone, db: Database) -> None:
    game = make_game(db)

    page = phone.browser.get(f"/liff/g/{game.code}")
    told = state(phone, game)

    assert page.status_code == 200
    assert "週年慶轉盤" in page.text
    assert f"/terms/g/{game.code}" in page.text
    assert (told["kind"], told["left"], told["refusal"], told["last"]) == ("wheel", 2, None, None)
    assert [sorted(prize) for prize in told["prizes"]] == [["colour", "id", "name", "picture_url"]]
    assert told["has_blank"] is False


def test_a_draw_is_told_to_the_page_and_a_reload_shows_the_same(phone: Phone, db: Database) -> None:
    game = make_game(db)

    drawn = draw(phone, game).get_json()
    again = draw(phone, game).get_json()
    reloaded = state(phone, game)

    assert drawn["last"]["name"] == "購物金"
    assert drawn["last"]["words"] == ["王小明 請到門市領取"]
    assert drawn == again == reloaded
    with db() as session:
        assert session.scalars(select(Draw.place)).all() == [PlayedIn.PAGE]


def test_a_new_key_draws_again_until_the_limit(phone: Phone, db: Database) -> None:
    game = make_game(db)

    answers = [draw(phone, game, f"{number}{KEY}") for number in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 409]
    refused = answers[2].get_json()
    assert (refused["reason"], refused["detail"]) == ("limit_reached", "您的抽獎次數已經用完（每人 2 次）。")
    assert state(phone, game)["reason"] == "limit_reached"


def test_nobody_draws_for_somebody_else_or_without_being_known(phone: Phone, other_phone: Phone, db: Database) -> None:
    game = make_game(db)

    unknown = draw(other_phone, game)
    other_phone.log_in()
    with_wrong_key = phone.send(f"/liff/g/{game.code}/draws", {"key": KEY}, Yanglai_Visitor=other_phone.key)

    assert (unknown.status_code, unknown.get_json()["reason"]) == (401, "unknown_visitor")
    assert with_wrong_key.status_code == 401
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Draw)) == 0


def test_the_same_key_of_two_friends_is_two_draws(phone: Phone, other_phone: Phone, db: Database) -> None:
    game = make_game(db)
    other_phone.log_in()

    for one in (phone, other_phone):
        assert draw(one, game).status_code == 200

    with db() as session:
        assert session.scalar(select(func.count(Draw.friend_id.distinct()))) == 2


@pytest.mark.parametrize("body", [{}, {"key": 5}, {"key": "short"}, {"key": "x" * 65}, {"key": "with space in it"}])
def test_a_draw_without_a_proper_key_is_refused(phone: Phone, db: Database, body: dict[str, object]) -> None:
    game = make_game(db)

    assert phone.send(f"/liff/g/{game.code}/draws", body).status_code == 400


def test_another_site_cannot_draw(phone: Phone, db: Database) -> None:
    game = make_game(db)

    refused = phone.send(f"/liff/g/{game.code}/draws", {"key": KEY}, Origin="https://evil.example.com")

    assert refused.status_code == 403


def test_a_game_that_is_not_there_says_so(phone: Phone) -> None:
    page = phone.browser.get("/liff/g/nothing")

    assert page.status_code == 404
    assert "找不到這個活動" in page.text
    assert phone.send("/liff/g/nothing/state", {}).status_code == 404


def test_a_game_that_has_not_begun_opens_and_says_when(phone: Phone, db: Database) -> None:
    game = make_game(db, active_from=utc_now() + timedelta(days=1))

    told = state(phone, game)

    assert told["reason"] == "not_started"
    assert "起可以參加" in told["refusal"]


def test_somebody_who_blocked_the_account_is_asked_to_join(phone: Phone, db: Database) -> None:
    game = make_game(db)
    with db.begin() as session:
        session.scalars(select(Friend)).one().state = FriendState.NOT_FOLLOWING

    assert state(phone, game)["reason"] == "not_a_friend"
    assert draw(phone, game).status_code == 409
