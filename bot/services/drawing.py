"""One draw: who may, what comes out, and what becomes of it. What is decided never changes."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from bot.errors import ConflictError
from bot.rules.games import MILLION, Chance, Release, has_ended, odds_at, prize_of
from bot.services import rewards, tags
from bot.services.draw_refusals import DrawRefusedError, Refusal
from bot.services.game_prizes import live_prizes
from bot.services.plays import Play
from models import Draw, Friend, FriendState, Game, GameKind, Prize, RewardCause, TagSource


@dataclass(frozen=True)
class Standing:
    """How a friend stands with a game; `left` counts the draws of this moment, None is without limit."""

    drawn: int
    today: int
    won: int
    left: int | None
    refusal: DrawRefusedError | None


@dataclass(frozen=True)
class Drawn:
    """A draw, and whether this very call made it."""

    draw: Draw
    is_new: bool


def draw(session: Session, game: Game, friend: Friend, play: Play, *, cause_key: str) -> Draw:
    """Draw once for each cause; a repeat returns the draw of the first time. Raises DrawRefusedError."""
    return draw_once(session, game, friend, play, cause_key=cause_key).draw


def draw_once(session: Session, game: Game, friend: Friend, play: Play, *, cause_key: str) -> Drawn:
    """Like `draw`, and say whether it was the first time.

    Locks the game, so that all its draws come one after the other, on both databases and from any process: friends
    are locked before games, and nothing is locked after a game that others lock before it.
    """
    game = _lock(session, game)
    known = session.scalar(select(Draw).where(Draw.cause_key == cause_key))
    if known is not None:
        if (known.game_id, known.friend_id) != (game.id, friend.id):
            raise ConflictError("這次抽獎的代碼已經用於另一次抽獎。")
        return Drawn(known, is_new=False)
    standing = standing_of(session, game, friend, play)
    if standing.refusal is not None:
        raise standing.refusal
    made = _draw(session, game, friend, play, number=standing.drawn + 1, cause_key=cause_key)
    return Drawn(made, is_new=True)


def standing_of(session: Session, game: Game, friend: Friend, play: Play) -> Standing:
    """Return how often a friend has drawn and whether another draw is possible now."""
    drawn, today, won = session.execute(
        select(
            func.coalesce(func.max(Draw.number), 0),
            func.count().filter(Draw.on == play.today),
            func.count(Draw.prize_id),
        ).where(Draw.game_id == game.id, Draw.friend_id == friend.id)
    ).one()
    limits = [(game.draws_per_friend, drawn), (draws_per_day(game), today), (game.draws_in_all, game.drawn)]
    left = min((max(0, most - count) for most, count in limits if most is not None), default=None)
    refusal = _refusal(game, friend, play) or _reached(game, drawn, today, won)
    return Standing(drawn, today, won, left, refusal)


def draws_per_day(game: Game) -> int | None:
    """Return how often a friend may draw on one day; a daily draw without a number is once."""
    return game.draws_per_day or (1 if game.kind is GameKind.DAILY else None)


def refusal_of(game: Game, now: datetime) -> Refusal | None:
    """Return why nobody can draw at this moment, None if somebody can."""
    if not game.enabled or game.archived_at is not None:
        return Refusal.OFF
    if game.active_from is not None and now < game.active_from:
        return Refusal.NOT_STARTED
    if game.active_until is not None and now >= game.active_until:
        return Refusal.OVER
    if game.draws_in_all is not None and game.drawn >= game.draws_in_all:
        return Refusal.LIMIT_IN_ALL
    return Refusal.NOTHING_LEFT if has_ended(_chances(live_prizes(game))) else None


def odds_of(game: Game, now: datetime) -> dict[int, int]:
    """Return the odds of this moment by prize, in a million."""
    return dict(odds_at(_chances(live_prizes(game)), _release(game), now=now))


def _refusal(game: Game, friend: Friend, play: Play) -> DrawRefusedError | None:
    reason = refusal_of(game, play.now)
    if reason is None and friend.state is FriendState.NOT_FOLLOWING:
        reason = Refusal.NOT_A_FRIEND
    if reason is None:
        return None
    starts = game.active_from.astimezone(play.zone) if game.active_from else play.now
    return DrawRefusedError(reason, at=f"{starts:%Y/%m/%d %H:%M}")


def _reached(game: Game, drawn: int, today: int, won: int) -> DrawRefusedError | None:
    if game.draws_per_friend is not None and drawn >= game.draws_per_friend:
        return DrawRefusedError(Refusal.LIMIT_REACHED, most=game.draws_per_friend)
    if game.wins_per_friend is not None and won >= game.wins_per_friend:
        return DrawRefusedError(Refusal.WINS_REACHED, most=game.wins_per_friend)
    most = draws_per_day(game)
    if most is not None and today >= most:
        return DrawRefusedError(Refusal.LIMIT_TODAY, most=most)
    return None


def _lock(session: Session, game: Game) -> Game:
    query = select(Game).where(Game.id == game.id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def _draw(session: Session, game: Game, friend: Friend, play: Play, *, number: int, cause_key: str) -> Draw:
    prizes = {prize.id: prize for prize in live_prizes(game)}
    odds = odds_at(_chances(list(prizes.values())), _release(game), now=play.now)
    ticket = secrets.randbelow(MILLION)
    prize_id = prize_of(ticket, odds)
    prize = None if prize_id is None else prizes[prize_id]
    if prize is not None:
        _take(session, prize)
    game.drawn += 1
    made = Draw(
        game_id=game.id,
        friend_id=friend.id,
        number=number,
        on=play.today,
        cause_key=cause_key,
        prize_id=prize_id,
        odds=[list(one) for one in odds],
        ticket=ticket,
        place=play.place,
        drawn_at=play.now,
    )
    session.add(made)
    session.flush()
    if prize is not None:
        _hand_over(session, game, prize, friend, made)
    return made


def _take(session: Session, prize: Prize) -> None:
    """Take one piece out of stock. Raises DrawRefusedError if somebody changed the stock beside the game's lock."""
    there = (Prize.stock.is_(None)) | (Prize.given < Prize.stock)
    taken = (
        update(Prize)
        .where(Prize.id == prize.id, there)
        .values(given=Prize.given + 1)
        .returning(Prize.given)
        .execution_options(synchronize_session=False)
    )
    given = session.scalar(taken)
    if given is None:
        raise DrawRefusedError(Refusal.BUSY)
    set_committed_value(prize, "given", given)


def _hand_over(session: Session, game: Game, prize: Prize, friend: Friend, made: Draw) -> None:
    """Put the prize's tags on the friend, and note what is owed."""
    tags.put(
        session,
        [friend.id],
        prize.tags,
        source=TagSource.GAME,
        source_id=game.id,
        detail=prize.name,
        now=made.drawn_at,
    )
    if prize.reward:
        rewards.promise(
            session,
            friend.id,
            cause=RewardCause.GAME,
            cause_id=game.id,
            cause_key=f"game:{made.id}",
            reward=prize.reward,
            now=made.drawn_at,
        )


def _chances(prizes: Sequence[Prize]) -> list[Chance]:
    return [Chance(prize.id, prize.odds, prize.stock, prize.given) for prize in prizes]


def _release(game: Game) -> Release | None:
    if game.releases_evenly and game.active_from and game.active_until:
        return Release(game.active_from, game.active_until)
    return None
