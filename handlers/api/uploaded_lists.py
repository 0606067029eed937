"""Lists of user ids over the API, to be asked for in segments."""

from typing import Annotated

from flask import Blueprint
from pydantic import Field, StringConstraints

from bot.services import uploaded_lists
from bot.services.uploaded_lists import Report, RowFault
from handlers.api.operations import Call, operation
from handlers.api.problems import say
from handlers.api.shapes import Answer, Body, FieldError, Moment, PageQuery
from models import Role, UploadedList

blueprint = Blueprint("api_uploaded_lists", __name__)

Ids = Annotated[
    list[Annotated[str, StringConstraints(max_length=100)]], Field(min_length=1, max_length=uploaded_lists.MOST_IDS)
]
FAULTS = {
    RowFault.NOT_AN_ID: "不是 LINE 用戶 ID（U 開頭、33 個字元）。",
    RowFault.UNKNOWN: "不認識這個用戶，沒有放進名單。",
    RowFault.REPEATED: "和前面重複。",
}


class ListBody(Body):
    """A new list."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(examples=["門市會員"])
    ids: Ids


class MoreBody(Body):
    """More people for a list."""

    ids: Ids


class ListAnswer(Answer):
    """A list of people we know."""

    id: int
    name: str
    friends: int
    created_at: Moment


class ListPage(Answer):
    """Some of the lists."""

    items: list[ListAnswer]
    next: str | None


class ReportAnswer(Answer):
    """A list, and what became of the ids that were sent."""

    uploaded_list: ListAnswer
    taken: int
    errors: list[FieldError] = Field(description="沒有放進名單的項目；最多列出 1000 個")


@blueprint.get("/uploaded-lists")
@operation("列出上傳名單", details="由舊到新。", role=Role.VIEWER, answer=ListPage, query=PageQuery, writes=False)
def list_lists(call: Call, query: PageQuery) -> ListPage:
    """Oldest first."""
    found = uploaded_lists.page(call.session, limit=query.limit + 1, after=query.after_id)
    items = [_answer(one) for one in found[: query.limit]]
    return ListPage(items=items, next=str(items[-1].id) if len(found) > query.limit else None)


@blueprint.post("/uploaded-lists")
@operation(
    "新增上傳名單",
    details="只收認識的用戶；名稱已存在時為 409。",
    role=Role.MARKETER,
    answer=ReportAnswer,
    status=201,
    body=ListBody,
    refusals=(409,),
)
def create(call: Call, body: ListBody) -> ReportAnswer:
    """Only people we know stand on a list."""
    return _report(uploaded_lists.create_from_ids(call.session, body.name, body.ids, by=call.actor, now=call.now))


@blueprint.get("/uploaded-lists/<int:list_id>")
@operation("讀取上傳名單", role=Role.VIEWER, answer=ListAnswer, writes=False)
def get(call: Call, list_id: int) -> ListAnswer:
    """One list."""
    return _answer(uploaded_lists.get_list(call.session, list_id))


@blueprint.post("/uploaded-lists/<int:list_id>/friends")
@operation(
    "在上傳名單加入好友", details="已在名單上的不會重複。", role=Role.MARKETER, answer=ReportAnswer, body=MoreBody
)
def add(call: Call, list_id: int, body: MoreBody) -> ReportAnswer:
    """Who stands on it already is not put there again."""
    return _report(uploaded_lists.add_ids(call.session, list_id, body.ids, by=call.actor, now=call.now))


@blueprint.delete("/uploaded-lists/<int:list_id>")
@operation(
    "刪除上傳名單",
    details="分眾仍在使用時為 409。",
    role=Role.MARKETER,
    status=204,
    writes=False,
    refusals=(409,),
)
def delete(call: Call, list_id: int) -> None:
    """In transactions of its own; refused with 409 while a segment asks for it."""
    uploaded_lists.delete(call.runtime.db, list_id, by=call.actor, now=call.now)


def _answer(uploaded: UploadedList) -> ListAnswer:
    return ListAnswer(**{name: getattr(uploaded, name) for name in ListAnswer.model_fields})


def _report(report: Report) -> ReportAnswer:
    return ReportAnswer(
        uploaded_list=_answer(report.uploaded),
        taken=report.taken,
        errors=[
            FieldError(field=f"ids[{row.number - 1}]", message=say(FAULTS[row.fault], {})) for row in report.faults
        ],
    )
