"""The way into pages inside LINE: the LIFF endpoint, LINE Login where LIFF is off, and the visitor's cookie.

Pages: docs/liff/opening-liff-app, docs/liff/using-user-profile; reference/liff#initialize-liff-app.
"""

import logging
import re

from flask import Response, jsonify, make_response, redirect, request, url_for
from flask_babel import gettext

from bot.errors import GatewayError, NotFoundError
from bot.services import login_trips, visitors
from bot.services.visitors import Visitor
from handlers.processes import current_runtime
from handlers.site import calls, pages, trips
from handlers.site.visitors import keep, key_of

logger = logging.getLogger(__name__)

PAGE = re.compile(r"/liff/[qgr]/[A-Za-z0-9_-]{1,64}")
DENIED = "access_denied"

blueprint = pages.make_blueprint("liff")
blueprint.static_folder = str(pages.FILES)


@blueprint.get("", strict_slashes=False)
def enter() -> Response:
    """The LIFF endpoint: LINE's script leads on from here to the page in `liff.state`, never this server.

    A redirect before `liff.init()` is done would lose what LINE put into the address.
    """
    return pages.show("site/liff.html")


@blueprint.post("/session")
def open_session() -> Response:
    """Take an ID token, let LINE verify it, and let the browser keep for an hour whom it names."""
    runtime = current_runtime()
    if runtime.id_tokens is None:
        raise calls.CallRefusedError(409, "off", "這個頁面還沒有開放。")
    now = runtime.now()
    visitor = visitors.identify(runtime.id_tokens, calls.body().get("id_token"), now=now)
    response = jsonify(visitor=key_of(visitor))
    keep(response, visitor, now=now)
    return response


@blueprint.get("/login")
def log_in() -> Response:
    """Send a visitor to LINE Login and afterwards to the page; where LIFF is on, LINE's script does that."""
    runtime = current_runtime()
    page = request.args.get("page", "")
    if runtime.login is None or not PAGE.fullmatch(page):
        raise NotFoundError("找不到這個頁面。")
    trip = login_trips.set_out(page, now=runtime.now())
    there = runtime.login.authorize_url(
        redirect_uri=_return_url(), state=trip.state, nonce=trip.nonce, verifier=trip.verifier
    )
    response = make_response(redirect(there))
    trips.TO_PAGE.keep(response, trip)
    return response


@blueprint.get("/return")
def come_back() -> Response:
    """Take in whom LINE Login sends back, and lead to the page."""
    runtime = current_runtime()
    now = runtime.now()
    ended = trips.TO_PAGE.find_ended(now=now)
    if request.args.get("error", "").lower() == DENIED:
        return _show_ended(gettext("您沒有同意登入，所以無法開啟這個頁面。需要時可以再點一次連結。"))
    if runtime.login is None or ended is None:
        return _show_ended(gettext("這次登入已經結束、逾時，或不是從這個瀏覽器開始的。請再點一次連結。"))
    trip, code = ended
    try:
        person, _ = login_trips.come_back(runtime.login, trip, code=code, redirect_uri=_return_url())
    except GatewayError as failure:
        logger.warning("who logged in for a page is not known: %s", failure)
        return _show_ended(gettext("LINE 沒有確認這次登入，請再點一次連結。"))
    response = make_response(redirect(trip.goal))
    trips.TO_PAGE.forget(response)
    keep(response, Visitor(person.line_user_id), now=now)
    return response


def _show_ended(text: str) -> Response:
    response = pages.show_notice(400, gettext("登入沒有完成"), text)
    trips.TO_PAGE.forget(response)
    return response


def _return_url() -> str:
    return f"{current_runtime().settings.public_url}{url_for('liff.come_back')}"
