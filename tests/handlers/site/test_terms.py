"""Public terms: what everybody may read about odds, stock, limits and tax."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient

from bot.database import Database
from bot.rules.prize_taxes import tax_on
from bot.services import drawing, games, quizzes, referrals
from bot.services.audit import OPERATOR
from bot.services.games import GameContent, PrizeContent
from bot.services.plays import Play
from bot.services.quizzes import QuizContent
from bot.services.referrals import ProgramContent
from models import Game, GameKind
from tests.bot.services.test_draws import TAIPEI
from tests.conftest import NOW
from tests.factories import make_friend


def make_game(db: Database, **changes: Any) -> Game:
    prizes = [PrizeContent("購物金", 12_345, stock=3), PrizeContent("貼圖", 500_000)]
    known: dict[str, Any] = {"name": "週年慶轉盤", "kind": GameKind.WHEEL, "prizes": prizes}
    with db.begin() as session:
        return games.create(session, GameContent(**(known | changes)), by=OPERATOR, now=NOW)


def test_the_terms_of_a_game_tell_odds_stock_and_limits(client: FlaskClient, db: Database) -> None:
    game = make_game(
        db,
        active_from=datetime(2026, 11, 1, 2, 0, tzinfo=UTC),
        active_until=datetime(2026, 12, 31, 15, 59, tzinfo=UTC),
        draws_per_day=1,
        wins_per_friend=1,
        draws_in_all=10_000,
        releases_evenly=True,
        terms="領獎期限：2027/01/31\n逾期視同放棄。",
    )

    page = client.get(f"/terms/g/{game.code}")

    assert page.status_code == 200
    for words in (
        "2026/11/01 10:00 起至 2026/12/31 23:59 止",
        "1.2345%",
        "50%",
        "48.7655%",
        "每人最多抽 1 次",
        "每人每天最多抽 1 次",
        "每人最多中獎 1 次",
        "10,000 次為限",
        "平均釋出",
        "逾期視同放棄。",
        "1,000 元",
        "20,000 元",
        "個人資料告知事項",
    ):
        assert words in page.text


def test_what_is_left_follows_the_draws(client: FlaskClient, db: Database) -> None:
    game = make_game(db, prizes=[PrizeContent("購物金", 1_000_000, stock=1)])
    with db.begin() as session:
        friend = make_friend(session, 1)
        play = Play(NOW, TAIPEI, "https://bot.example.com")
        drawing.draw(session, game, friend, play, cause_key="tap")

    assert "已送完" in client.get(f"/terms/g/{game.code}").text


def test_terms_stay_when_the_game_is_over_or_off(client: FlaskClient, db: Database) -> None:
    game = make_game(db, active_until=NOW - timedelta(days=1))
    with db.begin() as session:
        games.toggle(session, game.id, by=OPERATOR, now=NOW)

    page = client.get(f"/terms/g/{game.code}")

    assert page.status_code == 200
    assert "這個活動目前沒有開放" in page.text


def test_the_terms_of_a_quiz_tell_its_rewards(client: FlaskClient, db: Database) -> None:
    question = {"kind": "single", "text": "？", "choices": [{"text": "好", "score": 5}]}
    result = {
        "name": "高手",
        "min_score": 5,
        "messages": [{"type": "text", "text": "恭喜"}],
        "reward": {"points": 1500},
    }
    with db.begin() as session:
        content = QuizContent("副食品測驗", [question], [result])
        quiz = quizzes.create(session, content, by=OPERATOR, now=NOW)

    page = client.get(f"/terms/q/{quiz.code}")

    assert "測驗結果「高手」" in page.text
    assert "1,500 點" in page.text
    assert "每人最多作答 1 次" in page.text


def test_the_terms_of_a_referral_programme_tell_its_steps(client: FlaskClient, db: Database) -> None:
    steps = [{"friends": 3, "tags": [], "reward": {"text": "門市領取贈品"}}]
    with db.begin() as session:
        program = referrals.create(session, ProgramContent(name="好友邀請", steps=steps), by=OPERATOR, now=NOW)

    page = client.get(f"/terms/r/{program.code}")

    assert "邀請滿 3 位新朋友" in page.text
    assert "門市領取贈品" in page.text
    assert "從來沒有加入過" in page.text


def test_terms_that_are_not_there_say_so(client: FlaskClient) -> None:
    for path in ("/terms/g/nothing", "/terms/q/nothing", "/terms/r/nothing", "/terms/x/nothing"):
        assert client.get(path).status_code == 404


def test_a_name_with_markup_is_only_a_name(client: FlaskClient, db: Database) -> None:
    game = make_game(db, name="<script>alert(1)</script>", terms="<b>粗</b>")

    page = client.get(f"/terms/g/{game.code}").text

    assert "<script>alert(1)" not in page
    assert "<b>粗" not in page


def test_a_day_without_a_known_tax_is_not_guessed() -> None:
    assert tax_on(date(1999, 12, 31)) is None
    known = tax_on(date(2026, 11, 20))
    assert known is not None
    assert (known.declared_above, known.withheld_above) == (1_000, 20_000)
