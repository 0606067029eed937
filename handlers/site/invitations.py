"""`/i/<code>.<signature>`: from a friend's invitation to the account, by way of LINE Login, which tells who came."""

from flask import Blueprint, Response, request
from flask_babel import gettext

from bot.runtime import Runtime
from bot.services import invitation_openings
from bot.services.invitation_openings import Opened
from bot.services.plays import play_at
from handlers.processes import current_runtime
from handlers.site import account_ways, headers

blueprint = Blueprint("site_invitations", __name__, template_folder="templates")
blueprint.after_request(headers.add)


@blueprint.get("/i/<sealed>")
def open_invitation(sealed: str) -> Response:
    """Count the opening and send the visitor on; previews, HEAD and links that are not ours count nothing."""
    runtime = current_runtime()
    now = runtime.now()
    with runtime.db() as session:
        opened = invitation_openings.find_opened(session, sealed, play_at(runtime.settings, now=now))
    if opened is None:
        text = gettext("網址可能不完整或被改過，請向您的朋友再要一次連結。您也可以直接前往官方帳號。")
        return account_ways.show_notice(runtime, 404, gettext("找不到這個邀請"), text)
    is_person = invitation_openings.is_counted(user_agent=request.headers.get("User-Agent", ""))
    if request.method == "HEAD" or not is_person:
        return account_ways.lead_to_account(runtime)
    if not opened.is_on:
        return _show_closed(runtime, opened)

    with runtime.db.begin() as session:
        invitation_openings.note_opening(session, opened.invitation, has_login=runtime.login is not None)
    if runtime.login is None:
        text = gettext(
            "好友邀請要經過 LINE Login 才能知道是誰接受了邀請，目前還沒有開啟，所以這次不會計算。歡迎直接加入官方帳號。"
        )
        return account_ways.show_notice(runtime, 200, gettext("這個邀請現在無法計算"), text)
    return account_ways.log_in(runtime, invitation_openings.set_out(opened.invitation, now=now))


def _show_closed(runtime: Runtime, opened: Opened) -> Response:
    title = gettext("「%(name)s」現在沒有進行", name=opened.program.name)
    text = gettext("這個好友邀請活動還沒有開始，或已經結束，這次不會計算。歡迎直接加入官方帳號。")
    return account_ways.show_notice(runtime, 200, title, text)
