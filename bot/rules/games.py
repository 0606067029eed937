"""Games of chance: what can be won at a moment, and which ticket wins it. Odds are counted in parts of a million."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

MILLION = 1_000_000
PER_PERCENT = MILLION // 100
TICK = timedelta(microseconds=1)  # counted in these: a span times a stock may be longer than any span

Odds = list[tuple[int, int]]  # (prize id, in a million), in the order of the prizes


@dataclass(frozen=True)
class Chance:
    """One prize as a draw sees it."""

    prize_id: int
    odds: int
    stock: int | None  # None: without end
    given: int

    @property
    def is_gone(self) -> bool:
        """Whether none of it will ever come out again."""
        return self.odds == 0 or (self.stock is not None and self.given >= self.stock)


@dataclass(frozen=True)
class Release:
    """A period over which stock comes free evenly; the first piece at its beginning."""

    starts_at: datetime
    ends_at: datetime

    def free(self, stock: int, *, now: datetime) -> int:
        """Return how many of `stock` may have been given by this moment: at the end all of them."""
        if now < self.starts_at:
            return 0
        passed, whole = (now - self.starts_at) // TICK, (self.ends_at - self.starts_at) // TICK
        return stock if passed >= whole else min(stock, stock * passed // whole + 1)


def odds_at(chances: Sequence[Chance], release: Release | None, *, now: datetime) -> Odds:
    """Return the odds of this moment. What is out of stock, or not free yet, stands with 0: its share wins nothing."""
    return [(chance.prize_id, chance.odds if _is_there(chance, release, now) else 0) for chance in chances]


def _is_there(chance: Chance, release: Release | None, now: datetime) -> bool:
    if chance.stock is None:
        return True
    most = chance.stock if release is None else release.free(chance.stock, now=now)
    return chance.given < most


def prize_of(ticket: int, odds: Iterable[Sequence[int]]) -> int | None:
    """Return the prize that a ticket below a million wins, None for nothing.

    The first prize takes the lowest numbers, as many as its odds; anybody can work it out again from the log.
    """
    end = 0
    for prize_id, share in odds:
        end += share
        if ticket < end:
            return prize_id
    return None


def has_ended(chances: Iterable[Chance]) -> bool:
    """Whether nothing is left that anybody could win."""
    return all(chance.is_gone for chance in chances)


def parts_of(percent: object) -> int | None:
    """Return a percentage such as 12.5 or "0.0001" in parts of a million; None if it is none of up to four decimals."""
    try:
        parts = Decimal(str(percent).strip()) * PER_PERCENT
    except ArithmeticError:  # no number, or one beyond all bounds
        return None
    if not parts.is_finite() or not 0 <= parts <= MILLION or parts != parts.to_integral_value():
        return None
    return int(parts)


def percent_of(parts: int) -> str:
    """Return parts of a million as a percentage without idle zeros: 125000 is 12.5."""
    whole, rest = divmod(parts, PER_PERCENT)
    return f"{whole}.{rest:04}".rstrip("0").rstrip(".")
