"""`/liff/r/<code>`: a friend's own link inside LINE, to copy, share or scan; how many came, and what comes next."""

import base64
import dataclasses

from flask import Response, jsonify, url_for
from flask_babel import gettext

from bot.errors import NotFoundError
from bot.services import account_pages, friends, invitations, referrals, tracked_links
from bot.services.plays import play_at
from handlers.processes import current_runtime
from handlers.site import pages, visitors
from models import ChatSource, PlayedIn

blueprint = pages.make_blueprint("invitation_page")


@blueprint.get("/r/<code>")
def show(code: str) -> Response:
    """The frame of the page; its script asks for the link once the visitor is known."""
    runtime = current_runtime()
    play = play_at(runtime.settings, now=runtime.now(), place=PlayedIn.PAGE)
    with runtime.db() as session:
        program = referrals.find_program(session, code)
        account = account_pages.find_pages(session, api_base=runtime.settings.line_api_base)
    if program is None:
        raise NotFoundError("找不到這個好友邀請活動。")
    if not play.has_login:
        text = gettext("要有 LINE Login 才能知道是誰接受了邀請。品牌還沒有開啟，所以好友邀請暫停中，不會計算任何人。")
        return pages.show_notice(503, gettext("好友邀請還沒有開放"), text)
    return pages.show(
        "site/invitation.html",
        name=program.name,
        open_url=url_for("invitation_page.open_invitation", code=code),
        terms_url=play.terms_url(ChatSource.REFERRAL, code),
        add_url=account.add_friend_url if account else "",
        invitation_words=words(),
    )


@blueprint.post("/r/<code>/open")
@visitors.known
def open_invitation(code: str) -> Response:
    """Tell a friend the own link, how many came and the steps."""
    runtime = current_runtime()
    play = play_at(runtime.settings, now=runtime.now(), place=PlayedIn.PAGE)
    who = visitors.get_known().line_user_id
    with runtime.db.begin() as session:
        friend = friends.lock(session, [who], now=play.now)[who]
        page = invitations.open_page(session, code, friend, play)
    told = dataclasses.asdict(page)
    if page.refusal:
        told["refusal"] = gettext(page.refusal)
    return jsonify({**told, "qr": _qr(page.link)})


def _qr(link: str) -> str:
    """Return the QR code as an address that holds the picture itself."""
    drawn = base64.b64encode(tracked_links.qr_png(link, scale=6)).decode()
    return f"data:image/png;base64,{drawn}"


def words() -> dict[str, str]:
    """Return what the script says by itself."""
    return {
        "brought": gettext("已成功邀請 {brought} 位好友"),
        "none": gettext("還沒有好友透過您的連結加入"),
        "waiting": gettext("有 {waiting} 位打開了連結、還沒加入。"),
        "missing": gettext("再邀請 {missing} 位"),
        "step": gettext("邀請 {friends} 位"),
        "reached": gettext("已達成"),
        "no_reward": gettext("達成門檻"),
        "all": gettext("所有獎勵都達成了，謝謝您！"),
        "copied": gettext("已複製"),
        "copy": gettext("複製連結"),
        "copy_by_hand": gettext("請長按連結複製。"),
    }
