"""What friends draw: within limits, never beyond the stock, the same for the same tap."""

import dataclasses
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.database import Database, connect
from bot.rules.games import prize_of
from bot.services import draws, friends, games, tags
from bot.services.audit import OPERATOR
from bot.services.draw_refusals import DrawRefusedError, Refusal
from bot.services.games import GameContent, PrizeContent
from bot.services.plays import Play
from models import Draw, Friend, FriendState, Game, GameKind, PlayedIn, Prize, RewardPromise, TagSource
from tests.conftest import NOW
from tests.factories import make_friend, text
from tests.line_events import user

TAIPEI = ZoneInfo("Asia/Taipei")
CHI_SQUARE_999999 = 30.665  # three degrees of freedom: one run in a million is beyond


def play(**changes: Any) -> Play:
    known: dict[str, Any] = {"now": NOW, "zone": TAIPEI, "public_url": "https://bot.example.com", "has_login": False}
    return Play(**(known | changes))


def make_game(session: Session, *prizes: PrizeContent, **changes: Any) -> Game:
    """A wheel without limits, on which everybody wins unless the test says otherwise."""
    known: dict[str, Any] = {"name": "週年慶轉盤", "kind": GameKind.WHEEL, "draws_per_friend": None}
    content = GameContent(prizes=prizes or (PrizeContent("購物金", 1_000_000),), **(known | changes))
    return games.create(session, content, by=OPERATOR, now=NOW)


def draw(db: Database, game: Game, line_user_id: str, key: str, *, at: Play | None = None) -> Draw:
    """One friend's draw in a transaction of its own."""
    with db.begin() as session:
        friend = friends.lock(session, [line_user_id], now=NOW)[line_user_id]
        return draws.draw(session, game, friend, at or play(), cause_key=key)


def refusal(db: Database, game: Game, line_user_id: str, *, at: Play | None = None) -> Refusal:
    with pytest.raises(DrawRefusedError) as refused:
        draw(db, game, line_user_id, "refused", at=at)
    return refused.value.reason


@pytest.fixture
def friend(db: Database) -> Friend:
    with db.begin() as session:
        return make_friend(session, 1)


@pytest.fixture
def crowd(database_url: str) -> Iterator[Database]:
    """The database as a busy process uses it."""
    db = connect(database_url, pool_size=20)
    yield db
    db.dispose()


def test_two_hundred_friends_at_once_get_exactly_the_fifty_prizes_there_are(crowd: Database) -> None:
    with crowd.begin() as session:
        game = make_game(session, PrizeContent("購物金", 1_000_000, stock=50), draws_per_friend=1)
        people = [make_friend(session, number).line_user_id for number in range(200)]

    def try_once(line_user_id: str) -> int | None:
        try:
            return draw(crowd, game, line_user_id, f"tap:{line_user_id}").prize_id
        except DrawRefusedError as refused:
            return None if refused.reason is Refusal.NOTHING_LEFT else -1

    with ThreadPoolExecutor(40) as threads:
        won = [prize_id for prize_id in threads.map(try_once, people) if prize_id]

    assert len(won) == 50
    assert len(set(won)) == 1
    with crowd() as session:
        assert session.scalars(select(Prize.given)).one() == 50
        assert session.scalars(select(Game.drawn)).one() == 50
        assert session.scalar(select(func.count(Draw.friend_id.distinct()))) == 50


def test_parallel_taps_of_one_friend_keep_the_limit_in_order(crowd: Database, friend: Friend) -> None:
    with crowd.begin() as session:
        game = make_game(session, draws_per_friend=3)

    def tap(number: int) -> bool:
        try:
            draw(crowd, game, friend.line_user_id, f"tap:{number}")
        except DrawRefusedError:
            return False
        return True

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(tap, range(12))) == 3
    with crowd() as session:
        assert session.scalars(select(Draw.number).order_by(Draw.number)).all() == [1, 2, 3]


def test_batches_that_draw_from_the_same_games_never_wait_in_a_circle(crowd: Database) -> None:
    with crowd.begin() as session:
        codes = [make_game(session, name=name).code for name in ("轉盤", "刮刮卡")]
    together = threading.Barrier(2, timeout=20)

    def handle(number: int) -> None:
        """A process's batches, the games in an order of its own."""
        for turn in range(10):
            together.wait()
            tapped = [f"game:draw:{code}:tap-{turn}" for code in (codes if number else reversed(codes))]
            with crowd.begin() as session:
                friend = friends.lock(session, [user(number)], now=NOW)[user(number)]
                draws.expect(session, tapped)
                for data in tapped:
                    draws.take_tap(session, data, friend, play())

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(handle, range(2)))
    with crowd() as session:
        assert session.scalars(select(Game.drawn)).all() == [20, 20]


def test_the_same_tap_again_shows_the_same_draw(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        game = make_game(session, PrizeContent("一", 300_000), PrizeContent("二", 300_000))

    first = draw(db, game, friend.line_user_id, "tap")
    with db.begin() as session:
        games.toggle(session, game.id, by=OPERATOR, now=NOW)
    again = draw(db, game, friend.line_user_id, "tap", at=play(now=NOW + timedelta(days=3)))

    assert (again.id, again.prize_id, again.ticket) == (first.id, first.prize_id, first.ticket)
    with db() as session:
        assert session.scalars(select(Game.drawn)).one() == 1


def test_a_draw_keeps_the_odds_of_its_moment_and_its_ticket(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        game = make_game(session, PrizeContent("大獎", 500_000, stock=0), PrizeContent("小獎", 400_000))
        big, small = [prize.id for prize in games.live_prizes(game)]

    made = draw(db, game, friend.line_user_id, "tap")

    assert made.odds == [[big, 0], [small, 400_000]]
    assert made.prize_id == prize_of(made.ticket, made.odds)
    assert (made.number, made.on.isoformat(), made.place) == (1, "2026-11-20", PlayedIn.CHAT)


def test_draws_through_the_service_fall_as_the_odds_say(db: Database, friend: Friend) -> None:
    shares = (100_000, 200_000, 300_000)
    with db.begin() as session:
        game = make_game(session, *(PrizeContent(f"獎 {share}", share) for share in shares))
        ids = [prize.id for prize in games.live_prizes(game)]
        same = friends.lock(session, [friend.line_user_id], now=NOW)[friend.line_user_id]
        seen = Counter(
            draws.draw(session, game, same, play(), cause_key=f"tap:{number}").prize_id for number in range(1_000)
        )

    expected: dict[int | None, int] = {**dict(zip(ids, (100, 200, 300), strict=True)), None: 400}
    assert sum((seen[prize] - wanted) ** 2 / wanted for prize, wanted in expected.items()) < CHI_SQUARE_999999


def test_a_day_ends_at_midnight_of_the_accounts_zone(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        game = make_game(session, draws_per_day=1)
    before_midnight = play(now=NOW + timedelta(hours=11, minutes=59))
    after_midnight = play(now=NOW + timedelta(hours=12))

    draw(db, game, friend.line_user_id, "today", at=before_midnight)

    assert refusal(db, game, friend.line_user_id, at=before_midnight) is Refusal.LIMIT_TODAY
    assert draw(db, game, friend.line_user_id, "tomorrow", at=after_midnight).number == 2


def test_a_daily_draw_is_once_a_day_unless_staff_say_more(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        once = make_game(session, kind=GameKind.DAILY)
        twice = make_game(session, kind=GameKind.DAILY, draws_per_day=2)

    draw(db, once, friend.line_user_id, "once")
    draw(db, twice, friend.line_user_id, "twice")

    assert refusal(db, once, friend.line_user_id) is Refusal.LIMIT_TODAY
    draw(db, twice, friend.line_user_id, "twice again")


def test_each_limit_and_state_refuses_with_its_own_reason(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        coming = make_game(session, active_from=NOW + timedelta(hours=1))
        over = make_game(session, active_until=NOW)
        off = make_game(session, enabled=False)
        full = make_game(session, draws_in_all=1)
        lucky = make_game(session, wins_per_friend=1)
        empty = make_game(session, PrizeContent("大獎", 10, stock=0))
    for game in (full, lucky):
        draw(db, game, friend.line_user_id, f"first of {game.id}")

    found = [refusal(db, game, friend.line_user_id) for game in (coming, over, off, full, lucky, empty)]

    assert found == [
        Refusal.NOT_STARTED,
        Refusal.OVER,
        Refusal.OFF,
        Refusal.LIMIT_IN_ALL,
        Refusal.WINS_REACHED,
        Refusal.NOTHING_LEFT,
    ]
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Draw)) == 2


def test_somebody_who_blocked_the_account_cannot_draw(db: Database) -> None:
    with db.begin() as session:
        gone = make_friend(session, 2, state=FriendState.NOT_FOLLOWING)
        game = make_game(session)

    assert refusal(db, game, gone.line_user_id) is Refusal.NOT_A_FRIEND


def test_stock_that_comes_free_evenly_is_not_drawn_early(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        prize = PrizeContent("大獎", 1_000_000, stock=2)
        ten_days = {"active_from": NOW, "active_until": NOW + timedelta(days=10)}
        game = make_game(session, prize, releases_evenly=True, **ten_days)

    tickets = [draw(db, game, friend.line_user_id, f"tap {number}") for number in range(3)]
    late = draw(db, game, friend.line_user_id, "late", at=play(now=NOW + timedelta(days=5)))

    assert [made.prize_id is not None for made in tickets] == [True, False, False]
    assert late.prize_id is not None


def test_the_database_itself_gives_no_prize_beyond_the_stock(db: Database) -> None:
    with db.begin() as session:
        game = make_game(session, PrizeContent("大獎", 1_000_000, stock=1))
    with db.begin() as session:
        session.get_one(Game, game.id).prizes[0].given = 2
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()


def test_a_winner_wears_the_prizes_tags_and_is_promised_its_reward_once(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        tag_id = tags.resolve(session, ["抽中購物金"], by=OPERATOR, now=NOW)[0]
        game = make_game(session, PrizeContent("購物金", 1_000_000, tags=[tag_id], reward={"points": 30}))

    for _ in range(2):
        made = draw(db, game, friend.line_user_id, "tap")

    with db() as session:
        [worn] = tags.tags_of(session, friend.id, now=NOW)
        assert (worn.source, worn.source_id, worn.source_detail) == (TagSource.GAME, game.id, "購物金")
        promised = session.scalars(select(RewardPromise)).one()
        assert (promised.cause_key, promised.reward) == (f"game:{made.id}", {"points": 30})


def said(messages: list[Any]) -> str:
    return str(messages[0]["text"])


def buttons_of(message: dict[str, Any]) -> list[Any]:
    actions: list[Any] = message["template"]["actions"]
    return actions


def test_a_wheel_in_the_chat_is_offered_drawn_by_its_button_and_drawn_once(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        prize = PrizeContent("購物金", 1_000_000, messages=[text("{{name}} 抽中購物金！")])
        game = make_game(session, prize, draws_per_friend=1, invitation=[text("{{name}} 來玩！")])
        me = session.get_one(Friend, friend.id)

        offered = draws.start(session, game.id, me, play())
        assert offered is not None
        words, button = offered.messages
        assert words["text"] == "王小明 來玩！"
        assert [action["label"] for action in buttons_of(button)] == ["轉轉盤", "活動辦法"]
        tapped = buttons_of(button)[0]["data"]

        first = draws.take_tap(session, tapped, me, play())
        again = draws.take_tap(session, tapped, me, play())
        restarted = draws.take_tap(session, f"game:start:{game.code}", me, play())

    assert first is not None
    assert again is not None
    assert restarted is not None
    assert first.messages == [text("王小明 抽中購物金！")]
    assert again.messages == [text("這個按鈕已經抽過了，結果是："), text("王小明 抽中購物金！")]
    assert said(restarted.messages) == "您的抽獎次數已經用完（每人 1 次）。"


def test_whoever_may_draw_again_is_offered_a_new_button(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        game = make_game(session, draws_per_friend=2)
        me = session.get_one(Friend, friend.id)
        first = draws.take_tap(session, f"game:draw:{game.code}:card-1", me, play())
        assert first is not None
        [again] = first.messages[-1]["quickReply"]["items"]
        second = draws.take_tap(session, again["action"]["data"], me, play())

    assert second is not None
    assert "quickReply" not in second.messages[-1]
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Draw)) == 2


def test_where_liff_is_on_the_button_opens_the_page(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        game = make_game(session, kind=GameKind.SCRATCH)
        offered = draws.start(session, game.id, session.get_one(Friend, friend.id), play(liff_id="1234567890-AbcdEfgh"))

    assert offered is not None
    first, second, _ = buttons_of(offered.messages[0])
    assert first["uri"] == f"https://liff.line.me/1234567890-AbcdEfgh/g/{game.code}"
    assert second["data"].startswith(f"game:draw:{game.code}:")


def test_a_daily_draw_answers_at_once_and_tomorrow_again(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        game = make_game(session, PrizeContent("貼圖", 1_000_000), kind=GameKind.DAILY)
        me = session.get_one(Friend, friend.id)
        today = draws.start(session, game.id, me, play())
        twice = draws.start(session, game.id, me, play())
        tomorrow = draws.start(session, game.id, me, play(now=NOW + timedelta(days=1)))

    assert today is not None
    assert twice is not None
    assert tomorrow is not None
    assert said(today.messages) == "🎉 恭喜抽中「貼圖」！"
    assert said(twice.messages) == "您今天的抽獎次數已經用完（每天 1 次），明天再來！"
    assert said(tomorrow.messages) == "🎉 恭喜抽中「貼圖」！"


def test_taps_of_other_plays_and_broken_ones_draw_nothing(db: Database, friend: Friend) -> None:
    with db.begin() as session:
        game = make_game(session)
        me = session.get_one(Friend, friend.id)
        assert draws.take_tap(session, "quiz:start:abc", me, play()) is None
        for broken in ("game:", "game:draw:nothing:key", f"game:draw:{game.code}", f"game:draw:{game.code}:a:b"):
            answer = draws.take_tap(session, broken, me, play())
            assert answer is not None
            assert said(answer.messages) == "找不到這個活動，可能已經結束了。"
    with db() as session:
        assert session.scalar(select(func.count()).select_from(Draw)) == 0


def test_a_page_that_asks_again_under_its_key_shows_the_same(db: Database, friend: Friend) -> None:
    on_page = play(place=PlayedIn.PAGE)
    with db.begin() as session:
        game = make_game(session, PrizeContent("購物金", 1_000_000), draws_per_friend=2)
        me = session.get_one(Friend, friend.id)
        before = draws.open_page(session, game.code, me, on_page)
        first = draws.draw_on_page(session, game.code, me, on_page, key="a")
        again = draws.draw_on_page(session, game.code, me, on_page, key="a")
        after = draws.open_page(session, game.code, me, on_page)

    assert (before.left, before.last) == (2, None)
    assert dataclasses.replace(first) == again == after
    assert after.left == 1
    assert after.last is not None
    assert (after.last.number, after.last.name) == (1, "購物金")


def test_users_are_told_apart(db: Database) -> None:
    with db.begin() as session:
        game = make_game(session, draws_per_friend=1)
        for number in (1, 2):
            make_friend(session, number)

    made = [draw(db, game, user(number), f"chat:{number}") for number in (1, 2)]

    assert [one.number for one in made] == [1, 1]
