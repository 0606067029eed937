"""`/liff/g/<code>`: a game's page inside LINE. The server draws; the page only shows what came out."""

import dataclasses
import re
from typing import Any

from flask import Response, jsonify, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from bot.errors import NotFoundError
from bot.runtime import Runtime
from bot.services import draws, friends, games
from bot.services.draws import GameState
from bot.services.plays import Play, play_at
from handlers.processes import current_runtime
from handlers.site import calls, pages, visitors
from handlers.site.calls import CallRefusedError
from models import ChatSource, Friend, PlayedIn

blueprint = pages.make_blueprint("game_page")
KEY = re.compile(r"[A-Za-z0-9-]{8,64}")


@blueprint.get("/g/<code>")
def show(code: str) -> Response:
    """Show the game; its script asks who is there and how they stand."""
    runtime = current_runtime()
    with runtime.db() as session:
        game = games.find_game(session, code)
    if game is None:
        raise NotFoundError("找不到這個活動，可能已經結束了。")
    return pages.show(
        "site/game.html",
        game=game,
        terms_url=_play(runtime).terms_url(ChatSource.GAME, game.code),
        state_url=url_for("game_page.read_state", code=code),
        draw_url=url_for("game_page.draw", code=code),
        game_words=_words(),
    )


@blueprint.post("/g/<code>/state")
@visitors.known
def read_state(code: str) -> Response:
    """Tell how the visitor stands, with the last draw."""
    runtime = current_runtime()
    play = _play(runtime)
    with runtime.db.begin() as session:
        return _told(draws.open_page(session, code, _visitor(session, play), play))


@blueprint.post("/g/<code>/draws")
@visitors.known
def draw(code: str) -> Response:
    """Draw once for the key that the page made up before it asked."""
    runtime = current_runtime()
    play = _play(runtime)
    key = calls.body().get("key")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise CallRefusedError(400, "malformed", "這個要求無法處理。")
    with runtime.db.begin() as session:
        return _told(draws.draw_on_page(session, code, _visitor(session, play), play, key=key))


def _play(runtime: Runtime) -> Play:
    return play_at(runtime.settings, now=runtime.now(), place=PlayedIn.PAGE)


def _visitor(session: Session, play: Play) -> Friend:
    line_user_id = visitors.get_known().line_user_id
    return friends.lock(session, [line_user_id], now=play.now)[line_user_id]


def _told(state: GameState) -> Response:
    return jsonify(dataclasses.asdict(state))


def _words() -> dict[str, Any]:
    """Return what the page's script says."""
    return {
        "blank": gettext("銘謝惠顧"),
        "won": gettext("恭喜抽中"),
        "nothing": gettext("這次沒有中獎"),
        "last": gettext("上次的結果"),
        "left": gettext("還可以抽 {count} 次"),
        "again": gettext("再抽一次"),
        "drawing": gettext("抽獎中…"),
        "scratch": gettext("用手指刮開灰色的地方"),
        "refused": gettext("現在不能抽獎"),
    }
