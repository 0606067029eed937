"""Groups of tags: made, renamed, moved, deleted, all on the page of tags."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.errors import ConflictError, InvalidInputError
from bot.services import tag_groups
from handlers.admin import display
from handlers.admin.access import allow, current_actor
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("groups", __name__, url_prefix="/groups")


@blueprint.post("")
@allow(Role.MARKETER)
def create() -> ResponseReturnValue:
    """Make a group, after the others."""
    runtime = current_runtime()
    try:
        with runtime.db.begin() as session:
            tag_groups.create(session, request.form.get("name", ""), by=current_actor(), now=runtime.now())
    except (ConflictError, InvalidInputError) as error:
        _tell(error)
    return _back()


@blueprint.post("/<int:group_id>")
@allow(Role.MARKETER)
def rename(group_id: int) -> ResponseReturnValue:
    """Give a group another name."""
    runtime = current_runtime()
    try:
        with runtime.db.begin() as session:
            tag_groups.rename(session, group_id, request.form.get("name", ""), by=current_actor(), now=runtime.now())
    except (ConflictError, InvalidInputError) as error:
        _tell(error)
    return _back()


@blueprint.post("/<int:group_id>/move")
@allow(Role.MARKETER)
def move(group_id: int) -> ResponseReturnValue:
    """Move a group one place up or down."""
    runtime = current_runtime()
    steps = -1 if request.form.get("to") == "up" else 1
    with runtime.db.begin() as session:
        tag_groups.move(session, group_id, steps=steps, by=current_actor(), now=runtime.now())
    return _back()


@blueprint.post("/<int:group_id>/delete")
@allow(Role.MARKETER)
def delete(group_id: int) -> ResponseReturnValue:
    """Delete a group; its tags stay."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        tag_groups.delete(session, group_id, by=current_actor(), now=runtime.now())
    flash(gettext("已刪除群組；裡面的標籤都還在。"))
    return _back()


def _tell(error: ConflictError | InvalidInputError) -> None:
    faults = error.faults if isinstance(error, InvalidInputError) else [error]
    flash(" ".join(display.said(fault) for fault in faults), "error")


def _back() -> ResponseReturnValue:
    return redirect(url_for("admin.tags.index"))
