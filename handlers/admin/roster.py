"""The roster against LINE's follower list, and lists of ids that staff bring."""

import csv
import io

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.errors import InvalidInputError
from bot.services import accounts, audit, friend_lists, roster_imports, rosters
from bot.services.roster_imports import ImportReport
from handlers.admin import display
from handlers.admin.access import allow, current_actor
from handlers.processes import current_runtime
from models import FriendState, Role, RosterSync

blueprint = Blueprint("roster", __name__, url_prefix="/roster")


@blueprint.get("")
@allow(Role.MARKETER)
def show() -> ResponseReturnValue:
    """Show the last walk through LINE's list."""
    return _page()


@blueprint.post("/sync")
@allow(Role.MARKETER)
def start() -> ResponseReturnValue:
    """Begin a walk; a jobs process takes it up within seconds."""
    runtime = current_runtime()
    now = runtime.now()
    with runtime.db.begin() as session:
        sync = rosters.start(session, now=now)
        if sync.started_at == now:
            audit.record(session, current_actor(), "create", "roster_sync", sync.id, now=now)
    return redirect(url_for("admin.roster.show"))


@blueprint.get("/progress")
@allow(Role.MARKETER)
def progress() -> ResponseReturnValue:
    """Give back how far the walk is; the last answer asks for no other."""
    with current_runtime().db() as session:
        sync = rosters.latest(session)
        expected = _expected(friend_lists.estimate_count(session, state=FriendState.FOLLOWING), sync)
    return render_template("admin/roster/_progress.html", sync=sync, expected=expected, is_under_way=_runs(sync))


@blueprint.post("/import")
@allow(Role.MARKETER)
def import_ids() -> ResponseReturnValue:
    """Take in a list of ids, pasted or from a file, and say what became of each row."""
    runtime = current_runtime()
    typed = request.form.get("ids", "")
    try:
        given = [*_cells(typed), *_uploaded()]
        report = roster_imports.import_ids(runtime.db, given, by=current_actor(), now=runtime.now())
    except UnicodeDecodeError:
        return _page(typed=typed, refusal=gettext("這個檔案不是 UTF-8 的文字檔。")), 422
    except InvalidInputError as error:
        return _page(typed=typed, refusal=" ".join(display.said(fault) for fault in error.faults)), 422
    flash(gettext("已匯入 %(added)s 位，%(known)s 位原本就在名單中。", added=report.added, known=report.known))
    return _page(typed="\n".join(given[row - 1] for row, _ in report.faults), report=report)


def _page(*, typed: str = "", report: ImportReport | None = None, refusal: str | None = None) -> str:
    with current_runtime().db() as session:
        sync = rosters.latest(session)
        expected = _expected(friend_lists.estimate_count(session, state=FriendState.FOLLOWING), sync)
        account = accounts.get_account(session)
    return render_template(
        "admin/roster/show.html",
        sync=sync,
        expected=expected,
        is_under_way=_runs(sync),
        account=account,
        typed=typed,
        report=report,
        refusal=refusal,
    )


def _runs(sync: RosterSync | None) -> bool:
    return sync is not None and sync.state in rosters.UNDER_WAY


def _expected(friends: int, sync: RosterSync | None) -> int:
    """LINE does not tell how long its list is; the roster's own number is the best guess."""
    return max(friends, sync.listed if sync else 0, 1)


def _uploaded() -> list[str]:
    file = request.files.get("file")
    return _cells(file.read().decode("utf-8-sig")) if file and file.filename else []


def _cells(text: str) -> list[str]:
    """Return the first cell of each row that has one: a pasted column, or a CSV file with or without a head."""
    rows = csv.reader(io.StringIO(text.replace("\x00", "")))
    cells = [row[0].strip() for row in rows if row and row[0].strip()]
    return cells[1:] if cells and cells[0].lower() in ("uid", "user id", "userid", "line_user_id", "id") else cells
