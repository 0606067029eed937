"""The fallback answer: what is said when no rule answers."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.errors import FieldFault, InvalidInputError
from bot.services import accounts, greetings
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.admin.messages import Editor
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("fallback", __name__, url_prefix="/fallback")


@blueprint.get("")
@allow(Role.VIEWER)
def show() -> ResponseReturnValue:
    """Show the fallback in its editor."""
    with current_runtime().db() as session:
        fallback = greetings.get_fallback(session)
    editor = Editor.from_messages("messages", fallback.messages)
    return _page(editor, enabled=fallback.enabled, every_minutes=str(fallback.every_minutes))


@blueprint.post("")
@allow(Role.MARKETER)
def save() -> ResponseReturnValue:
    """Replace the fallback answer."""
    runtime = current_runtime()
    editor = Editor.from_form("messages")
    enabled, written = "enabled" in request.form, request.form.get("every_minutes", "").strip()
    messages, faults = editor.to_messages()
    if not (written.isdecimal() and len(written) < 9):
        faults.append(FieldFault("every_minutes", "請填整數。"))
    try:
        if faults:
            raise InvalidInputError(faults)
        with runtime.db.begin() as session:
            greetings.set_fallback(
                session,
                enabled=enabled,
                messages=messages,
                every_minutes=int(written),
                by=current_actor(),
                now=runtime.now(),
            )
    except InvalidInputError as error:
        return _page(editor, enabled=enabled, every_minutes=written, faults=error.faults), 422
    flash(gettext("已儲存一律回應。兩秒內生效。"))
    return redirect(url_for("admin.fallback.show"))


def _page(editor: Editor, *, enabled: bool, every_minutes: str, faults: tuple[FieldFault, ...] = ()) -> str:
    with current_runtime().db() as session:
        account = accounts.get_account(session)
    return render_template(
        "admin/fallback/show.html",
        editor_state=editor,
        enabled=enabled,
        every_minutes=every_minutes,
        faults=by_field(faults, {"messages": editor.drafts}),
        messages=editor.to_messages()[0],
        account_name=account.display_name,
    )
