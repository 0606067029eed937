"""Games as friends meet them: begun and drawn in the chat, or on the game's page."""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import NotFoundError
from bot.messages import LineMessage, fill, quick_reply, text
from bot.messages.builders import action, buttons, with_quick_replies
from bot.messages.lengths import cut_to_graphemes
from bot.rules.games import MILLION
from bot.services import games
from bot.services.auto_replies import Said
from bot.services.draw_refusals import DrawRefusedError
from bot.services.drawing import Drawn, Standing, draw, draw_once, standing_of
from bot.services.game_prizes import live_prizes
from bot.services.plays import Play
from models import ChatSource, Draw, Friend, Game, GameKind, Prize

__all__ = ["GameState", "draw", "draw_on_page", "draw_once", "expect", "open_page", "start", "take_tap"]

TAP = re.compile(
    r"game:(?:start:(?P<start>[A-Za-z0-9_-]{1,40})|draw:(?P<draw>[A-Za-z0-9_-]{1,40}):(?P<key>[\w-]{1,40}))"
)
LONGEST_TITLE = 40  # of a message with buttons; https://developers.line.biz/en/reference/messaging-api/#buttons
MOST_MESSAGES = 5
WON, WON_NOTHING = "🎉 恭喜抽中「%(name)s」！", "這次沒有中獎，謝謝您的參與！"
COLOURS = ("#06c755", "#ffb238", "#4c8dff", "#ff6b6b", "#9b6bff", "#19b5a5", "#ff8ac2", "#c0ca33")
WORDS: Mapping[GameKind, tuple[str, str]] = {
    GameKind.WHEEL: ("轉動轉盤，看看今天的手氣！", "轉轉盤"),
    GameKind.SCRATCH: ("刮開刮刮卡，看看有什麼好禮！", "刮刮卡"),
    GameKind.DAILY: ("每天抽一次，天天有機會！", "抽獎"),
}


@dataclass(frozen=True)
class Slice:
    """One prize as the page shows it."""

    id: int
    name: str
    colour: str
    picture_url: str | None


@dataclass(frozen=True)
class Won:
    """What a draw brought; `prize_id` is None for nothing."""

    number: int
    prize_id: int | None
    name: str | None
    colour: str | None
    picture_url: str | None
    words: list[str]  # the texts that belong to it


@dataclass(frozen=True)
class GameState:
    """A game as one friend finds it on its page."""

    code: str
    name: str
    kind: GameKind
    prizes: list[Slice]
    has_blank: bool  # some tickets win nothing
    left: int | None
    refusal: str | None  # why no draw is possible now
    reason: str | None
    last: Won | None
    terms_url: str


def expect(session: Session, tapped: Iterable[str]) -> None:
    """Begin a batch of taps: where they draw from several games, these are locked in one order for everybody."""
    found = [TAP.fullmatch(data) for data in tapped]
    codes = {one["start"] or one["draw"] for one in found if one}
    if len(codes) > 1:
        query = select(Game.id).where(Game.code.in_(sorted(codes))).order_by(Game.id)
        session.scalars(query.with_for_update()).all()


def start(session: Session, game_id: int, friend: Friend, play: Play) -> Said | None:
    """Answer whoever calls up a game: a daily draw at once, others with a button. None if staff deleted it."""
    game = session.get(Game, game_id)
    if game is None or game.archived_at is not None:
        return None
    if game.kind is GameKind.DAILY:
        return _draw_in_chat(session, game, friend, play, key=_key())
    standing = standing_of(session, game, friend, play)
    if standing.refusal is not None:
        return _said(game, [text(str(standing.refusal))])
    return _said(game, _invitation(game, friend, play))


def take_tap(session: Session, data: str, friend: Friend, play: Play) -> Said | None:
    """Answer a tap on a game's button; None for postback data of others."""
    if not data.startswith("game:"):
        return None
    tapped = TAP.fullmatch(data)
    code = (tapped["start"] or tapped["draw"]) if tapped else ""
    game = games.find_game(session, code)
    if tapped is None or game is None:
        return Said([text("找不到這個活動，可能已經結束了。")], ChatSource.GAME)
    if tapped["start"]:
        return start(session, game.id, friend, play)
    return _draw_in_chat(session, game, friend, play, key=tapped["key"])


def open_page(session: Session, code: str, friend: Friend, play: Play) -> GameState:
    """Return the game as this friend finds it. Raises NotFoundError."""
    game = _found(session, code)
    return _state(session, game, friend, play, standing_of(session, game, friend, play))


def draw_on_page(session: Session, code: str, friend: Friend, play: Play, *, key: str) -> GameState:
    """Draw for the page, once for each key; `last` of the answer is this draw. Raises DrawRefusedError."""
    game = _found(session, code)
    drawn = draw_once(session, game, friend, play, cause_key=f"page:{game.id}:{friend.id}:{key}")
    return _state(session, game, friend, play, standing_of(session, game, friend, play), last=drawn.draw)


def _found(session: Session, code: str) -> Game:
    game = games.find_game(session, code)
    if game is None:
        raise NotFoundError("找不到這個活動，可能已經結束了。")
    return game


def _draw_in_chat(session: Session, game: Game, friend: Friend, play: Play, *, key: str) -> Said:
    try:
        drawn = draw_once(session, game, friend, play, cause_key=f"chat:{game.id}:{friend.id}:{key}")
    except DrawRefusedError as refusal:
        return _said(game, [text(str(refusal))])
    messages = _announcement(session, game, drawn, friend)
    standing = standing_of(session, game, friend, play)
    if standing.refusal is None and (standing.left is None or standing.left > 0):
        again = quick_reply("再抽一次", data=_draw_data(game), says="再抽一次")
        if "quickReply" not in messages[-1]:
            messages[-1] = with_quick_replies(messages[-1], [again])
    return _said(game, messages)


def _announcement(session: Session, game: Game, drawn: Drawn, friend: Friend) -> list[LineMessage]:
    messages = _messages_of(session, game, drawn.draw, friend)
    if not drawn.is_new and len(messages) < MOST_MESSAGES:
        return [text("這個按鈕已經抽過了，結果是："), *messages]
    return messages


def _messages_of(session: Session, game: Game, made: Draw, friend: Friend) -> list[LineMessage]:
    prize = session.get(Prize, made.prize_id) if made.prize_id is not None else None
    written = prize.messages if prize is not None else game.no_prize
    if written:
        return fill(written, {"name": friend.display_name or ""})
    return [text(WON % {"name": prize.name} if prize is not None else WON_NOTHING)]


def _invitation(game: Game, friend: Friend, play: Play) -> list[LineMessage]:
    """Return staff's words, then the buttons: the page where LIFF is switched on, the chat everywhere."""
    words, label = WORDS[game.kind]
    actions = [action(label, data=_draw_data(game), says=label)]
    if play.liff_id or play.has_login:
        actions = [
            action(label, opens=play.page_url(ChatSource.GAME, game.code)),
            action("在聊天室直接抽", data=_draw_data(game), says=label),
        ]
    actions.append(action("活動辦法", opens=play.terms_url(ChatSource.GAME, game.code)))
    message = buttons(words, actions, title=cut_to_graphemes(game.name, LONGEST_TITLE))
    return [*fill(game.invitation, {"name": friend.display_name or ""}), message]


def _state(
    session: Session, game: Game, friend: Friend, play: Play, standing: Standing, *, last: Draw | None = None
) -> GameState:
    prizes = live_prizes(game)
    last = last or newest_draw(session, game, friend)
    return GameState(
        code=game.code,
        name=game.name,
        kind=game.kind,
        prizes=[_slice(prize, at) for at, prize in enumerate(prizes)],
        has_blank=sum(prize.odds for prize in prizes) < MILLION,
        left=standing.left,
        refusal=str(standing.refusal) if standing.refusal else None,
        reason=standing.refusal.reason.value if standing.refusal else None,
        last=_won(session, game, last, friend) if last else None,
        terms_url=play.terms_url(ChatSource.GAME, game.code),
    )


def newest_draw(session: Session, game: Game, friend: Friend) -> Draw | None:
    """Return a friend's last draw of a game."""
    mine = select(Draw).where(Draw.game_id == game.id, Draw.friend_id == friend.id)
    return session.scalar(mine.order_by(Draw.number.desc()).limit(1))


def _slice(prize: Prize, at: int) -> Slice:
    return Slice(prize.id, prize.name, prize.colour or COLOURS[at % len(COLOURS)], prize.picture_url)


def _won(session: Session, game: Game, made: Draw, friend: Friend) -> Won:
    prize = session.get(Prize, made.prize_id) if made.prize_id is not None else None
    spoken = (
        prize.messages if prize is not None else game.no_prize
    )  # the page has words of its own where staff have none
    return Won(
        number=made.number,
        prize_id=made.prize_id,
        name=prize.name if prize else None,
        colour=prize.colour if prize else None,
        picture_url=prize.picture_url if prize else None,
        words=[one["text"] for one in fill(spoken, {"name": friend.display_name or ""}) if one.get("type") == "text"],
    )


def _key() -> str:
    return secrets.token_urlsafe(9)


def _draw_data(game: Game) -> str:
    """Postback data of a button that draws: the key makes one draw of its message for each friend."""
    return f"game:draw:{game.code}:{_key()}"


def _said(game: Game, messages: list[LineMessage]) -> Said:
    return Said(messages, ChatSource.GAME, game.id)
