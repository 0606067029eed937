"""Games over the API: kept as staff keep them, drawn once for each key."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from bot.database import Database
from models import Draw, FriendState, PlayedIn
from tests.conftest import NOW
from tests.factories import make_friend, make_rule, text
from tests.handlers.api.conftest import Caller
from tests.line_events import user

WHEEL: dict[str, Any] = {
    "name": "週年慶轉盤",
    "kind": "wheel",
    "prizes": [
        {"name": "購物金 100 元", "odds": 100, "stock": 2, "tags": ["抽中購物金"], "reward": {"points": 30}},
    ],
    "start_keywords": [{"text": "轉盤"}],
    "draws_per_friend": None,
}


def made(marketer: Caller, **changes: Any) -> dict[str, Any]:
    answer = marketer.post("/games", WHEEL | changes)
    assert answer.status_code == 201, answer.json
    game: dict[str, Any] = answer.get_json()
    return game


@pytest.fixture
def friend(db: Database) -> str:
    with db.begin() as session:
        return make_friend(session, 1).line_user_id


def faults(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.json
    return {fault["field"]: fault["message"] for fault in answer.get_json()["errors"]}


def test_a_game_reads_back_as_it_was_made(marketer: Caller) -> None:
    game = made(marketer)

    [prize] = game["prizes"]
    assert (prize["odds"], prize["stock"], prize["given"], prize["tags"]) == (100, 2, 0, ["抽中購物金"])
    assert game["start_keywords"] == [{"text": "轉盤", "match": "exact"}]
    assert game["page_url"] == f"http://127.0.0.1:8000/liff/g/{game['code']}"
    assert game["terms_url"] == f"http://127.0.0.1:8000/terms/g/{game['code']}"
    assert marketer.get(f"/games/{game['id']}").get_json() == game
    assert marketer.get("/games").get_json()["items"] == [game]


def test_odds_are_percentages_of_four_decimals_that_add_up_to_a_hundred(marketer: Caller) -> None:
    def prizes(*odds: float) -> dict[str, Any]:
        return WHEEL | {"prizes": [{"name": f"獎 {share}", "odds": share} for share in odds]}

    assert marketer.post("/games", prizes(33.3333, 66.6667)).status_code == 201
    assert "100.0001%" in faults(marketer.post("/games", prizes(33.3333, 66.6668)))["prizes"]
    assert "prizes[1].odds" in faults(marketer.post("/games", prizes(1, 0.00001)))


def test_faults_inside_a_prize_stand_at_their_place(marketer: Caller) -> None:
    broken = {"name": "獎", "odds": 1, "messages": [text("")], "reward": {"points": 0}}

    found = faults(marketer.post("/games", WHEEL | {"prizes": [{"name": "貼圖", "odds": 1}, broken]}))

    assert set(found) == {"prizes[1].messages[0].text", "prizes[1].reward.points"}


def test_a_draw_gives_a_prize_until_nothing_is_left(marketer: Caller, friend: str) -> None:
    game = made(marketer)
    path = f"/games/{game['id']}/draws"

    answers = [marketer.post(path, {"line_user_id": friend}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    prize = {"id": game["prizes"][0]["id"], "name": "購物金 100 元"}
    assert [answer.get_json()["prize"] for answer in answers] == [prize, prize, None]
    assert answers[2].get_json()["reason"] == "nothing_left"
    assert marketer.get(f"/games/{game['id']}").get_json()["prizes"][0]["given"] == 2


def test_the_same_key_draws_once(marketer: Caller, friend: str, db: Database) -> None:
    game = made(marketer)

    answers = [
        marketer.post(f"/games/{game['id']}/draws", {"line_user_id": friend}, Idempotency_Key="till-1")
        for _ in range(2)
    ]

    assert answers[0].get_json() == answers[1].get_json()
    with db() as session:
        drawn = session.scalars(select(Draw)).one()
    assert drawn.place is PlayedIn.API


def test_a_friend_at_the_limit_is_told_so(marketer: Caller, friend: str) -> None:
    game = made(marketer, draws_per_friend=1)
    path = f"/games/{game['id']}/draws"
    marketer.post(path, {"line_user_id": friend})

    refused = marketer.post(path, {"line_user_id": friend})

    assert refused.status_code == 409
    assert refused.get_json()["detail"] == "您的抽獎次數已經用完（每人 1 次）。"


def test_somebody_never_seen_is_not_found_and_one_who_blocked_is_refused(marketer: Caller, db: Database) -> None:
    game = made(marketer)
    with db.begin() as session:
        blocked = make_friend(session, 2, state=FriendState.NOT_FOLLOWING).line_user_id
    path = f"/games/{game['id']}/draws"

    assert marketer.post(path, {"line_user_id": user(99)}).status_code == 404
    assert marketer.post(path, {"line_user_id": blocked}).status_code == 409


def test_the_log_tells_the_odds_of_each_moment_and_goes_on_by_key(marketer: Caller, friend: str) -> None:
    game = made(marketer)
    prize_id = game["prizes"][0]["id"]
    path = f"/games/{game['id']}"
    marketer.post(f"{path}/draws", {"line_user_id": friend})
    changed = [WHEEL["prizes"][0] | {"id": prize_id, "odds": 50.5}, {"name": "貼圖", "odds": 49.5}]
    assert marketer.patch(path, {"prizes": changed}).status_code == 200
    marketer.post(f"{path}/draws", {"line_user_id": friend})

    first = marketer.get(f"{path}/draws?limit=1").get_json()
    second = marketer.get(f"{path}/draws?limit=1&after={first['next']}").get_json()

    assert [odds["odds"] for odds in first["items"][0]["odds"]] == [50.5, 49.5]
    assert second["items"][0]["odds"] == [{"prize_id": prize_id, "odds": 100}]
    assert (second["items"][0]["line_user_id"], second["next"]) == (friend, None)
    figures = marketer.get(f"{path}/figures").get_json()
    assert (figures["draws"], figures["friends"], figures["won"]) == (2, 1, 2)
    assert [one["expected"] for one in figures["prizes"]] == [1.505, 0.495]


def test_stock_can_rise_but_never_falls_below_what_was_given(marketer: Caller, friend: str) -> None:
    game = made(marketer)
    path = f"/games/{game['id']}"
    prize = WHEEL["prizes"][0] | {"id": game["prizes"][0]["id"]}
    for _ in range(2):
        marketer.post(f"{path}/draws", {"line_user_id": friend})

    refused = faults(marketer.patch(path, {"prizes": [prize | {"stock": 1}]}))

    assert refused == {"prizes[0].stock": "已經送出 2 份，總數不能比這更少。"}
    assert marketer.patch(path, {"prizes": [prize | {"stock": 3}]}).status_code == 200
    assert marketer.post(f"{path}/draws", {"line_user_id": friend}).get_json()["prize"]["id"] == prize["id"]


def test_prizes_sent_again_without_ids_are_the_same_prizes_by_their_names(marketer: Caller, friend: str) -> None:
    twins = [{"name": "購物金", "odds": 100, "stock": 2}, {"name": "購物金", "odds": 0, "stock": 2}]
    game = made(marketer, prizes=twins)
    path = f"/games/{game['id']}"
    for _ in range(2):
        assert marketer.post(f"{path}/draws", {"line_user_id": friend}).get_json()["prize"]

    after = marketer.patch(path, {"prizes": [*twins, {"name": "貼圖", "odds": 0, "stock": 1}]}).get_json()

    assert [prize["id"] for prize in after["prizes"][:2]] == [prize["id"] for prize in game["prizes"]]
    assert [prize["given"] for prize in after["prizes"]] == [2, 0, 0]
    assert marketer.post(f"{path}/draws", {"line_user_id": friend}).get_json()["reason"] == "nothing_left"
    assert "prizes[0].stock" in faults(marketer.patch(path, {"prizes": [twins[0] | {"stock": 1}]}))


def test_start_keywords_may_be_plain_words(marketer: Caller) -> None:
    game = made(marketer, start_keywords=["轉盤", {"text": "抽獎", "match": "prefix"}])

    assert game["start_keywords"] == [{"text": "轉盤", "match": "exact"}, {"text": "抽獎", "match": "prefix"}]
    answer = marketer.post("/referral-programs", {"name": "好友邀請", "start_keywords": ["邀請"]})
    assert answer.get_json()["start_keywords"] == [{"text": "邀請", "match": "exact"}]


def test_a_prize_that_was_drawn_ends_but_stays_in_the_log(marketer: Caller, friend: str) -> None:
    game = made(marketer)
    path = f"/games/{game['id']}"
    marketer.post(f"{path}/draws", {"line_user_id": friend})

    after = marketer.patch(path, {"prizes": [{"name": "貼圖", "odds": 100}]}).get_json()

    assert [prize["name"] for prize in after["prizes"]] == ["貼圖"]
    assert marketer.get(f"{path}/draws").get_json()["items"][0]["prize"]["name"] == "購物金 100 元"
    assert "prizes[0].id" in faults(marketer.patch(path, {"prizes": [WHEEL["prizes"][0] | {"id": 999}]}))


def test_a_deleted_game_is_gone_and_keeps_its_draws(marketer: Caller, friend: str, db: Database) -> None:
    game, unused = made(marketer), made(marketer)
    marketer.post(f"/games/{game['id']}/draws", {"line_user_id": friend})

    for one in (game, unused):
        assert marketer.delete(f"/games/{one['id']}").status_code == 204
        assert marketer.get(f"/games/{one['id']}").status_code == 404
        assert marketer.post(f"/games/{one['id']}/draws", {"line_user_id": friend}).status_code == 404
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Draw)) == 1


def test_a_game_that_a_message_starts_is_not_deleted(marketer: Caller, db: Database) -> None:
    game = made(marketer)
    with db.begin() as session:
        make_rule(session, "活動", answer=f"玩這裡：http://127.0.0.1:8000/liff/g/{game['code']}", name="活動")

    refused = marketer.delete(f"/games/{game['id']}")

    assert refused.status_code == 409
    assert "關鍵字回應「活動」" in refused.get_json()["detail"]


def test_a_game_outside_its_period_says_when_it_begins(app: Flask, marketer: Caller, friend: str) -> None:
    far = NOW + timedelta(days=3650)
    game = made(marketer, active_from=far.isoformat())

    refused = marketer.post(f"/games/{game['id']}/draws", {"line_user_id": friend})

    assert refused.status_code == 409
    assert refused.get_json()["detail"].startswith("活動還沒有開始，2036/")


def test_a_daily_draw_without_limits_is_once_a_day_and_for_ever(marketer: Caller, friend: str) -> None:
    given = {name: value for name, value in WHEEL.items() if name != "draws_per_friend"}
    daily = marketer.post("/games", given | {"kind": "daily"}).get_json()
    wheel = marketer.post("/games", given).get_json()

    assert (daily["draws_per_friend"], wheel["draws_per_friend"]) == (None, 1)


def test_viewers_read_and_do_not_draw(marketer: Caller, viewer: Caller, friend: str) -> None:
    game = made(marketer)

    assert viewer.get(f"/games/{game['id']}").status_code == 200
    assert viewer.post(f"/games/{game['id']}/draws", {"line_user_id": friend}).status_code == 403
    assert viewer.post("/games", WHEEL).status_code == 403
