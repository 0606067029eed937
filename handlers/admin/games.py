"""Games of chance: the list, the editor, the log of draws."""

import tempfile

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from bot.errors import ConflictError, FieldFault, InvalidInputError
from bot.services import accounts, drawing, game_figures, games, tags
from bot.services.draw_refusals import Refusal
from bot.services.plays import play_at
from handlers.admin import display, game_tables, words
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.admin.game_forms import GameForm
from handlers.admin.game_prize_forms import PrizeForm
from handlers.processes import current_runtime
from models import ChatSource, Game, GameKind, Role

blueprint = Blueprint("games", __name__, url_prefix="/games")
PER_PAGE = 50
MOST_PRIZES = 20
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {GameKind.WHEEL.value: _l("轉盤"), GameKind.SCRATCH.value: _l("刮刮卡"), GameKind.DAILY.value: _l("每日抽獎")}
STATES = {
    None: ("good", _l("進行中")),
    Refusal.OFF: ("calm", _l("已關閉")),
    Refusal.NOT_STARTED: ("calm", _l("尚未開始")),
    Refusal.OVER: ("calm", _l("已結束")),
    Refusal.LIMIT_IN_ALL: ("warm", _l("次數額滿")),
    Refusal.NOTHING_LEFT: ("warm", _l("獎品送完")),
}


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show every game."""
    runtime = current_runtime()
    with runtime.db() as session:
        found = games.list_games(session)
    now = runtime.now()
    states = {game.id: STATES[drawing.refusal_of(game, now)] for game in found}
    return render_template(
        "admin/games/index.html", games=found, states=states, kinds=KINDS, live_prizes=games.live_prizes
    )


@blueprint.get("/new")
@allow(Role.MARKETER)
def new() -> ResponseReturnValue:
    """Show an empty editor; `copy` fills it in."""
    runtime = current_runtime()
    form = GameForm.blank()
    copied = request.args.get("copy", type=int)
    if copied:
        with runtime.db() as session:
            game = games.get_game(session, copied)
        form = GameForm.from_game(game, runtime.settings.zone).as_copy(gettext("%(name)s 的複本", name=game.name))
    elif request.args.get("kind") == GameKind.DAILY.value:
        form.kind, form.draws_per_friend, form.draws_per_day = GameKind.DAILY.value, "", "1"
    elif request.args.get("kind") == GameKind.SCRATCH.value:
        form.kind = GameKind.SCRATCH.value
    return _editor(form)


@blueprint.post("/new")
@allow(Role.MARKETER)
def create() -> ResponseReturnValue:
    """Save a new game."""
    return _save(None)


@blueprint.get("/<int:game_id>")
@allow(Role.VIEWER)
def edit(game_id: int) -> ResponseReturnValue:
    """Show a game in the editor."""
    runtime = current_runtime()
    with runtime.db() as session:
        game = games.get_game(session, game_id)
    return _editor(GameForm.from_game(game, runtime.settings.zone), game_id=game_id)


@blueprint.post("/<int:game_id>")
@allow(Role.MARKETER)
def change(game_id: int) -> ResponseReturnValue:
    """Save a game."""
    return _save(game_id)


@blueprint.post("/<int:game_id>/toggle")
@allow(Role.MARKETER)
def toggle(game_id: int) -> ResponseReturnValue:
    """Switch a game on or off; htmx swaps in the switch."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        game = games.toggle(session, game_id, by=current_actor(), now=runtime.now())
    state = STATES[drawing.refusal_of(game, runtime.now())]
    return render_template("admin/games/_switch.html", game=game, state=state)


@blueprint.post("/<int:game_id>/delete")
@allow(Role.MARKETER)
def delete(game_id: int) -> ResponseReturnValue:
    """Delete a game; its draws stay."""
    runtime = current_runtime()
    try:
        with runtime.db.begin() as session:
            games.delete(session, game_id, by=current_actor(), now=runtime.now())
    except ConflictError as error:
        flash(display.said(error), "error")
        return redirect(url_for("admin.games.edit", game_id=game_id))
    flash(gettext("已刪除這個遊戲。"))
    return redirect(url_for("admin.games.index"))


@blueprint.post("/prizes")
@allow(Role.MARKETER)
def prizes() -> ResponseReturnValue:
    """Give back the prizes with one more, one less, or one moved."""
    form = GameForm.from_form(request.form)
    name, _, place = request.args.get("op", "").partition(":")
    at = int(place) if place.isdecimal() and len(place) < 4 else -1
    rows = form.prizes
    if name == "add" and len(rows) < MOST_PRIZES:
        rows.append(PrizeForm.blank(str(max((int(row.key) for row in rows), default=-1) + 1)))
    elif name == "drop" and 0 <= at < len(rows):
        del rows[at]
    elif name == "up" and 0 < at < len(rows):
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
    elif name != "add":
        abort(400)
    with current_runtime().db() as session:
        shown = _surroundings(session)
    return render_template("admin/games/_prizes.html", form=form, faults={}, **shown)


@blueprint.get("/<int:game_id>/draws")
@allow(Role.VIEWER)
def show_draws(game_id: int) -> ResponseReturnValue:
    """Show the log with the odds of each moment, and wins against what they promised."""
    runtime = current_runtime()
    before, prize_id = request.args.get("before", type=int), request.args.get("prize", type=int)
    with runtime.db() as session:
        game = games.get_game(session, game_id)
        rows = game_figures.page(session, game.id, limit=PER_PAGE + 1, before=before, prize_id=prize_id)
        figures = game_figures.figures(session, game)
    return render_template(
        "admin/games/draws.html",
        game=game,
        rows=rows[:PER_PAGE],
        has_more=len(rows) > PER_PAGE,
        before=before,
        prize_id=prize_id,
        figures=figures,
        odds=drawing.odds_of(game, runtime.now()),
        state=STATES[drawing.refusal_of(game, runtime.now())],
        percent_of=games.percent_of,
        names={prize.id: prize.name for prize in game.prizes},
    )


@blueprint.get("/<int:game_id>/draws.xlsx")
@allow(Role.VIEWER)
def export(game_id: int) -> ResponseReturnValue:
    """Give the figures and every draw as an Excel file."""
    runtime = current_runtime()
    file = tempfile.TemporaryFile()  # noqa: SIM115 the answer closes it
    with runtime.db() as session:
        game = games.get_game(session, game_id)
        figures = game_figures.figures(session, game)
        rows = game_figures.stream(session, game.id)
        game_tables.write(file, game, figures, rows, zone=runtime.settings.zone)
    file.seek(0)
    return send_file(file, mimetype=EXCEL, as_attachment=True, download_name=f"game-{game.code}.xlsx")


def _save(game_id: int | None) -> ResponseReturnValue:
    runtime = current_runtime()
    form = GameForm.from_form(request.form)
    form.prizes = [prize for prize in form.prizes if not prize.is_empty]
    try:
        with runtime.db.begin() as session:
            game = _store(session, form, game_id)
    except InvalidInputError as error:
        return _editor(form, game_id=game_id, faults=error.faults), 422
    except ConflictError as error:
        return _editor(form, game_id=game_id, refusal=display.said(error)), 409
    flash(gettext("已儲存「%(name)s」。兩秒內生效。", name=game.name))
    return redirect(url_for("admin.games.edit", game_id=game.id))


def _store(session: Session, form: GameForm, game_id: int | None) -> Game:
    """Raises InvalidInputError with everything that cannot be taken."""
    runtime, by = current_runtime(), current_actor()
    content, faults = form.content(runtime.settings.zone)
    if faults:
        raise InvalidInputError(faults)
    if game_id is None:
        return games.create(session, content, by=by, now=runtime.now())
    present = games.get_game(session, game_id, will_change=True).updated_at.isoformat()
    if form.seen and form.seen != present:
        form.seen = present
        raise ConflictError("您編輯的時候，有人改過這個遊戲。再按一次「儲存」會用您的內容取代。")
    return games.change(session, game_id, vars(content), by=by, now=runtime.now())


def _editor(
    form: GameForm,
    *,
    game_id: int | None = None,
    faults: tuple[FieldFault, ...] = (),
    refusal: str | None = None,
) -> str:
    runtime = current_runtime()
    with runtime.db() as session:
        shown = _surroundings(session)
        game = games.get_game(session, game_id) if game_id else None
    if not form.prizes:
        form.prizes = [PrizeForm.blank("0")]
    play = play_at(runtime.settings, now=runtime.now())
    return render_template(
        "admin/games/edit.html",
        form=form,
        game=game,
        game_id=game_id,
        faults=by_field(form.placed(faults), form.editors()),
        refusal=refusal,
        kinds=KINDS,
        spare=0 if form.keywords else 1,
        page_url=play.page_url(ChatSource.GAME, game.code) if game else None,
        terms_url=play.terms_url(ChatSource.GAME, game.code) if game else None,
        **shown,
    )


def _surroundings(session: Session) -> dict[str, object]:
    """Return what every part of the editor shows beside what was typed."""
    return {
        "all_tags": tags.list_tags(session),
        "account_name": accounts.get_account(session).display_name,
        "matches": words.MATCHES,
        "problems": [],
    }
