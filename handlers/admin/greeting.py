"""The greeting: what new and returning friends read first."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.errors import FieldFault, InvalidInputError
from bot.services import accounts, greetings, tags
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.admin.messages import Editor
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("greeting", __name__, url_prefix="/greeting")


@blueprint.get("")
@allow(Role.VIEWER)
def show() -> ResponseReturnValue:
    """Show the greeting in its editors."""
    with current_runtime().db() as session:
        greeting = greetings.get_greeting(session)
    editors = [
        Editor.from_messages("new_friend", greeting.new_friend),
        Editor.from_messages("returning_friend", greeting.returning_friend),
    ]
    return _page(editors, list(greeting.tags))


@blueprint.post("")
@allow(Role.MARKETER)
def save() -> ResponseReturnValue:
    """Replace the greeting."""
    runtime = current_runtime()
    editors = [Editor.from_form("new_friend"), Editor.from_form("returning_friend")]
    tag_ids = [int(tag_id) for tag_id in request.form.getlist("tags") if tag_id.isdecimal()]
    new_tag = request.form.get("tags_new", "").strip()
    built = [editor.to_messages() for editor in editors]
    try:
        unreadable = [fault for _, faults in built for fault in faults]
        if unreadable:
            raise InvalidInputError(unreadable)
        with runtime.db.begin() as session:
            greetings.set_greeting(
                session,
                new_friend=built[0][0],
                returning_friend=built[1][0],
                tags=[*tag_ids, *([new_tag] if new_tag else [])],
                by=current_actor(),
                now=runtime.now(),
            )
    except InvalidInputError as error:
        return _page(editors, tag_ids, new_tag=new_tag, faults=error.faults), 422
    flash(gettext("已儲存歡迎訊息。兩秒內生效。"))
    return redirect(url_for("admin.greeting.show"))


def _page(editors: list[Editor], tag_ids: list[int], *, new_tag: str = "", faults: tuple[FieldFault, ...] = ()) -> str:
    with current_runtime().db() as session:
        all_tags = tags.list_tags(session)
        account = accounts.get_account(session)
    shown: dict[str, Any] = {editor.root: editor for editor in editors}
    return render_template(
        "admin/greeting/show.html",
        editors=editors,
        previews={root: editor.to_messages()[0] for root, editor in shown.items()},
        faults=by_field(faults, {editor.root: editor.drafts for editor in editors}),
        all_tags=all_tags,
        tag_ids=tag_ids,
        new_tag=new_tag,
        account_name=account.display_name,
    )
