"""One's own account: password, language, logins."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.errors import InvalidInputError
from bot.services import staff, staff_sessions
from handlers.admin.access import allow, current_actor, current_staff
from handlers.admin.fault_places import by_field
from handlers.languages import LANGUAGES
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("me", __name__, url_prefix="/me")


@blueprint.get("")
@allow(Role.VIEWER)
def show() -> ResponseReturnValue:
    """Show one's own account."""
    return _page()


@blueprint.post("/password")
@allow(Role.VIEWER)
def change_password() -> ResponseReturnValue:
    """Change the password; every login ends, this one too."""
    runtime = current_runtime()
    try:
        with runtime.db.begin() as session:
            staff.change_password(
                session,
                current_staff().id,
                current=request.form.get("current", ""),
                new=request.form.get("new", ""),
                by=current_actor(),
                now=runtime.now(),
            )
    except InvalidInputError as error:
        return _page(faults=by_field(error.faults, {})), 422
    flash(gettext("密碼已變更，請用新密碼登入。"))
    return redirect(url_for("admin.login.show"))


@blueprint.post("/language")
@allow(Role.VIEWER)
def set_language() -> ResponseReturnValue:
    """Choose the language of one's pages."""
    given = request.form.get("language", "")
    with current_runtime().db.begin() as session:
        staff.set_language(session, current_staff().id, given if given in LANGUAGES else None)
    return redirect(url_for("admin.me.show"))


@blueprint.post("/sign-out-everywhere")
@allow(Role.VIEWER)
def sign_out_everywhere() -> ResponseReturnValue:
    """End every login of one's own."""
    with current_runtime().db.begin() as session:
        staff.sign_out_everywhere(session, current_staff().id)
    return redirect(url_for("admin.login.show"))


def _page(*, faults: dict[str, list[str]] | None = None) -> str:
    runtime = current_runtime()
    with runtime.db() as session:
        sessions = staff_sessions.list_sessions(session, current_staff().id, now=runtime.now())
    return render_template("admin/me/show.html", sessions=sessions, languages=LANGUAGES, faults=faults or {})
