"""Logging in and out."""

from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue

from bot.services import staff_sessions
from bot.services.staff_sessions import LoginRefusedError, Visitor
from handlers.admin import display
from handlers.admin.access import COOKIE, COOKIE_PATH, allow, allow_anyone
from handlers.admin.brake import Brake
from handlers.admin.headers import keep_cookie
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("login", __name__)
BRAKE = "admin_login_brake"


def init_app(app: Flask) -> None:
    """Give this process its brake."""
    app.extensions[BRAKE] = Brake()


@blueprint.get("/login")
@allow_anyone
def show() -> ResponseReturnValue:
    """Ask for name and password."""
    if g.staff is not None:
        return redirect(_next_page())
    return render_template("admin/login/show.html", name="", error=None)


@blueprint.post("/login")
@allow_anyone
def log_in() -> ResponseReturnValue:
    """Open a session under a new cookie."""
    runtime = current_runtime()
    address = request.remote_addr or ""
    brake: Brake = current_app.extensions[BRAKE]
    if not brake.lets(address, now=runtime.now()):
        abort(429)
    name = request.form.get("name", "")
    visitor = Visitor(address, request.user_agent.string)
    try:
        token = staff_sessions.log_in(
            runtime.db, name=name, password=request.form.get("password", ""), visitor=visitor, now=runtime.now()
        )
    except LoginRefusedError as error:
        return render_template("admin/login/show.html", name=name, error=display.said(error)), 422
    brake.forget(address)
    session.clear()  # whatever was known of the visitor before belongs to nobody
    answer = make_response(redirect(_next_page()))
    keep_cookie(answer, token)
    return answer


@blueprint.post("/logout")
@allow(Role.VIEWER)
def log_out() -> ResponseReturnValue:
    """End this session."""
    runtime = current_runtime()
    with runtime.db.begin() as db_session:
        staff_sessions.log_out(db_session, request.cookies.get(COOKIE, ""))
    g.pop("slid_token", None)
    session.clear()
    answer = make_response(redirect(url_for("admin.login.show")))
    answer.delete_cookie(COOKIE, path=COOKIE_PATH)
    return answer


def _next_page() -> str:
    """Return the page that was asked for, if it is one of the admin's."""
    wanted = request.args.get("next", "")
    parts = urlsplit(wanted)
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/admin/") and "\\" not in wanted
    return wanted if is_ours else url_for("admin.dashboard.show")
