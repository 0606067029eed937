"""What every page inside LINE shares: its frame, its words, its files, and how it says that something is not there.

A page of its own kind is a blueprint made by `make_blueprint`, a template that extends `site/page.html`, and a script
that waits for `liffPage.ready` and calls the server with `liffPage.call(path, body)`.
"""

import functools
import hashlib
import logging
import re
from pathlib import Path

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from bot.errors import BotError, NotFoundError
from bot.services import account_pages
from bot.services.accounts import get_account
from handlers.processes import current_runtime
from handlers.site import calls, headers
from handlers.site.visitors import current_visitor, key_of

logger = logging.getLogger(__name__)

FILES = Path(__file__).resolve().parent / "static"
CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def make_blueprint(name: str) -> Blueprint:
    """Return a blueprint for pages under /liff; its POST views are calls of their scripts."""
    blueprint = Blueprint(name, __name__, url_prefix="/liff", template_folder="templates")
    blueprint.before_request(calls.check)
    blueprint.before_request(check_code)
    blueprint.register_error_handler(BotError, refuse)
    blueprint.register_error_handler(HTTPException, refuse_request)
    for unreachable in (OperationalError, InterfaceError, PoolTimeoutError):
        blueprint.register_error_handler(unreachable, refuse_for_now)
    blueprint.after_request(headers.add_to_page)
    return blueprint


def check_code() -> None:
    """Let a page's code pass. Raises NotFoundError for what is none: not every text can be asked of a database."""
    code = (request.view_args or {}).get("code")
    if code is not None and not CODE.fullmatch(code):
        raise NotFoundError("找不到這個頁面。")


def show(template: str, *, status: int = 200, **content: object) -> Response:
    """Return a page inside LINE: it learns who opened it by LIFF, or by LINE Login where LIFF is off.

    Where both are off it is a notice that says so.
    """
    settings = current_runtime().settings
    if settings.liff_id is None and not settings.has_login:
        text = gettext("這個頁面要等品牌設定好 LINE Login 或 LIFF 之後才能使用。您可以先到官方帳號的聊天室參加。")
        return show_notice(503, gettext("這個頁面還沒有開放"), text)
    return _render(template, status, liff_id=settings.liff_id, **content)


def show_public(template: str, **content: object) -> Response:
    """Return a page that everybody may read, without LIFF and without scripts."""
    return _render(template, 200, liff_id=None, **content)


def show_notice(status: int, title: str, text: str) -> Response:
    """Return a page that only says something and leads back to the account, if its address is known."""
    runtime = current_runtime()
    account_pages.learn_pages(runtime.db, runtime.line, api_base=runtime.settings.line_api_base)
    return _render("site/message.html", status, liff_id=None, title=title, text=text)


def refuse(error: BotError) -> Response:
    """Say why something is not there: to a script in JSON, to a friend on a page."""
    if request.method == "POST":
        return calls.refuse(error)
    status = 404 if isinstance(error, NotFoundError) else 409
    text = gettext(error.text)
    return show_notice(status, gettext("無法開啟這個頁面"), text % error.values if error.values else text)


def refuse_request(error: HTTPException) -> Response:
    """Say what HTTP refuses: to a script in JSON, to a friend on a page."""
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    sentences = {404: gettext("找不到這個頁面。"), 413: gettext("送出的內容太大。")}
    text = sentences.get(status) or gettext("這個要求無法處理。")
    if request.method == "POST":
        return calls.answer_refusal(status, "refused", text)
    return show_notice(status, gettext("無法開啟這個頁面"), text)


def refuse_for_now(error: Exception) -> Response:
    """The database does not answer; whoever asked may ask again."""
    logger.error("the database does not answer: %s", type(error).__name__)
    text = gettext("目前有點忙，請稍後再試一次。")
    if request.method == "POST":
        return calls.answer_refusal(503, "busy", text)
    return _fill("site/message.html", 503, brand=None, pages=None, liff_id=None, title=gettext("請稍候"), text=text)


def asset(filename: str) -> str:
    """Return the address of a page's file, which changes with its contents."""
    return url_for(headers.STATIC, filename=filename, v=_version(filename))


@functools.cache
def _version(filename: str) -> str:
    return hashlib.sha256((FILES / filename).read_bytes()).hexdigest()[:12]


def _render(template: str, status: int, **content: object) -> Response:
    runtime = current_runtime()
    with runtime.db() as session:
        brand = get_account(session).display_name
        pages = account_pages.find_pages(session, api_base=runtime.settings.line_api_base)
    return _fill(template, status, brand=brand, pages=pages, **content)


def _fill(template: str, status: int, **content: object) -> Response:
    """Fill in a template and what its frame needs."""
    visitor = current_visitor()
    page = render_template(
        template,
        asset=asset,
        nonce=headers.nonce(),
        language=str(get_locale() or "zh").replace("_", "-"),
        sdk_url=current_runtime().settings.liff_sdk_url,
        login_url=url_for("liff.log_in", page=request.path),
        visitor_key=key_of(visitor) if visitor else "",
        words=words(),
        **content,
    )
    return Response(page, status=status, mimetype="text/html")


def words() -> dict[str, str]:
    """Return what the shared script says."""
    return {
        "failed": gettext("網路好像斷了。您填的內容都還在，請再試一次。"),
        "no_line": gettext("目前連不上 LINE，請檢查網路後再試一次。"),
        "init_failed": gettext("LINE 沒有讓這個頁面開啟，請回到聊天室再點一次連結。"),
        "no_token": gettext("這個頁面沒有取得您的 LINE 身分，請回到聊天室再點一次連結。"),
        "retry": gettext("再試一次"),
        "close": gettext("關閉"),
        "closable": gettext("您可以關閉這個頁面了。"),
        "loading": gettext("載入中…"),
    }
