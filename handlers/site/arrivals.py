"""`/l/return`: the one way back from LINE Login for whoever set out from a link or an invitation."""

import logging
from datetime import datetime

from flask import Blueprint, Response, request
from flask_babel import gettext

from bot.errors import GatewayError
from bot.runtime import Runtime
from bot.services import invitation_openings, link_arrivals, login_trips
from bot.services.login_trips import Trip, Visitor
from handlers.processes import current_runtime
from handlers.site import account_ways, headers, trips

logger = logging.getLogger(__name__)

DENIED = "access_denied"
CHANGED = {"true": True, "false": False}

blueprint = Blueprint("site_arrivals", __name__, template_folder="templates")
blueprint.after_request(headers.add)


@blueprint.get("/l/return")
def come_back() -> Response:
    """Take in whom LINE Login sends back, and lead to the account."""
    runtime = current_runtime()
    now = runtime.now()
    error = request.args.get("error", "").lower()
    if error:
        if error != DENIED:
            logger.warning("LINE Login sent a visitor back with an error of its own")
        _note_nobody(runtime, trips.TO_ACCOUNT.find_own(now=now))
        return _finish(account_ways.lead_to_account(runtime))
    ended = trips.TO_ACCOUNT.find_ended(now=now)
    if runtime.login is None or ended is None:
        return _show_broken_trip(runtime)

    trip, code = ended
    has_changed = CHANGED.get(request.args.get("friendship_status_changed", ""))
    try:
        visitor = login_trips.meet(
            runtime.login, trip, code=code, redirect_uri=account_ways.return_url(runtime), has_changed=has_changed
        )
    except GatewayError as failure:
        logger.warning("an arrival of %s is not known: %s", trip.goal, failure)
        _note_nobody(runtime, trip)
        return _finish(account_ways.lead_to_account(runtime))
    _record(runtime, trip, visitor, now)
    return _finish(account_ways.lead_to_account(runtime, is_friend=bool(visitor.is_friend)))


def _record(runtime: Runtime, trip: Trip, visitor: Visitor, now: datetime) -> None:
    with runtime.db.begin() as session:
        if invitation_openings.is_of_invitation(trip):
            invitation_openings.arrive(session, trip, visitor, now=now)
        else:
            link_arrivals.record(session, trip, visitor, now=now)


def _note_nobody(runtime: Runtime, trip: Trip | None) -> None:
    """An invitation keeps how many were opened by somebody LINE did not tell of."""
    if trip is not None and invitation_openings.is_of_invitation(trip):
        with runtime.db.begin() as session:
            invitation_openings.note_nobody(session, trip)


def _finish(response: Response) -> Response:
    trips.TO_ACCOUNT.forget(response)
    return response


def _show_broken_trip(runtime: Runtime) -> Response:
    text = gettext("這次登入已經結束、逾時，或不是從這個瀏覽器開始的。您可以直接前往官方帳號。")
    return _finish(account_ways.show_notice(runtime, 400, gettext("登入沒有完成"), text))
