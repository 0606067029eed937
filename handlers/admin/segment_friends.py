"""A segment's friends: by the page, and as a file."""

from flask import Blueprint, Response, abort, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.services import audit, friend_tags, segment_files, segments
from handlers.admin import friend_files, segment_builder
from handlers.admin.access import allow, current_actor
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("friends", __name__, url_prefix="/<int:segment_id>")
PER_PAGE = 50
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@blueprint.get("/friends")
@allow(Role.VIEWER)
def index(segment_id: int) -> ResponseReturnValue:
    """Show one page, in the order of their ids."""
    runtime = current_runtime()
    after, now = request.args.get("after", 0, type=int), runtime.now()
    with runtime.db() as session:
        segment = segments.get_segment(session, segment_id)
        found = segments.page_of_friends(session, segment.conditions, limit=PER_PAGE + 1, after=after, now=now)
        shown = found[:PER_PAGE]
        worn = friend_tags.tags_of_many(session, [friend.id for friend in shown], now=now)
        say = segment_builder.speaker(session, [segment.conditions]).sentence
    return render_template(
        "admin/segments/friends.html",
        segment=segment,
        friends=shown,
        tags_of=worn,
        next=shown[-1].id if len(found) > PER_PAGE else None,
        is_first=not after,
        say=say,
    )


@blueprint.get("/friends.<kind>")
@allow(Role.MARKETER)
def download(segment_id: int, kind: str) -> ResponseReturnValue:
    """Give all the friends as a file, and note who took it."""
    if kind not in KINDS:
        abort(404)
    runtime = current_runtime()
    now = runtime.now()
    with runtime.db.begin() as session:
        segment = segments.get_segment(session, segment_id)
        audit.record(session, current_actor(), "export", "segment", segment_id, now=now)
    rows = segment_files.slices(runtime.db, segment.conditions, now=now, zone=runtime.settings.zone)
    head = tuple(str(gettext(name)) for name in segment_files.HEAD)
    name = f"segment-{segment_id}.{kind}"
    if kind == "xlsx":
        file = friend_files.xlsx_file(head, rows)
        return send_file(file, mimetype=KINDS[kind], as_attachment=True, download_name=name)
    answer = Response(friend_files.csv_lines(head, rows), content_type=KINDS[kind])
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
