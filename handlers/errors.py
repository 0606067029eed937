"""What is said when something was refused or went wrong, where the part that was asked has no words of its own."""

import logging
import secrets

from flask import Blueprint, Flask, g, has_request_context, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from bot.errors import BotError, ConflictError, GatewayError, InvalidInputError, NotFoundError
from handlers.api import problems
from handlers.api.problems import ProblemError

logger = logging.getLogger(__name__)

API = "/api/v1/"
MACHINES = ("/t", "/t.js", "/healthz", "/readyz", "/metrics")  # who asks there reads no pages
STATUSES: tuple[tuple[type[BotError], int], ...] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (InvalidInputError, 422),
    (GatewayError, 502),
)


def init_app(app: Flask) -> None:
    """Answer errors of the whole application; a blueprint's own answers go first."""
    app.register_blueprint(Blueprint("errors", __name__, template_folder="templates"))
    app.register_error_handler(BotError, refuse)
    app.register_error_handler(HTTPException, refuse_request)
    for unreachable in (OperationalError, InterfaceError, PoolTimeoutError):
        app.register_error_handler(unreachable, refuse_for_now)
    app.register_error_handler(Exception, apologize)


def refuse(error: BotError) -> ResponseReturnValue:
    """Say why something was not done."""
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 400)
    if request.path.startswith(API):
        return problems.answer(problems.of(error))
    return _show(status, problems.say(error.text, error.values))


def refuse_request(error: HTTPException) -> ResponseReturnValue:
    """Say why a request did not get through; a redirect passes as it is."""
    status = error.code or 500
    if status < 400 or error.response is not None:
        return error.get_response()
    headers = {name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")}
    if request.path.startswith(API):
        return problems.answer(ProblemError(status, _sentence(status), headers=headers))
    return _show(status, _sentence(status), headers)


def refuse_for_now(error: Exception) -> ResponseReturnValue:
    """The database does not answer; whoever asked may ask again."""
    logger.error("the database does not answer: %s", type(error).__name__)
    return _answer(503, {"Retry-After": "5"})


def apologize(error: Exception) -> ResponseReturnValue:
    """A bug of ours: logged once, under the name that the page shows."""
    logger.exception("unexpected %s", type(error).__name__)
    return _answer(500, {})


def _answer(status: int, headers: dict[str, str]) -> ResponseReturnValue:
    if request.path.startswith(API):
        sentence = _sentence(status)
        return problems.answer(
            ProblemError(status, "%(said)s（%(id)s）", {"said": sentence, "id": _id()}, headers=headers)
        )
    return _show(status, _sentence(status), headers)


def _show(status: int, text: str, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    headers = {"Cache-Control": "no-store", **(headers or {})}
    if request.path in MACHINES or request.headers.get("HX-Request"):
        plain = f"{text}（{_id()}）" if status >= 500 else text
        return plain, status, {"Content-Type": "text/plain; charset=utf-8", **headers}
    nonce = secrets.token_urlsafe(16)
    headers["Content-Security-Policy"] = f"default-src 'none'; img-src data:; style-src 'nonce-{nonce}'"
    language = str(get_locale() or "zh").replace("_", "-")
    page = render_template(
        "errors/page.html", status=status, text=text, request_id=_id(), language=language, nonce=nonce
    )
    return page, status, headers


def _sentence(status: int) -> str:
    sentences: dict[int, str] = {
        400: gettext("這個要求無法處理。"),
        401: gettext("請先登入。"),
        403: gettext("您沒有權限開啟這一頁。"),
        404: gettext("找不到這一頁。"),
        405: gettext("這個網址不支援這種要求。"),
        413: gettext("送出的內容太大。"),
        415: gettext("不支援這種內容類型。"),
        429: gettext("嘗試次數太多，請稍後再試。"),
        500: gettext("伺服器發生錯誤。若問題持續，請將下方代碼交給管理員。"),
        503: gettext("暫時無法服務，請稍後再試。"),
    }
    return sentences.get(status) or (sentences[500] if status >= 500 else sentences[400])


def _id() -> str:
    return str(g.get("request_id", "-")) if has_request_context() else "-"
