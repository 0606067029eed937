"""Draws of games over the API: made for a friend, listed, counted."""

from typing import Annotated, Literal
from uuid import uuid4

from flask import Blueprint
from pydantic import Field, StringConstraints

from bot.services import draws, game_figures, games
from bot.services.draw_refusals import DrawRefusedError, Refusal
from bot.services.game_figures import DrawRow
from handlers.api import repeats
from handlers.api.friends import friend_of
from handlers.api.games import play_of
from handlers.api.operations import Call, operation
from handlers.api.shapes import Answer, Body, Moment, PageQuery
from models import PlayedIn, Prize, Role

blueprint = Blueprint("api_draws", __name__)

DETAILS = (
    "同一個 Idempotency-Key 只抽一次。次數用完、尚未開始、已結束或沒有開放時為 409；"
    "獎品全數送出時 prize 與 draw_id 為 null。"
)


class DrawBody(Body):
    """Who draws."""

    line_user_id: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class PrizeNamed(Answer):
    """A prize, by name."""

    id: int
    name: str


class DrawAnswer(Answer):
    """What was drawn; `prize` is null for nothing. With a reason nothing was drawn at all."""

    prize: PrizeNamed | None
    draw_id: int | None
    number: int | None = Field(description="這位好友的第幾次")
    reason: Literal["nothing_left"] | None


class OddsAnswer(Answer):
    """How likely one prize was."""

    prize_id: int
    odds: float = Field(description="百分比；當時已送完或尚未釋出的是 0")


class DrawLine(Answer):
    """One draw of the log: the first prize takes the lowest tickets of a million, as many as its odds."""

    id: int
    line_user_id: str
    number: int
    prize: PrizeNamed | None
    odds: list[OddsAnswer]
    ticket: int
    place: PlayedIn
    drawn_at: Moment


class DrawPage(Answer):
    """Some of the draws."""

    items: list[DrawLine]
    next: str | None


class PrizeFiguresAnswer(Answer):
    """One prize: how often it was won, and how often the odds let expect it."""

    id: int
    name: str
    stock: int | None
    won: int
    expected: float


class GameFiguresAnswer(Answer):
    """A game so far."""

    draws: int
    friends: int
    won: int
    won_nothing: int
    prizes: list[PrizeFiguresAnswer]


@blueprint.post("/games/<int:game_id>/draws")
@operation(
    "替好友抽獎",
    details=DETAILS,
    role=Role.MARKETER,
    answer=DrawAnswer,
    body=DrawBody,
    refusals=(409,),
)
def draw(call: Call, game_id: int, body: DrawBody) -> DrawAnswer:
    """One draw for one friend; the same key again shows the same prize."""
    game = games.get_game(call.session, game_id)
    friend = friend_of(call.session, body.line_user_id, will_change=True)
    cause = f"api:{call.token.id}:{game.id}:{friend.id}:{repeats.key_of_request() or uuid4().hex}"
    try:
        made = draws.draw(call.session, game, friend, play_of(call), cause_key=cause)
    except DrawRefusedError as refusal:
        if refusal.reason is not Refusal.NOTHING_LEFT:
            raise
        return DrawAnswer(prize=None, draw_id=None, number=None, reason="nothing_left")
    prize = call.session.get_one(Prize, made.prize_id) if made.prize_id is not None else None
    return DrawAnswer(prize=_named(prize), draw_id=made.id, number=made.number, reason=None)


@blueprint.get("/games/<int:game_id>/draws")
@operation(
    "列出抽獎紀錄", details="由新到舊，含當時的機率。", role=Role.VIEWER, answer=DrawPage, query=PageQuery, writes=False
)
def list_draws(call: Call, game_id: int, query: PageQuery) -> DrawPage:
    """Newest first, with the odds of each moment."""
    game = games.get_game(call.session, game_id)
    before = query.after_big_id if query.after else None
    found = game_figures.page(call.session, game.id, limit=query.limit + 1, before=before)
    shown = found[: query.limit]
    more = str(shown[-1].draw.id) if len(found) > query.limit else None
    return DrawPage(items=[_line(row) for row in shown], next=more)


@blueprint.get("/games/<int:game_id>/figures")
@operation(
    "讀取遊戲成效",
    details="含已結束的獎項；expected 是依每次抽獎當時的機率應有的次數。",
    role=Role.VIEWER,
    answer=GameFiguresAnswer,
    writes=False,
)
def figures(call: Call, game_id: int) -> GameFiguresAnswer:
    """Draws and wins so far, against what the odds promised."""
    found = game_figures.figures(call.session, games.get_game(call.session, game_id))
    return GameFiguresAnswer(
        draws=found.draws,
        friends=found.friends,
        won=found.won,
        won_nothing=found.won_nothing,
        prizes=[
            PrizeFiguresAnswer(
                id=one.prize.id, name=one.prize.name, stock=one.prize.stock, won=one.won, expected=one.expected
            )
            for one in found.prizes
        ],
    )


def _line(row: DrawRow) -> DrawLine:
    return DrawLine(
        id=row.draw.id,
        line_user_id=row.friend.line_user_id,
        number=row.draw.number,
        prize=_named(row.prize),
        odds=[OddsAnswer(prize_id=prize_id, odds=float(games.percent_of(parts))) for prize_id, parts in row.draw.odds],
        ticket=row.draw.ticket,
        place=row.draw.place,
        drawn_at=row.draw.drawn_at,
    )


def _named(prize: Prize | None) -> PrizeNamed | None:
    return PrizeNamed(id=prize.id, name=prize.name) if prize else None
