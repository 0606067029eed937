"""Tags: made, renamed, deleted, counted."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.errors import BotError, ConflictError, InvalidInputError
from bot.services import tags
from handlers.admin import display
from handlers.admin.access import allow, current_actor
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("tags", __name__, url_prefix="/tags")


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show every tag with how many wear it."""
    return _page()


@blueprint.post("")
@allow(Role.MARKETER)
def create() -> ResponseReturnValue:
    """Make a tag."""
    runtime = current_runtime()
    name = request.form.get("name", "")
    try:
        with runtime.db.begin() as session:
            tag = tags.create(session, name, by=current_actor(), now=runtime.now())
    except (ConflictError, InvalidInputError) as error:
        return _page(typed=name, refusal=_sentence(error)), 422
    flash(gettext("已新增標籤「%(name)s」。", name=tag.name))
    return redirect(url_for("admin.tags.index"))


@blueprint.post("/<int:tag_id>")
@allow(Role.MARKETER)
def rename(tag_id: int) -> ResponseReturnValue:
    """Give a tag another name."""
    runtime = current_runtime()
    name = request.form.get("name", "")
    try:
        with runtime.db.begin() as session:
            tags.change(session, tag_id, {"name": name}, by=current_actor(), now=runtime.now())
    except (ConflictError, InvalidInputError) as error:
        return _page(renaming=tag_id, typed=name, refusal=_sentence(error)), 422
    flash(gettext("已改名。"))
    return redirect(url_for("admin.tags.index"))


@blueprint.post("/<int:tag_id>/delete")
@allow(Role.MARKETER)
def delete(tag_id: int) -> ResponseReturnValue:
    """Delete a tag that nothing uses; else say what does."""
    runtime = current_runtime()
    try:
        tags.delete(runtime.db, tag_id, by=current_actor(), now=runtime.now())
    except ConflictError as error:
        flash(display.said(error), "error")
    else:
        flash(gettext("已刪除標籤。"))
    return redirect(url_for("admin.tags.index"))


def _page(*, typed: str = "", refusal: str | None = None, renaming: int | None = None) -> str:
    with current_runtime().db() as session:
        listed, counts = tags.list_tags(session), tags.count_friends(session, now=current_runtime().now())
    return render_template(
        "admin/tags/index.html", tags=listed, counts=counts, typed=typed, refusal=refusal, renaming=renaming
    )


def _sentence(error: BotError) -> str:
    if isinstance(error, InvalidInputError):
        return " ".join(display.said(fault) for fault in error.faults)
    return display.said(error)
