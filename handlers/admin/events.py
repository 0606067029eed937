"""Webhook events that could not be handled."""

import json

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.services import audit, inbox
from handlers.admin.access import allow, current_actor
from handlers.processes import current_runtime
from models import Role, WebhookEvent

blueprint = Blueprint("events", __name__, url_prefix="/events")
PER_PAGE = 50


@blueprint.get("")
@allow(Role.MARKETER)
def index() -> ResponseReturnValue:
    """Show failed events, newest first."""
    with current_runtime().db() as session:
        failed = inbox.list_failed(session, limit=PER_PAGE, after=request.args.get("after", type=int))
    following = failed[-1].id if len(failed) == PER_PAGE else None
    shown = [(event, _payload(event)) for event in failed]
    return render_template("admin/events/index.html", events=shown, next=following)


@blueprint.post("/<int:event_id>/retry")
@allow(Role.MARKETER)
def retry(event_id: int) -> ResponseReturnValue:
    """Let an event be handled once more."""
    runtime = current_runtime()
    now = runtime.now()
    with runtime.db.begin() as session:
        is_put_back = inbox.try_again(session, event_id, now=now)
        if is_put_back:
            audit.record(session, current_actor(), "retry", "webhook_event", event_id, now=now)
    if is_put_back:
        flash(gettext("已放回處理佇列，幾秒後會再試一次。"))
    else:
        flash(gettext("這個事件已經不在失敗清單中。"), "error")
    return redirect(url_for("admin.events.index"))


def _payload(event: WebhookEvent) -> str:
    try:
        return json.dumps(json.loads(event.payload), ensure_ascii=False, indent=2)
    except ValueError:
        return event.payload
