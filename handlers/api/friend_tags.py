"""Tags on one friend over the API."""

from flask import Blueprint
from pydantic import Field

from bot.errors import FieldFault, InvalidInputError
from bot.services import tags
from handlers.api.friends import FriendAnswer, answers, friend_of
from handlers.api.operations import Call, operation
from handlers.api.shapes import Changes, Moment
from models import Role

blueprint = Blueprint("api_friend_tags", __name__)


class Wearing(Changes):
    """How long a tag stays."""

    expires_at: Moment | None = Field(default=None, description="null 為永久；已經貼過時以較晚的期限為準")


@blueprint.put("/friends/<line_user_id>/tags/<int:tag_id>")
@operation(
    "為好友貼標籤",
    details="已經有這個標籤時不變。",
    role=Role.MARKETER,
    answer=FriendAnswer,
    body=Wearing,
    body_required=False,
)
def put(call: Call, line_user_id: str, tag_id: int, body: Wearing) -> FriendAnswer:
    """A friend who has the tag keeps it as it is."""
    friend = friend_of(call.session, line_user_id)
    tag = tags.get_tag(call.session, tag_id, will_use=True)
    if body.expires_at is not None and body.expires_at <= call.now:
        raise InvalidInputError([FieldFault("expires_at", "結束時間要晚於現在。")])
    tags.give(call.session, friend.id, tag.id, by=call.actor, now=call.now, expires_at=body.expires_at)
    return answers(call.session, [friend], now=call.now)[0]


@blueprint.delete("/friends/<line_user_id>/tags/<int:tag_id>")
@operation("移除好友的標籤", details="沒有這個標籤時不做任何事。", role=Role.MARKETER, status=204)
def delete(call: Call, line_user_id: str, tag_id: int) -> None:
    """Nothing happens to a friend who has not got the tag."""
    friend = friend_of(call.session, line_user_id)
    tag = tags.get_tag(call.session, tag_id)
    tags.take(call.session, friend.id, tag.id, by=call.actor, now=call.now)
