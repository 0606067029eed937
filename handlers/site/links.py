"""`/l/<code>`: from a poster to the account, by way of LINE Login where it is switched on."""

from flask import Blueprint, Response, request
from flask_babel import gettext

from bot.services import link_arrivals, tracked_links
from handlers.processes import current_runtime
from handlers.site import account_ways, headers

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
        text = gettext("網址可能打錯了，或是這個連結從來沒有啟用過。")
        return account_ways.show_notice(runtime, 404, gettext("找不到這個連結"), text)
    user_agent = request.headers.get("User-Agent", "")
    if request.method == "HEAD" or not tracked_links.is_counted(link, user_agent=user_agent):
        return account_ways.lead_to_account(runtime)

    with runtime.db.begin() as session:
        tracked_links.count_opening(session, link, now=now, zone=runtime.settings.zone)
    return account_ways.log_in(runtime, link_arrivals.set_out(link, now=now))
