"""Files of user ids that get or lose tags, over the API."""

from typing import Annotated

from flask import Blueprint
from pydantic import Field

from bot.services import tag_imports
from bot.services.tag_imports import Wanted
from handlers.api.operations import Call, operation
from handlers.api.shapes import Answer, Form, Moment, PageQuery, TagId, TagName
from handlers.api.uploads import Upload
from models import ImportState, Role, RowOutcome, TagAction, TagImport, TagImportRow

blueprint = Blueprint("api_tag_imports", __name__)

FINE = (RowOutcome.READY, RowOutcome.CHANGED, RowOutcome.SAME)
FAULTS = 100


class RowAnswer(Answer):
    """What became of one row, or why nothing can."""

    number: int = Field(description="檔案裡的第幾列，從 1 起")
    cells: list[str] = Field(description="使用者 ID、標籤、動作，照檔案裡寫的")
    action: TagAction
    outcome: RowOutcome
    earlier: int | None = Field(description="與哪一列重複或矛盾")


class RowPage(Answer):
    """Some of the rows."""

    items: list[RowAnswer]
    next: str | None


class ImportAnswer(Answer):
    """One file: what it would do, does, or has done."""

    id: int
    name: str
    state: ImportState
    rows: int
    counts: dict[RowOutcome, int]
    new_tags: list[str] = Field(description="確認時會新增的標籤")
    errors: list[RowAnswer] = Field(description="不會處理的列，最多 100 列；全部請讀報告")
    expires_at: Moment | None
    created_at: Moment
    confirmed_at: Moment | None
    finished_at: Moment | None


class ImportForm(Form):
    """What is wanted beside the file."""

    tags: Annotated[list[TagName], Field(max_length=50)] = Field(default=[], description="沒有標籤欄的列用的標籤名稱")
    tag_ids: Annotated[list[TagId], Field(max_length=50)] = Field(default=[], description="同上，用編號")
    action: TagAction = Field(default=TagAction.PUT, description="沒有動作欄的列：put 加上、take 移除")
    has_tags: bool = Field(default=False, description="檔案的第二欄是標籤，第三欄是動作")
    expires_at: Moment | None = Field(default=None, description="加上的標籤到何時為止")
    confirm: bool = Field(default=False, description="true 立刻交給背景工作；否則只預覽")


class ReportQuery(PageQuery):
    """Which rows of a report."""

    errors_only: bool = Field(default=False, description="true 只列出不會處理的列")


@blueprint.post("/tags/imports")
@operation(
    "用檔案貼標籤",
    details="Excel 或 CSV，一次最多 20000 列；第一欄是使用者 ID。不加 confirm=true 只回覆預覽。",
    role=Role.MARKETER,
    answer=ImportAnswer,
    status=202,
    form=ImportForm,
    refusals=(409,),
)
def create(call: Call, body: ImportForm, upload: Upload) -> ImportAnswer:
    """The preview, and the start where `confirm` says so."""
    wanted = Wanted(upload.name, [*body.tag_ids, *body.tags], body.action, body.has_tags, body.expires_at)
    row = tag_imports.read_at_once(call.session, upload.content, wanted, by=call.actor, now=call.now)
    if body.confirm:
        row = tag_imports.confirm(call.session, row.id, by=call.actor, now=call.now)
    return _answer(call, row)


@blueprint.post("/tags/imports/<int:import_id>/confirm")
@operation(
    "確認檔案",
    details="交給背景工作處理；已經確認過時不變。",
    role=Role.MARKETER,
    answer=ImportAnswer,
    status=202,
    refusals=(409,),
)
def confirm(call: Call, import_id: int) -> ImportAnswer:
    """Hand it over to the jobs."""
    return _answer(call, tag_imports.confirm(call.session, import_id, by=call.actor, now=call.now))


@blueprint.get("/tags/imports/<int:import_id>")
@operation("讀取檔案的進度", role=Role.VIEWER, answer=ImportAnswer, writes=False)
def get(call: Call, import_id: int) -> ImportAnswer:
    """How far it is."""
    return _answer(call, tag_imports.get_import(call.session, import_id))


@blueprint.get("/tags/imports/<int:import_id>/report")
@operation(
    "讀取檔案的報告", details="依列號，逐頁。", role=Role.VIEWER, answer=RowPage, query=ReportQuery, writes=False
)
def report(call: Call, import_id: int, query: ReportQuery) -> RowPage:
    """Row by row."""
    tag_imports.get_import(call.session, import_id)
    but = FINE if query.errors_only else ()
    found = tag_imports.list_rows(call.session, import_id, limit=query.limit + 1, after=query.after_id, but=but)
    items = [_row(one) for one in found[: query.limit]]
    return RowPage(items=items, next=str(items[-1].number) if len(found) > query.limit else None)


def _answer(call: Call, row: TagImport) -> ImportAnswer:
    faults = tag_imports.list_rows(call.session, row.id, limit=FAULTS, but=FINE)
    return ImportAnswer(
        id=row.id,
        name=row.name,
        state=row.state,
        rows=row.rows,
        counts=tag_imports.count_outcomes(call.session, row.id),
        new_tags=tag_imports.new_tags(row),
        errors=[_row(one) for one in faults],
        expires_at=row.expires_at,
        created_at=row.created_at,
        confirmed_at=row.confirmed_at,
        finished_at=row.finished_at,
    )


def _row(one: TagImportRow) -> RowAnswer:
    return RowAnswer(number=one.number, cells=one.cells, action=one.action, outcome=one.outcome, earlier=one.earlier)
