"""Two hundred friends at once: whichever door they come through, exactly what is in stock goes out."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from bot.clock import utc_now
from bot.database import Database
from bot.services import api_tokens, games
from bot.services.audit import OPERATOR
from bot.services.games import GameContent, PrizeContent
from models import Draw, Game, GameKind, Prize, Role
from tests.factories import make_friend
from tests.journeys.town import Town, unfinished, wait_until
from tests.load.wire import free_port

FRIENDS = 200
PRIZES = 50
PATIENCE = 60.0  # seconds for all of them, on a machine that does other things too


@pytest.fixture
def town(db: Database, database_url: str, tmp_path: Path) -> Iterator[Town]:
    town = Town(db, database_url, tmp_path)
    yield town
    town.close()


def make_game(db: Database, **changes: Any) -> Game:
    """Everybody wins while there is something left."""
    prize = PrizeContent("購物金", 1_000_000, stock=PRIZES)
    known: dict[str, Any] = {"name": "每日抽", "kind": GameKind.DAILY, "draws_per_friend": 1}
    with db.begin() as session:
        content = GameContent(prizes=[prize], **(known | changes))
        return games.create(session, content, by=OPERATOR, now=utc_now())


def assert_each_piece_went_to_somebody_else(db: Database) -> None:
    with db() as session:
        assert session.scalars(select(Prize.given)).one() == PRIZES
        assert session.scalars(select(Game.drawn)).one() == PRIZES
        assert session.scalar(select(func.count()).select_from(Draw)) == PRIZES
        assert session.scalar(select(func.count(Draw.friend_id.distinct()))) == PRIZES


def test_two_hundred_friends_call_up_a_draw_in_the_chat_at_once(town: Town, db: Database) -> None:
    make_game(db, start_keywords=[{"text": "抽獎"}])
    town.ask("POST", "people/bulk", count=FRIENDS, following=True)
    town.start_web()
    other = town.start_web(free_port()) if not db.is_sqlite else None

    town.ask("POST", "texts", count=FRIENDS, text="抽獎")

    wait_until(lambda: town.acknowledged() == FRIENDS, patience=30, what="200 acknowledgements")
    wait_until(lambda: unfinished(db) == 0, patience=PATIENCE, what="every friend answered")
    assert_each_piece_went_to_somebody_else(db)
    heard = town.greetings()
    assert (len(heard), set(heard.values())) == (FRIENDS, {1})
    said = Counter(_words_of(one) for one in town.ask("GET", "received?endpoint=*reply&limit=100000")["received"])
    assert said == {"🎉 恭喜抽中「購物金」！": PRIZES, "獎品已經全數送出，謝謝您的參與。": FRIENDS - PRIZES}
    assert other is None or other.poll() is None


def test_two_hundred_draws_over_the_api_at_once_each_sent_twice(town: Town, db: Database) -> None:
    game = make_game(db, kind=GameKind.SCRATCH)
    with db.begin() as session:
        people = [make_friend(session, number + 1).line_user_id for number in range(FRIENDS)]
        tokens = [api_tokens.create(session, f"till {n}", Role.MARKETER, by=OPERATOR, now=utc_now())[1] for n in (1, 2)]
    ports = [town.web_port] if db.is_sqlite else [town.web_port, free_port()]
    for port in ports:
        town.start_web(port)

    def draw(turn: int) -> tuple[str, Any]:
        number = turn % FRIENDS
        url = f"http://127.0.0.1:{ports[turn % len(ports)]}/api/v1/games/{game.id}/draws"
        headers = {"Authorization": f"Bearer {tokens[number % 2]}", "Idempotency-Key": f"till-{number}"}
        for _ in range(20):  # the first of the two may still be running
            answer = requests.post(url, json={"line_user_id": people[number]}, headers=headers, timeout=60)
            if answer.status_code not in (409, 429, 503):
                break
            time.sleep(0.2)
        answer.raise_for_status()
        return people[number], (answer.json()["prize"] or {}).get("name")

    with ThreadPoolExecutor(32) as threads:
        told = list(threads.map(draw, [turn for number in range(FRIENDS) for turn in (number, number + FRIENDS)]))

    by_friend: dict[str, set[str | None]] = {}
    for line_user_id, prize in told:
        by_friend.setdefault(line_user_id, set()).add(prize)
    assert all(len(prizes) == 1 for prizes in by_friend.values())  # both answers say the same
    assert Counter(prize for prizes in by_friend.values() for prize in prizes) == {
        "購物金": PRIZES,
        None: FRIENDS - PRIZES,
    }
    assert_each_piece_went_to_somebody_else(db)


def _words_of(reply: dict[str, Any]) -> str:
    return str(reply["body"]["messages"][0]["text"])
