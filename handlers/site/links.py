"""`/l/<code>`: from a poster to the account, by way of LINE Login where it is switched on."""

import logging

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask_babel import get_locale, gettext

from bot.errors import GatewayError
from bot.runtime import Runtime
from bot.services import account_pages, link_arrivals, tracked_links
from bot.services.account_pages import AccountPages
from handlers.processes import current_runtime
from handlers.site import headers, trips

logger = logging.getLogger(__name__)

DENIED = "access_denied"
CHANGED = {"true": True, "false": False}

blueprint = Blueprint("site", __name__, template_folder="templates")
blueprint.after_request(headers.add)


@blueprint.get("/l/<code>")
def open_link(code: str) -> Response:
    """Count the opening and send the visitor on; previews and HEAD are not counted."""
    runtime = current_runtime()
    now = runtime.now()
    with runtime.db() as session:
        link = tracked_links.find_link(session, code)
    if link is None:
        return _show_unknown_link(runtime)
    user_agent = request.headers.get("User-Agent", "")
    if request.method == "HEAD" or not tracked_links.is_counted(link, user_agent=user_agent):
        return _lead_to_account(runtime)

    with runtime.db.begin() as session:
        tracked_links.count_opening(session, link, now=now, zone=runtime.settings.zone)
    if runtime.login is None:
        return _lead_to_account(runtime)
    trip = link_arrivals.set_out(link, now=now)
    response = _redirect(
        runtime.login.authorize_url(
            redirect_uri=_return_url(runtime), state=trip.state, nonce=trip.nonce, verifier=trip.verifier
        )
    )
    trips.TO_ACCOUNT.keep(response, trip)
    return response


@blueprint.get("/l/return")
def come_back() -> Response:
    """Take in whom LINE Login sends back, and lead to the account."""
    runtime = current_runtime()
    now = runtime.now()
    error = request.args.get("error", "").lower()
    if error:
        if error != DENIED:
            logger.warning("LINE Login sent a visitor back with an error of its own")
        return _finish(_lead_to_account(runtime))
    ended = trips.TO_ACCOUNT.find_ended(now=now)
    if runtime.login is None or ended is None:
        return _show_broken_trip(runtime)

    trip, code = ended
    try:
        is_friend = link_arrivals.arrive(
            runtime.db,
            runtime.login,
            trip,
            code=code,
            redirect_uri=_return_url(runtime),
            has_changed=CHANGED.get(request.args.get("friendship_status_changed", "")),
            now=now,
        )
    except GatewayError as failure:
        logger.warning("an arrival through link %s is not known: %s", trip.goal, failure)
        is_friend = False
    return _finish(_lead_to_account(runtime, is_friend=is_friend))


def _return_url(runtime: Runtime) -> str:
    return f"{runtime.settings.public_url}/l/return"


def _lead_to_account(runtime: Runtime, *, is_friend: bool = False) -> Response:
    """Redirect to LINE's own page of the account; the address holds nothing a visitor sent."""
    pages = account_pages.learn_pages(runtime.db, runtime.line, api_base=runtime.settings.line_api_base)
    if pages is None:
        title = gettext("暫時無法前往")
        return _show(503, title, gettext("目前連不上 LINE，請稍後再開一次這個連結。"), None)
    return _redirect(pages.chat_url if is_friend else pages.add_friend_url)


def _finish(response: Response) -> Response:
    trips.TO_ACCOUNT.forget(response)
    return response


def _show_unknown_link(runtime: Runtime) -> Response:
    text = gettext("網址可能打錯了，或是這個連結從來沒有啟用過。")
    return _show(404, gettext("找不到這個連結"), text, _known_pages(runtime))


def _show_broken_trip(runtime: Runtime) -> Response:
    text = gettext("這次登入已經結束、逾時，或不是從這個瀏覽器開始的。您可以直接前往官方帳號。")
    return _finish(_show(400, gettext("登入沒有完成"), text, _known_pages(runtime)))


def _known_pages(runtime: Runtime) -> AccountPages | None:
    with runtime.db() as session:
        return account_pages.find_pages(session, api_base=runtime.settings.line_api_base)


def _show(status: int, title: str, text: str, pages: AccountPages | None) -> Response:
    page = render_template(
        "site/notice.html",
        title=title,
        text=text,
        pages=pages,
        language=str(get_locale()).replace("_", "-"),
        nonce=headers.nonce(),
    )
    return Response(page, status=status, mimetype="text/html")


def _redirect(url: str) -> Response:
    return make_response(redirect(url))
