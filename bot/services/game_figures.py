"""What came of a game: its draws one by one, and wins against what the odds promised."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from bot.rules.games import MILLION
from models import Draw, Friend, Game, Prize

SLICE = 2_000  # draws read at once


@dataclass(frozen=True)
class PrizeFigures:
    """One prize: how often it was won, and how often the odds of each draw's moment let expect it."""

    prize: Prize
    won: int
    expected: float


@dataclass(frozen=True)
class GameFigures:
    """A game so far; `won_nothing` and `expects_nothing` are the draws without a prize."""

    draws: int
    friends: int
    prizes: list[PrizeFigures]

    @property
    def won(self) -> int:
        """How many draws brought a prize."""
        return sum(figures.won for figures in self.prizes)

    @property
    def won_nothing(self) -> int:
        """How many draws brought nothing."""
        return self.draws - self.won

    @property
    def expects_nothing(self) -> float:
        """How many draws the odds let expect to bring nothing."""
        return self.draws - sum(figures.expected for figures in self.prizes)


@dataclass(frozen=True)
class DrawRow:
    """One line of the log."""

    draw: Draw
    friend: Friend
    prize: Prize | None

    def odds(self) -> dict[int, int]:
        """Return the odds of that moment by prize, in a million."""
        return dict(self.draw.odds)


def figures(session: Session, game: Game) -> GameFigures:
    """Count a game's draws, retired prizes among them."""
    counted = select(func.count(), func.count(Draw.friend_id.distinct())).where(Draw.game_id == game.id)
    draws, friends = session.execute(counted).one()
    by_prize = select(Draw.prize_id, func.count()).where(Draw.game_id == game.id).group_by(Draw.prize_id)
    won = dict(session.execute(by_prize).all())
    expected = _expected(session, game.id)
    prizes = [PrizeFigures(prize, won.get(prize.id, 0), expected.get(prize.id, 0.0)) for prize in game.prizes]
    return GameFigures(draws, friends, prizes)


def _expected(session: Session, game_id: int) -> dict[int, float]:
    """Add up the odds of every draw: only a few different ones occur, so the database counts those."""
    written = cast(Draw.odds, String)
    rows = session.execute(select(written, func.count()).where(Draw.game_id == game_id).group_by(written))
    expected: dict[int, float] = {}
    for odds, times in rows:
        for prize_id, share in json.loads(odds):
            expected[prize_id] = expected.get(prize_id, 0.0) + share / MILLION * times
    return expected


def page(
    session: Session, game_id: int, *, limit: int, before: int | None = None, prize_id: int | None = None
) -> list[DrawRow]:
    """Return up to `limit` draws older than the one with the id `before`, newest first; of one prize if asked."""
    query = (
        select(Draw, Friend, Prize)
        .join(Friend, Friend.id == Draw.friend_id)
        .outerjoin(Prize, Prize.id == Draw.prize_id)
        .where(Draw.game_id == game_id)
        .order_by(Draw.id.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(Draw.id < before)
    if prize_id is not None:
        query = query.where(Draw.prize_id == prize_id)
    return [DrawRow(draw, friend, prize) for draw, friend, prize in session.execute(query)]


def stream(session: Session, game_id: int) -> Iterator[DrawRow]:
    """Yield every draw, newest first, a slice at a time."""
    before = None
    while True:
        rows = page(session, game_id, limit=SLICE, before=before)
        yield from rows
        if len(rows) < SLICE:
            return
        before = rows[-1].draw.id
