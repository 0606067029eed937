"""One friend: who they are, what they said, and staff's answer to it."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.errors import BotError, ConflictError, InvalidInputError
from bot.services import accounts, audit, chats, friends, quiz_answer_lists, staff_messages
from handlers.admin import chat_lines, display, friend_tags
from handlers.admin.access import allow, current_actor
from handlers.admin.fault_places import by_field
from handlers.processes import current_runtime
from models import FriendshipChange, Role, Staff, StaffMessage, StaffMessageState, StaffMessageWay, TrackedLink

blueprint = Blueprint("friend", __name__, url_prefix="/friends/<int:friend_id>")
blueprint.register_blueprint(friend_tags.blueprint)
LINES = 40
CHANGES = 50
ATTEMPTS = 10


@blueprint.get("")
@allow(Role.VIEWER)
def show(friend_id: int) -> ResponseReturnValue:
    """Show a friend's page."""
    return _page(friend_id)


@blueprint.get("/chat")
@allow(Role.VIEWER)
def chat(friend_id: int) -> ResponseReturnValue:
    """Give back the newest lines and the ways to answer: asked for every few seconds."""
    with current_runtime().db() as session:
        shown = _chat(session, friend_id)
    return render_template("admin/friend/_poll.html", **shown)


@blueprint.post("/answer")
@allow(Role.MARKETER)
def answer(friend_id: int) -> ResponseReturnValue:
    """Note the answer, then send it at once; a second press of the same form changes nothing."""
    runtime = current_runtime()
    words = request.form.get("text", "").replace("\r\n", "\n").strip()
    way = StaffMessageWay.PUSH if request.form.get("way") == "push" else StaffMessageWay.REPLY
    try:
        with runtime.db.begin() as session:
            row = staff_messages.write(
                session,
                friends.get_friend(session, friend_id),
                [{"type": "text", "text": words}],
                way=way,
                form_key=request.form.get("form_key", ""),
                by=current_actor(),
                now=runtime.now(),
            )
    except (InvalidInputError, ConflictError) as error:
        status = 409 if isinstance(error, ConflictError) else 422
        return _page(friend_id, typed=words, refusal=_refusal(error)), status
    staff_messages.send_due(runtime.db, runtime.line, now=runtime.now, only=row.id)
    _tell(row.id)
    return redirect(url_for("admin.friend.show", friend_id=friend_id, _anchor="answer"))


@blueprint.post("/answered")
@allow(Role.MARKETER)
def mark_answered(friend_id: int) -> ResponseReturnValue:
    """Take a friend off the list of those who wait."""
    runtime = current_runtime()
    with runtime.db.begin() as session:
        friends.get_friend(session, friend_id)
        chats.mark_answered(session, friend_id, now=runtime.now())
        audit.record(session, current_actor(), "mark_answered", "friend", friend_id, now=runtime.now())
    if request.headers.get("HX-Request"):
        return ""
    return redirect(url_for("admin.friend.show", friend_id=friend_id))


@blueprint.post("/attributes")
@allow(Role.MARKETER)
def set_attribute(friend_id: int) -> ResponseReturnValue:
    """Set one attribute; an empty value removes it."""
    runtime = current_runtime()
    name, value = request.form.get("name", "").strip(), request.form.get("value", "").strip()
    try:
        with runtime.db.begin() as session:
            friend = friends.get_friend(session, friend_id)
            friends.set_attributes(session, friend, {name: value or None}, by=current_actor(), now=runtime.now())
    except InvalidInputError as error:
        return _page(friend_id, attribute={"name": name, "value": value, "refusal": _refusal(error)}), 422
    return redirect(url_for("admin.friend.show", friend_id=friend_id, _anchor="attributes"))


def _page(
    friend_id: int, *, typed: str = "", refusal: str | None = None, attribute: dict[str, str] | None = None
) -> str:
    before = request.args.get("before", type=int)
    with current_runtime().db() as session:
        shown = _chat(session, friend_id, before=before)
        shown["changes"] = _changes(session, friend_id)
        shown["played"] = quiz_answer_lists.list_played(session, friend_id, limit=ATTEMPTS)
        shown |= friend_tags.shown(session, friend_id)
        account = accounts.get_account(session)
        link_id = shown["friend"].tracked_link_id
        shown["link"] = session.get(TrackedLink, link_id) if link_id else None
    return render_template(
        "admin/friend/show.html",
        typed=typed,
        refusal=refusal,
        attribute=attribute,
        form_key=uuid4().hex,
        before=before,
        chat_url=_chat_url(account.bot_user_id, shown["friend"].line_user_id),
        **shown,
    )


def _chat(session: Session, friend_id: int, *, before: int | None = None) -> dict[str, Any]:
    """Return the log and which ways of answering are open."""
    now = current_runtime().now()
    friend = friends.get_friend(session, friend_id)
    rows = chats.list_chat(session, friend_id, before=before, limit=LINES + 1)
    free = staff_messages.find_free_reply(session, friend_id, now=now)
    return {
        "friend": friend,
        "lines": chat_lines.opened(rows[:LINES]),
        "earlier": rows[LINES - 1].id if len(rows) > LINES else None,
        "authors": {person.id: person.name for person in session.scalars(select(Staff))},
        "free_seconds": max(0, int((free.until - now).total_seconds())) if free else 0,
        "can_push": staff_messages.can_push(session, friend, now=now),
        "is_held": accounts.get_account(session).held_at is not None,
    }


def _changes(session: Session, friend_id: int) -> list[tuple[FriendshipChange, TrackedLink | None]]:
    rows = (
        select(FriendshipChange, TrackedLink)
        .outerjoin(TrackedLink, TrackedLink.id == FriendshipChange.tracked_link_id)
        .where(FriendshipChange.friend_id == friend_id)
        .order_by(FriendshipChange.happened_at.desc(), FriendshipChange.id.desc())
    )
    return [(change, link) for change, link in session.execute(rows.limit(CHANGES))]


def _tell(message_id: int) -> None:
    """Say what became of an answer."""
    with current_runtime().db() as session:
        row = session.get_one(StaffMessage, message_id)
    if row.state is StaffMessageState.SENT:
        flash(gettext("已送出。"))
    elif row.state is StaffMessageState.DUE:
        flash(gettext("已排入傳送，LINE 還沒有確認。"))
    else:
        flash(display.translated(row.error or ""), "error")


def _refusal(error: BotError) -> str:
    if isinstance(error, InvalidInputError):
        return " ".join(sentence for sentences in by_field(error.faults, {}).values() for sentence in sentences)
    return display.said(error)


def _chat_url(bot_user_id: str | None, line_user_id: str) -> str:
    if not bot_user_id:
        return "https://manager.line.biz/"
    return f"https://chat.line.biz/{bot_user_id}/chat/{line_user_id}"
