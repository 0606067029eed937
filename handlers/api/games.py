"""Games of chance over the API."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from flask import Blueprint
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from bot.services import games, tags
from bot.services.games import GameContent, PrizeContent
from bot.services.plays import Play, play_at
from handlers.api.keyword_rules import KeywordAnswer, StartKeywords
from handlers.api.operations import Call, operation
from handlers.api.shapes import Answer, Body, Changes, Message, Messages, Moment, PageQuery, TagsGiven
from models import ChatSource, Game, GameKind, PlayedIn, Prize, Role

blueprint = Blueprint("api_games", __name__)

BIGGEST = 1_000_000_000
Kind = Literal["wheel", "scratch", "daily"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
PrizeName = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Odds = Annotated[float, Field(ge=0, le=100, examples=[12.5])]
Limit = Annotated[int, Field(ge=1, le=BIGGEST)]
Stock = Annotated[int, Field(ge=0, le=BIGGEST)]
PrizeId = Annotated[int, Field(ge=1, le=games.BIGGEST_ID)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Terms = Annotated[str, StringConstraints(max_length=5000)]
Reward = Annotated[dict[str, Any], Field(examples=[{"points": 30}, {"text": "門市領取贈品"}])]

ODDS = "百分比，最多四位小數；全部加起來不超過 100，剩下的是沒中獎"
SAME_PRIZE = "更改遊戲時，沿用現有的獎項；null 為同名的獎項，沒有同名的就是新獎項"
DAILY_LIMIT = "每位好友每天；null 為不限（每日抽獎的 null 為一次）"


class PrizeBody(Body):
    """One thing that can be won."""

    id: PrizeId | None = Field(default=None, description=SAME_PRIZE)
    name: PrizeName = Field(examples=["100 元購物金"])
    odds: Odds = Field(description=ODDS)
    stock: Stock | None = Field(default=None, description="總數，包含已送出的；null 為不限")
    colour: Colour | None = None
    picture_url: Url | None = None
    messages: Messages = Field(default=[], description="中獎時說的話；空白時由獎項名稱組成")
    tags: TagsGiven = Field(default=[], description="編號或名稱；貼給中獎的好友")
    reward: Reward | None = None


Prizes = Annotated[list[PrizeBody], Field(min_length=1, max_length=20)]


class GameBody(Body):
    """A new game."""

    name: Name = Field(examples=["週年慶轉盤"])
    kind: Kind = "wheel"
    prizes: Prizes
    start_keywords: StartKeywords = Field(default=[])
    invitation: Messages = Field(default=[], description="最多 4 則，後面會附上開始的按鈕")
    no_prize: Messages = Field(default=[], description="沒中獎時說的話")
    draws_per_friend: Limit | None = Field(default=None, description="每位好友總共；沒有提到時為 1 次，每日抽獎為不限")
    draws_per_day: Limit | None = Field(default=None, description=DAILY_LIMIT)
    draws_in_all: Limit | None = None
    wins_per_friend: Limit | None = None
    releases_evenly: bool = Field(default=False, description="獎品在活動期間平均釋出；需要開始與結束時間")
    active_from: Moment | None = None
    active_until: Moment | None = None
    enabled: bool = True
    terms: Terms = Field(default="", description="活動辦法頁面上補充的說明")


class GameChanges(Changes):
    """What is to be different; everything else stays. Prizes that are left out of `prizes` end."""

    name: Name = ""
    kind: Kind = "wheel"
    prizes: Prizes = Field(default=[])
    start_keywords: StartKeywords = Field(default=[])
    invitation: Messages = Field(default=[])
    no_prize: Messages = Field(default=[])
    draws_per_friend: Limit | None = None
    draws_per_day: Limit | None = None
    draws_in_all: Limit | None = None
    wins_per_friend: Limit | None = None
    releases_evenly: bool = False
    active_from: Moment | None = None
    active_until: Moment | None = None
    enabled: bool = True
    terms: Terms = ""


class PrizeAnswer(Answer):
    """One thing that can be won; `given` never passes `stock`."""

    id: int
    name: str
    odds: float = Field(description=ODDS)
    stock: int | None
    given: int
    colour: str | None
    picture_url: str | None
    messages: list[Message]
    tags: list[str]
    reward: dict[str, Any] | None


class GameAnswer(Answer):
    """A wheel, a scratch card or a daily draw."""

    id: int
    code: str
    name: str
    kind: Kind
    prizes: list[PrizeAnswer]
    start_keywords: list[KeywordAnswer]
    invitation: list[Message]
    no_prize: list[Message]
    draws_per_friend: int | None
    draws_per_day: int | None
    draws_in_all: int | None
    wins_per_friend: int | None
    releases_evenly: bool
    active_from: Moment | None
    active_until: Moment | None
    enabled: bool
    terms: str
    drawn: int = Field(description="目前為止的抽獎次數")
    page_url: str
    terms_url: str
    created_at: Moment
    updated_at: Moment


class GamePage(Answer):
    """Some of the games."""

    items: list[GameAnswer]
    next: str | None


@blueprint.get("/games")
@operation("列出遊戲", details="由舊到新。", role=Role.VIEWER, answer=GamePage, query=PageQuery, writes=False)
def list_games(call: Call, query: PageQuery) -> GamePage:
    """Oldest first."""
    found = games.page(call.session, limit=query.limit + 1, after=query.after_id)
    items = _answers(call, found[: query.limit])
    return GamePage(items=items, next=str(items[-1].id) if len(found) > query.limit else None)


@blueprint.post("/games")
@operation("新增遊戲", role=Role.MARKETER, answer=GameAnswer, status=201, body=GameBody)
def create(call: Call, body: GameBody) -> GameAnswer:
    """Odds that do not add up are refused with the place of the fault."""
    given = _chosen(body.model_dump(), body.prizes)
    if "draws_per_friend" not in body.model_fields_set and body.kind != "daily":
        given["draws_per_friend"] = 1
    game = games.create(call.session, GameContent(**given), by=call.actor, now=call.now)
    return _answers(call, [game])[0]


@blueprint.get("/games/<int:game_id>")
@operation("讀取遊戲", role=Role.VIEWER, answer=GameAnswer, writes=False)
def get(call: Call, game_id: int) -> GameAnswer:
    """One game."""
    return _answers(call, [games.get_game(call.session, game_id)])[0]


@blueprint.patch("/games/<int:game_id>")
@operation(
    "更改遊戲",
    details="只更改提到的欄位。prizes 是全部的獎項：沒有提到的獎項會結束；已抽出的結果與當時的機率不變。",
    role=Role.MARKETER,
    answer=GameAnswer,
    body=GameChanges,
)
def change(call: Call, game_id: int, body: GameChanges) -> GameAnswer:
    """Draws of the past keep the odds of their moment."""
    given = _chosen(body.model_dump(exclude_unset=True), body.prizes)
    game = games.change(call.session, game_id, given, by=call.actor, now=call.now)
    return _answers(call, [game])[0]


@blueprint.delete("/games/<int:game_id>")
@operation(
    "刪除遊戲",
    details="抽獎紀錄仍會保留；還有訊息會開始這個遊戲時為 409。",
    role=Role.MARKETER,
    status=204,
    refusals=(409,),
)
def delete(call: Call, game_id: int) -> None:
    """Its draws stay."""
    games.delete(call.session, game_id, by=call.actor, now=call.now)


def play_of(call: Call) -> Play:
    return play_at(call.runtime.settings, now=call.now, place=PlayedIn.API)


def _chosen(given: dict[str, Any], prizes: Sequence[PrizeBody]) -> dict[str, Any]:
    """Return the fields of GameContent; odds that are no percentage of four decimals become a fault at their place."""
    if "kind" in given:
        given["kind"] = GameKind(given["kind"])
    if "prizes" in given:
        given["prizes"] = [PrizeContent(**{**prize.model_dump(), "odds": _parts(prize.odds)}) for prize in prizes]
    return given


def _parts(percent: float) -> int:
    parts = games.parts_of(percent)
    return -1 if parts is None else parts


def _answers(call: Call, found: Sequence[Game]) -> list[GameAnswer]:
    names = _tag_names(call.session, found)
    play = play_of(call)
    own = [name for name in GameAnswer.model_fields if name not in ("prizes", "kind", "page_url", "terms_url")]
    return [
        GameAnswer(
            **{name: getattr(game, name) for name in own},
            kind=game.kind.value,
            prizes=[_prize(prize, names) for prize in games.live_prizes(game)],
            page_url=play.page_url(ChatSource.GAME, game.code),
            terms_url=play.terms_url(ChatSource.GAME, game.code),
        )
        for game in found
    ]


def _tag_names(session: Session, found: Sequence[Game]) -> dict[int, str]:
    return tags.names_of(session, [tag_id for game in found for prize in game.prizes for tag_id in prize.tags])


def _prize(prize: Prize, names: dict[int, str]) -> PrizeAnswer:
    own = ("id", "name", "stock", "given", "colour", "picture_url", "messages", "reward")
    return PrizeAnswer(
        **{name: getattr(prize, name) for name in own},
        odds=float(games.percent_of(prize.odds)),
        tags=[names[tag_id] for tag_id in prize.tags if tag_id in names],
    )
