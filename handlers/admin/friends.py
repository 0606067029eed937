"""The list of friends: found by name, tag, state or the way they came."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from bot.services import friend_lists, friend_tags, tags, tracked_links
from handlers.admin.access import allow
from handlers.processes import current_runtime
from models import FriendState, Role

blueprint = Blueprint("friends", __name__, url_prefix="/friends")
PER_PAGE = 50
FILTERS = ("search", "tag", "state", "link")


@blueprint.get("")
@allow(Role.VIEWER)
def index() -> ResponseReturnValue:
    """Show one page, newest first."""
    chosen = {name: request.args.get(name, "").strip() for name in FILTERS}
    state = FriendState(chosen["state"]) if chosen["state"] in list(FriendState) else None
    now = current_runtime().now()
    with current_runtime().db() as session:
        page = friend_lists.page(
            session,
            limit=PER_PAGE,
            after=request.args.get("after", type=int),
            search=chosen["search"],
            tag_id=request.args.get("tag", type=int),
            state=state,
            link_id=request.args.get("link", type=int),
            now=now,
        )
        shown = {
            "friends": page.items,
            "tags_of": friend_tags.tags_of_many(session, [friend.id for friend in page.items], now=now),
            "links": {link.id: link for link in tracked_links.list_links(session)},
            "next": page.next,
        }
        part = "_list.html" if request.headers.get("HX-Target") == "friends" else "index.html"
        all_tags = tags.list_tags(session)
    kept = {name: value for name, value in chosen.items() if value}
    return render_template(
        f"admin/friends/{part}",
        all_tags=all_tags,
        states=list(FriendState),
        chosen=chosen,
        kept=kept,
        is_first=not request.args.get("after"),
        **shown,
    )
