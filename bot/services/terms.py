"""The public terms (活動辦法) of a game, a quiz with rewards, a referral programme: what holds today."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotFoundError
from bot.rules.games import MILLION, percent_of
from bot.rules.prize_taxes import PrizeTax, tax_on
from bot.services import drawing, quizzes
from bot.services.game_prizes import live_prizes
from models import Game, Prize, Quiz, ReferralProgram


@dataclass(frozen=True)
class PrizeTerms:
    """One prize for the public; `left` is None where there is no end to it."""

    name: str
    percent: str
    stock: int | None
    left: int | None
    is_over: bool  # taken out of the game; what was given stays given


@dataclass(frozen=True)
class RewardTerms:
    """What is promised for something: a result of a quiz, a number of friends brought."""

    name: str | None
    friends: int | None
    reward: Mapping[str, Any]


@dataclass(frozen=True)
class Terms:
    """What holds today; one of `game`, `quiz` and `program` is set."""

    name: str
    active_from: datetime | None
    active_until: datetime | None
    is_on: bool  # not switched off, not deleted
    prizes: list[PrizeTerms]
    blank_percent: str | None  # of tickets that win nothing
    rewards: list[RewardTerms]
    addition: str  # staff's own words
    tax: PrizeTax | None
    game: Game | None = None
    draws_per_day: int | None = None
    quiz: Quiz | None = None
    program: ReferralProgram | None = None


def game_terms(session: Session, code: str, *, now: datetime, zone: ZoneInfo) -> Terms:
    """Return a game's terms, also of one that is over. Raises NotFoundError."""
    game = session.scalar(select(Game).where(Game.code == code))
    if game is None:
        raise _unknown()
    live = live_prizes(game)
    given = [prize for prize in game.prizes if prize.retired_at is not None and prize.given > 0]
    blank = MILLION - sum(prize.odds for prize in live)
    return Terms(
        **_base(game, now, zone),
        prizes=[_prize(prize) for prize in (*live, *given)],
        blank_percent=percent_of(blank) if blank else None,
        rewards=[],
        addition=game.terms,
        game=game,
        draws_per_day=drawing.draws_per_day(game),
    )


def quiz_terms(session: Session, code: str, *, now: datetime, zone: ZoneInfo) -> Terms:
    """Return the terms of a quiz: its newest version's rewards. Raises NotFoundError."""
    quiz = session.scalar(select(Quiz).where(Quiz.code == code))
    if quiz is None:
        raise _unknown()
    results = quizzes.newest_version(session, quiz).results
    rewards = [RewardTerms(one["name"], None, one["reward"]) for one in results if one.get("reward")]
    return Terms(**_base(quiz, now, zone), **NO_PRIZES, rewards=rewards, addition="", quiz=quiz)


def referral_terms(session: Session, code: str, *, now: datetime, zone: ZoneInfo) -> Terms:
    """Return the terms of a referral programme. Raises NotFoundError."""
    program = session.scalar(select(ReferralProgram).where(ReferralProgram.code == code))
    if program is None:
        raise _unknown()
    rewards = [RewardTerms(None, step["friends"], step["reward"]) for step in program.steps if step.get("reward")]
    return Terms(**_base(program, now, zone), **NO_PRIZES, rewards=rewards, addition=program.terms, program=program)


NO_PRIZES: Mapping[str, Any] = {"prizes": [], "blank_percent": None}


def _base(play: Game | Quiz | ReferralProgram, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "name": play.name,
        "active_from": play.active_from,
        "active_until": play.active_until,
        "is_on": play.enabled and play.archived_at is None,
        "tax": tax_on(now.astimezone(zone).date()),
    }


def _prize(prize: Prize) -> PrizeTerms:
    is_over = prize.retired_at is not None
    left = None if prize.stock is None else prize.stock - prize.given
    return PrizeTerms(prize.name, percent_of(0 if is_over else prize.odds), prize.stock, left, is_over)


def _unknown() -> NotFoundError:
    return NotFoundError("找不到這個活動，可能已經結束了。")
