"""What is set for the whole account, over the API."""

from typing import Annotated, Literal

from flask import Blueprint
from pydantic import Field, StringConstraints

from bot.services import accounts
from handlers.api.operations import Call, operation
from handlers.api.shapes import Answer, Changes
from models import Account, GroupPolicy, Role

blueprint = Blueprint("api_settings", __name__)

Days = Annotated[int, Field(ge=1, le=accounts.MOST_DAYS)]


class SettingsAnswer(Answer):
    """What staff set for the account."""

    group_policy: GroupPolicy
    chat_days: int = Field(description="聊天紀錄保留的天數")
    event_days: int = Field(description="原始 webhook 事件保留的天數")
    forward_url: str | None = Field(description="另一套工具的網址；每個 webhook 會連同 LINE 的簽章轉送過去")
    forward_enabled: bool


class SettingsChanges(Changes):
    """What is to be different; everything else stays."""

    group_policy: Literal["ignore", "leave"] = "ignore"
    chat_days: Days = 180
    event_days: Days = 30
    forward_url: Annotated[str, StringConstraints(max_length=1000)] | None = None
    forward_enabled: bool = False


@blueprint.get("/settings")
@operation("讀取設定", role=Role.OWNER, answer=SettingsAnswer, writes=False)
def get(call: Call) -> SettingsAnswer:
    """What staff set for the account."""
    return _answer(accounts.get_account(call.session))


@blueprint.patch("/settings")
@operation("更改設定", details="只更改提到的欄位。", role=Role.OWNER, answer=SettingsAnswer, body=SettingsChanges)
def change(call: Call, body: SettingsChanges) -> SettingsAnswer:
    """Only what is named changes."""
    changes = body.given()
    if "group_policy" in changes:
        changes["group_policy"] = GroupPolicy(body.group_policy)
    if "forward_enabled" in changes:  # it depends on an address, which may have been set before
        changes.setdefault("forward_url", accounts.get_account(call.session).forward_url)
    return _answer(accounts.change(call.session, changes, by=call.actor, now=call.now))


def _answer(account: Account) -> SettingsAnswer:
    return SettingsAnswer(**{name: getattr(account, name) for name in SettingsAnswer.model_fields})
