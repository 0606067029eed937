"""Tags by Excel or CSV: the file is looked through, then somebody confirms; the report comes by row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.errors import ConflictError, FieldFault, InvalidInputError
from bot.services import tag_imports, tags
from bot.services.tag_imports import Wanted
from handlers.admin import display, friend_files, words
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.processes import current_runtime
from models import ImportState, Role, RowOutcome, TagAction, TagImport, TagImportRow

blueprint = Blueprint("imports", __name__, url_prefix="/imports")
FINE = (RowOutcome.READY, RowOutcome.CHANGED, RowOutcome.SAME)
SHOWN = 200
SLICE = 5_000
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Form:
    """The form as typed; a file cannot be kept."""

    ids: str = ""
    tags: tuple[int, ...] = ()
    new_tag: str = ""
    action: str = TagAction.PUT.value
    has_tags: bool = False
    expires_at: str = ""


@blueprint.get("")
@allow(Role.MARKETER)
def index() -> ResponseReturnValue:
    """Show the form and the newest imports."""
    chosen = request.args.get("tag", type=int)
    return _page(Form(tags=(chosen,) if chosen else ()))


@blueprint.post("")
@allow(Role.MARKETER)
def read() -> ResponseReturnValue:
    """Look through a file or a pasted column; nothing happens to anybody yet."""
    runtime = current_runtime()
    form = _typed()
    try:
        content, name = _content(form)
        expires_at = _moment(form.expires_at)
        chosen: list[int | str] = [*form.tags, *([form.new_tag] if form.new_tag else [])]
        action = TagAction.TAKE if form.action == TagAction.TAKE.value else TagAction.PUT
        wanted = Wanted(name, chosen, action, form.has_tags, expires_at)
        row = tag_imports.read(runtime.db, content, wanted, by=current_actor(), now=runtime.now())
    except InvalidInputError as error:
        return _page(form, by_field(error.faults, {})), 422
    return redirect(url_for("admin.tags.imports.show", import_id=row.id))


@blueprint.get("/<int:import_id>")
@allow(Role.VIEWER)
def show(import_id: int) -> ResponseReturnValue:
    """Show what a file would do, does, or has done; htmx asks again while it runs."""
    with current_runtime().db() as session:
        row = tag_imports.get_import(session, import_id)
        counts = tag_imports.count_outcomes(session, import_id)
        faults = tag_imports.list_rows(session, import_id, limit=SHOWN, but=FINE)
    part = "_progress.html" if request.headers.get("HX-Request") else "show.html"
    return render_template(
        f"admin/tag_imports/{part}",
        row=row,
        counts=counts,
        fine=[(outcome, counts[outcome]) for outcome in FINE if outcome in counts],
        wrong=[(outcome, count) for outcome, count in counts.items() if outcome not in FINE],
        faults=faults,
        new_tags=tag_imports.new_tags(row),
        is_under_way=row.state is ImportState.DUE,
        tags_of=_tags_of(row),
        came_to=_said,
    )


@blueprint.post("/<int:import_id>/confirm")
@allow(Role.MARKETER)
def confirm(import_id: int) -> ResponseReturnValue:
    """Hand it over to the jobs; they begin within seconds."""
    runtime = current_runtime()
    try:
        with runtime.db.begin() as session:
            tag_imports.confirm(session, import_id, by=current_actor(), now=runtime.now())
    except ConflictError as error:
        flash(display.said(error), "error")
    return redirect(url_for("admin.tags.imports.show", import_id=import_id))


@blueprint.get("/<int:import_id>/report.<kind>")
@allow(Role.VIEWER)
def report(import_id: int, kind: str) -> ResponseReturnValue:
    """Give the report by row as a file: `xlsx`, or else CSV."""
    with current_runtime().db() as session:
        row = tag_imports.get_import(session, import_id)
    head = (gettext("第幾列"), gettext("使用者 ID"), gettext("標籤"), gettext("動作"), gettext("結果"))
    slices = _report(row)
    if kind == "xlsx":
        name = f"tags-{import_id}.xlsx"
        file = friend_files.xlsx_file(head, slices)
        return send_file(file, mimetype=EXCEL, as_attachment=True, download_name=name)
    answer = Response("".join(friend_files.csv_lines(head, slices)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="tags-{import_id}.csv"'
    return answer


def _report(row: TagImport) -> Iterator[list[tuple[str, ...]]]:
    """Return the report a slice at a time, each read in a short transaction."""
    tags_of = _tags_of(row)
    after = 0
    while True:
        with current_runtime().db() as session:
            found = tag_imports.list_rows(session, row.id, limit=SLICE, after=after)
        if not found:
            return
        after = found[-1].number
        yield [(str(one.number), one.cells[0], tags_of(one), words.of(one.action), _said(one)) for one in found]


def _tags_of(row: TagImport) -> Callable[[TagImportRow], str]:
    """Return what names the tags that a row is about."""
    of_all = "、".join(tag["name"] for tag in row.tags[: row.tags_of_all])

    def named(one: TagImportRow) -> str:
        if one.tag is not None:
            return str(row.tags[one.tag]["name"])
        return of_all or (one.cells[1] if len(one.cells) > 1 else "")

    return named


def _said(one: TagImportRow) -> str:
    """Return what became of a row."""
    said = words.of(one.outcome)
    return said if one.earlier is None else gettext("%(said)s（第 %(row)s 列）", said=said, row=one.earlier)


def _typed() -> Form:
    form = request.form
    return Form(
        ids=form.get("ids", ""),
        tags=tuple(int(one) for one in form.getlist("tags") if one.isdecimal()),
        new_tag=form.get("tags_new", "").strip(),
        action=form.get("action", ""),
        has_tags=form.get("has_tags") == "1",
        expires_at=form.get("expires_at", ""),
    )


def _content(form: Form) -> tuple[bytes, str]:
    """Return the file, or else what was pasted. Raises InvalidInputError without either."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.read(), file.filename
    if not form.ids.strip():
        raise InvalidInputError([FieldFault("file", "請選擇檔案，或貼上使用者 ID。")])
    return form.ids.encode("utf-8", "replace"), gettext("貼上的名單")


def _moment(written: str) -> datetime | None:
    if not written.strip():
        return None
    try:
        return datetime.fromisoformat(written.strip()).replace(tzinfo=current_runtime().settings.zone)
    except ValueError:
        fault = FieldFault("expires_at", "請填寫日期和時間，例如 2026/11/20 14:30。")
        raise InvalidInputError([fault]) from None


def _page(form: Form, faults: dict[str, list[str]] | None = None) -> str:
    with current_runtime().db() as session:
        return render_template(
            "admin/tag_imports/index.html",
            form=form,
            faults=faults or {},
            all_tags=tags.list_tags(session),
            imports=tag_imports.list_imports(session),
            actions=list(TagAction),
        )
