"""The roster over the API: merged with LINE's follower list, or taken in from a list of ids."""

from typing import Annotated

from flask import Blueprint
from pydantic import Field, StringConstraints

from bot.errors import NotFoundError
from bot.services import audit, roster_imports, rosters
from handlers.api.operations import Call, operation
from handlers.api.problems import say
from handlers.api.shapes import Answer, Body, FieldError, Moment
from models import Role, RosterSync, SyncState

blueprint = Blueprint("api_rosters", __name__)

NO_ID = "不是 LINE 用戶 ID（U 開頭、33 個字元）。"
MOST_IDS = roster_imports.SLICE  # one request is one transaction; more go in several requests


class SyncAnswer(Answer):
    """One walk through LINE's follower list."""

    id: int
    state: SyncState
    started_at: Moment
    finished_at: Moment | None
    listed: int = Field(description="名單上已讀到的人數")
    found: int = Field(description="其中原本不知道是好友的人數")
    missing: int = Field(description="原本是好友、名單上已經沒有的人數")
    error: str | None


class EmptyBody(Body):
    """Nothing is asked."""


class ImportBody(Body):
    """LINE user ids, as from a list of staff's."""

    ids: Annotated[list[Annotated[str, StringConstraints(max_length=100)]], Field(min_length=1, max_length=MOST_IDS)]


class ImportAnswer(Answer):
    """What became of a list of ids."""

    added: int
    known: int
    errors: list[FieldError] = Field(description="不是 LINE 用戶 ID 的項目；其餘都已匯入")


@blueprint.post("/friends/sync")
@operation(
    "與 LINE 的好友名單同步",
    details="由背景工作執行；已有同步進行中時回覆那一次。",
    role=Role.MARKETER,
    answer=SyncAnswer,
    status=202,
    body=EmptyBody,
    body_required=False,
)
def start(call: Call, body: EmptyBody) -> SyncAnswer:  # noqa: ARG001 there is nothing in it
    """Begins a walk, or shows the one that is under way."""
    sync = rosters.start(call.session, now=call.now)
    if sync.started_at == call.now:
        audit.record(call.session, call.actor, "start", "roster_sync", sync.id, now=call.now)
    return _answer(sync)


@blueprint.get("/friends/sync")
@operation(
    "讀取同步進度", details="最近一次同步；從未同步過為 404。", role=Role.VIEWER, answer=SyncAnswer, writes=False
)
def get(call: Call) -> SyncAnswer:
    """The newest walk; 404 before the first."""
    sync = rosters.latest(call.session)
    if sync is None:
        raise NotFoundError("還沒有同步過。")
    return _answer(sync)


@blueprint.post("/friends/import")
@operation(
    "匯入 LINE 用戶 ID",
    details="給無法向 LINE 讀取好友名單的帳號；匯入的好友會有註記。",
    role=Role.MARKETER,
    answer=ImportAnswer,
    body=ImportBody,
)
def import_ids(call: Call, body: ImportBody) -> ImportAnswer:
    """For accounts that may not list their followers; imported people are marked as such."""
    report = roster_imports.import_slice(call.session, body.ids, by=call.actor, now=call.now)
    return ImportAnswer(
        added=report.added,
        known=report.known,
        errors=[FieldError(field=f"ids[{row - 1}]", message=say(NO_ID, {})) for row, _ in report.faults],
    )


def _answer(sync: RosterSync) -> SyncAnswer:
    return SyncAnswer(**{name: getattr(sync, name) for name in SyncAnswer.model_fields})
