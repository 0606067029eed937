"""What staff see when something is refused: a page, or one sentence for htmx."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from bot.errors import BotError, ConflictError, GatewayError, InvalidInputError, NotFoundError
from handlers.admin import display

STATUSES: tuple[tuple[type[BotError], int], ...] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (InvalidInputError, 422),
    (GatewayError, 502),
)


def init_app(blueprint: Blueprint) -> None:
    """Answer refusals of the admin's own routes."""
    blueprint.register_error_handler(BotError, refuse)
    blueprint.register_error_handler(HTTPException, refuse_request)


def refuse(error: BotError) -> ResponseReturnValue:
    """Show why something was not done."""
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 400)
    text = display.said(error)
    if isinstance(error, InvalidInputError):
        text = " ".join(display.said(fault) for fault in error.faults) or text
    return _show(text, status)


def refuse_request(error: HTTPException) -> ResponseReturnValue:
    """Show why a request did not get through; a redirect passes as it is."""
    status = error.code or 500
    if status < 400:
        return error.get_response()
    return _show(_sentence(error, status), status)


def _sentence(error: HTTPException, status: int) -> str:
    if error.description == "csrf":
        return str(gettext("這個表單已經失效。請回到上一頁，重新整理後再送出一次。"))
    sentences = {
        403: gettext("您的權限不能開啟這一頁。需要的話，請向擁有者申請。"),
        404: gettext("找不到這一頁。"),
        413: gettext("送出的內容太大。"),
        429: gettext("嘗試次數太多，請稍後再試。"),
    }
    return str(sentences.get(status) or gettext("這個要求無法處理。"))


def _show(text: str, status: int) -> ResponseReturnValue:
    if request.headers.get("HX-Request"):
        return text, status, {"Content-Type": "text/plain; charset=utf-8"}
    return render_template("admin/errors/refusal.html", text=text, status=status), status
