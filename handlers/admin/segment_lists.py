"""Lists of user ids that staff bring, to be used in segments."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.errors import ConflictError, InvalidInputError
from bot.services import segments, uploaded_lists, usages
from bot.services.uploaded_lists import Report
from handlers.admin import display
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("lists", __name__, url_prefix="/lists")


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show the lists, and the form for another."""
    return _page()


@blueprint.post("")
@allow(Role.MARKETER)
def create() -> ResponseReturnValue:
    """Take in a file and say what became of each row."""
    runtime, by, file = current_runtime(), current_actor(), request.files.get("file")
    name = request.form.get("name", "")
    content = file.read() if file else b""
    try:
        report = uploaded_lists.create_from_file(
            runtime.db, name, content, (file.filename if file else "") or "", by=by, now=runtime.now()
        )
    except InvalidInputError as error:
        return _page(faults=by_field(error.faults, {})), 422
    except ConflictError as error:
        return _page(faults={"name": [display.said(error)]}), 409
    return _page(report=report)


@blueprint.post("/<int:list_id>/delete")
@allow(Role.MARKETER)
def delete(list_id: int) -> ResponseReturnValue:
    """Delete a list that no segment uses."""
    runtime = current_runtime()
    try:
        with runtime.db.begin() as session:
            uploaded_lists.delete(session, list_id, by=current_actor(), now=runtime.now())
    except ConflictError as error:
        return _page(refusal=display.said(error)), 409
    flash(gettext("已刪除這份名單。"))
    return redirect(url_for("admin.segments.lists.index"))


def _page(
    *, faults: dict[str, list[str]] | None = None, report: Report | None = None, refusal: str | None = None
) -> str:
    with current_runtime().db() as session:
        listed = uploaded_lists.list_lists(session)
        users = {one.id: usages.users_of_uploaded_list(session, one.id) for one in listed}
    return render_template(
        "admin/segments/lists.html",
        lists=listed,
        users=users,
        typed=request.form,
        faults=faults or {},
        report=report,
        refusal=refusal,
    )
