"""Lists of user ids that staff bring, to be used in segments."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from bot.errors import ConflictError, InvalidInputError
from bot.services import segments, uploaded_lists, usages
from bot.services.uploaded_lists import Report, RowFault
from handlers.admin import display
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.processes import current_runtime
from models import Role, Segment, UploadedList

blueprint = Blueprint("lists", __name__, url_prefix="/lists")
ROW_FAULTS = {
    RowFault.NOT_AN_ID: _l("不是使用者 ID"),
    RowFault.UNKNOWN: _l("沒見過的人，沒有放進名單"),
    RowFault.REPEATED: _l("重複"),
}


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show the lists, and the form for another."""
    return _page()


@blueprint.post("")
@allow(Role.MARKETER)
def create() -> ResponseReturnValue:
    """Take in a file, say what became of each row, and make a segment of the list where staff want one."""
    runtime, file = current_runtime(), request.files.get("file")
    name, filename = request.form.get("name", ""), (file.filename if file else None) or ""
    content = file.read() if file else b""
    try:
        report = uploaded_lists.create_from_file(
            runtime.db, name, content, filename, by=current_actor(), now=runtime.now()
        )
    except InvalidInputError as error:
        return _page(faults=by_field(error.faults, {})), 422
    except ConflictError as error:
        return _page(faults={"name": [display.said(error)]}), 409
    segment, refusal = _segment_of(report.uploaded) if "segment" in request.form else (None, None)
    return _page(report=report, segment=segment, refusal=refusal)


@blueprint.post("/<int:list_id>/delete")
@allow(Role.MARKETER)
def delete(list_id: int) -> ResponseReturnValue:
    """Delete a list that no segment uses."""
    runtime = current_runtime()
    try:
        uploaded_lists.delete(runtime.db, list_id, by=current_actor(), now=runtime.now())
    except ConflictError as error:
        return _page(refusal=display.said(error)), 409
    flash(gettext("已刪除這份名單。"))
    return redirect(url_for("admin.segments.lists.index"))


def _segment_of(uploaded: UploadedList) -> tuple[Segment | None, str | None]:
    """Return a new segment of a list and its name, or why there is none."""
    runtime = current_runtime()
    try:
        with runtime.db.begin() as session:
            conditions = {"uploaded": uploaded.id}
            return segments.create(session, uploaded.name, conditions, by=current_actor(), now=runtime.now()), None
    except (ConflictError, InvalidInputError) as error:
        return None, gettext("名單已儲存，但沒有建立分眾：%(why)s", why=display.said(error))


def _page(
    *,
    faults: dict[str, list[str]] | None = None,
    report: Report | None = None,
    segment: Segment | None = None,
    refusal: str | None = None,
) -> str:
    with current_runtime().db() as session:
        listed = uploaded_lists.list_lists(session)
        users = {one.id: usages.users_of_uploaded_list(session, one.id) for one in listed}
    return render_template(
        "admin/segments/lists.html",
        lists=listed,
        users=users,
        typed=request.form if faults else {},
        faults=faults or {},
        report=report,
        segment=segment,
        refusal=refusal,
        row_faults=ROW_FAULTS,
    )
