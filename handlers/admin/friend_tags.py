"""The tags on one friend's page: what they are, who put them there, putting on and taking off."""

from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bot.errors import FieldFault, InvalidInputError
from bot.services import friends, tag_origins, tags
from handlers.admin import tag_sources
from handlers.admin.access import allow, current_actor
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("tags", __name__, url_prefix="/tags")


@blueprint.post("")
@allow(Role.MARKETER)
def give(friend_id: int) -> ResponseReturnValue:
    """Put a tag on, perhaps until some moment; a name nobody used yet becomes a tag."""
    runtime, by = current_runtime(), current_actor()
    name, expires_at = request.form.get("tag", "").strip(), _end()
    with runtime.db.begin() as session:
        friends.get_friend(session, friend_id)
        for tag_id in tags.resolve(session, [name], by=by, now=runtime.now()):
            tags.give(session, friend_id, tag_id, by=by, now=runtime.now(), expires_at=expires_at)
    return _list(friend_id)


@blueprint.post("/<int:tag_id>/take")
@allow(Role.MARKETER)
def take(friend_id: int, tag_id: int) -> ResponseReturnValue:
    """Take a tag off."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        tags.take(session, friend_id, tag_id, by=current_actor(), now=runtime.now())
    return _list(friend_id)


def shown(session: Session, friend_id: int) -> dict[str, Any]:
    """Return what the part of the page about tags shows."""
    worn = tags.tags_of(session, friend_id, now=current_runtime().now())
    return {
        "worn": worn,
        "origins": tag_origins.origins(session, worn),
        "all_tags": tags.list_tags(session),
        "came_by": tag_sources.said,
        "page_of": tag_sources.page_of,
    }


def _list(friend_id: int) -> str:
    with current_runtime().db() as session:
        friend = friends.get_friend(session, friend_id)
        return render_template("admin/friend/_tags.html", friend=friend, **shown(session, friend_id))


def _end() -> datetime | None:
    """Return when the tag is to go. Raises InvalidInputError for a moment that is none, or past."""
    written, runtime = request.form.get("expires_at", "").strip(), current_runtime()
    if not written:
        return None
    try:
        end = datetime.fromisoformat(written).replace(tzinfo=runtime.settings.zone)
    except ValueError:
        fault = FieldFault("expires_at", "請填寫日期和時間，例如 2026/11/20 14:30。")
        raise InvalidInputError([fault]) from None
    if end <= runtime.now():
        raise InvalidInputError([FieldFault("expires_at", "結束時間要晚於現在。")])
    return end
