"""Conversations: the recent ones, and the people who wait for an answer."""

from datetime import datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from bot.services import chats, conversations
from handlers.admin.access import allow
from handlers.processes import current_runtime
from models import Friend, Role

blueprint = Blueprint("chat", __name__, url_prefix="/chat")
PER_PAGE = 50


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show the newest line of each conversation."""
    before = request.args.get("before", type=int)
    with current_runtime().db() as session:
        talks = conversations.list_recent(session, before=before, limit=PER_PAGE)
    following = talks[-1][1].id if len(talks) == PER_PAGE else None
    return render_template("admin/chat/index.html", talks=talks, next=following, is_first=before is None)


@blueprint.get("/unanswered")
@allow(Role.VIEWER)
def unanswered() -> ResponseReturnValue:
    """Show who waits, the longest waiting first."""
    with current_runtime().db() as session:
        waiting = chats.list_unanswered(session, after=_after(), limit=PER_PAGE)
        newest = {friend.id: chats.list_chat(session, friend.id, limit=1) for friend in waiting}
    talks = [(friend, newest[friend.id][0] if newest[friend.id] else None) for friend in waiting]
    return render_template("admin/chat/unanswered.html", talks=talks, next=_next(waiting[-1:], len(waiting)))


def _after() -> tuple[datetime, int] | None:
    moment, _, friend_id = request.args.get("after", "").partition("|")
    try:
        at = datetime.fromisoformat(moment)
        return (at, int(friend_id)) if at.tzinfo else None
    except ValueError:
        return None


def _next(last: list[Friend], found: int) -> str | None:
    if found < PER_PAGE or last[0].unanswered_at is None:
        return None
    return f"{last[0].unanswered_at.isoformat()}|{last[0].id}"
