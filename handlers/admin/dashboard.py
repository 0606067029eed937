"""The first page: how the account stands."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from bot.services import friend_lists, reports, rosters, vital_signs
from bot.services.reports import DayFigures
from handlers.admin.access import allow
from handlers.processes import current_runtime
from models import FriendState, Role

blueprint = Blueprint("dashboard", __name__)
DAYS = 30
WEEK = 7


@blueprint.get("/")
@allow(Role.VIEWER)
def show() -> ResponseReturnValue:
    """Show the figures; none of them counts all friends one by one on a large database."""
    runtime = current_runtime()
    now, zone = runtime.now(), runtime.settings.zone
    today = now.astimezone(zone).date()
    with runtime.db() as session:
        figures: dict[str, Any] = {
            "counts": {state.value: friend_lists.estimate_count(session, state=state) for state in FriendState},
            "days": reports.days(session, zone=zone, last_on=today, count=DAYS),
            "sources": reports.by_source(session, zone=zone, last_on=today, count=DAYS),
            "unanswered": reports.count_unanswered(session),
            "signs": vital_signs.read(session, now=now),
            "last_webhook_at": reports.last_webhook_at(session),
            "sync": rosters.latest(session),
        }
    days: list[DayFigures] = figures["days"]
    return render_template(
        "admin/dashboard/show.html",
        today=days[-1],
        week_joined=sum(one.joined for one in days[-WEEK:]),
        week_blocked=sum(one.blocked for one in days[-WEEK:]),
        chart=_chart(days),
        ticked_at=None if figures["signs"].tick_age is None else now - timedelta(seconds=figures["signs"].tick_age),
        **figures,
    )


def _chart(days: list[DayFigures]) -> dict[str, Any]:
    return {
        "labels": [f"{one.on.month}/{one.on.day}" for one in days],
        "joined": [one.joined for one in days],
        "blocked": [one.blocked for one in days],
        "rate": [None if one.block_rate is None else round(one.block_rate * 100, 2) for one in days],
        "joined_label": gettext("加入"),
        "blocked_label": gettext("封鎖"),
        "rate_label": gettext("封鎖率（%）"),
    }
