"""Calls that the scripts of pages inside LINE make: small JSON from our own pages, refused with a sentence for friends.

Every POST of a blueprint of `pages.make_blueprint` is such a call; another web site can make a browser send none.
"""

import json
import logging
from typing import Any
from urllib.parse import urlsplit

from flask import Response, request
from flask_babel import gettext

from bot.errors import BotError, ConflictError, GatewayError, InvalidInputError, NotFoundError
from bot.services.visitors import TokenRefusedError
from handlers.processes import current_runtime

logger = logging.getLogger(__name__)

BIGGEST_CALL = 64 * 1024
CONTENT_TYPE = "application/problem+json"
TYPED_WRONG = frozenset({"required", "not_understood", "not_a_choice", "too_many"})  # to be mended and sent again
STATUSES: tuple[tuple[type[BotError], int], ...] = (
    (TokenRefusedError, 401),
    (NotFoundError, 404),
    (ConflictError, 409),
    (InvalidInputError, 422),
    (GatewayError, 503),
)


class CallRefusedError(BotError):
    """A call is refused; the page acts by `reason`, the friend reads the sentence."""

    def __init__(self, status: int, reason: str, text: str, **values: object) -> None:
        super().__init__(text, **values)
        self.status = status
        self.reason = reason


def check() -> None:
    """Let a call of our own pages pass. Raises CallRefusedError: runs before every view of such a blueprint."""
    if request.method != "POST":
        return
    request.max_content_length = BIGGEST_CALL
    if (request.content_length or 0) > BIGGEST_CALL:
        raise CallRefusedError(413, "too_big", "送出的內容太大。")
    if request.mimetype != "application/json":
        raise CallRefusedError(415, "not_json", "不支援這種內容類型。")
    if not _is_from_our_page():
        raise CallRefusedError(403, "other_site", "這個要求不是從我們的頁面送出的。")


def _is_from_our_page() -> bool:
    """Browsers name the page's origin on every POST; what is no browser holds no cookie of a friend."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    ours = urlsplit(current_runtime().settings.public_url)
    return origin in (f"{ours.scheme}://{ours.netloc}", request.host_url.rstrip("/"))


def body() -> dict[str, Any]:
    """Return the JSON object of the call. Raises CallRefusedError."""
    try:
        content = json.loads(request.get_data())
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise CallRefusedError(400, "malformed", "這個要求無法處理。")
    return content


def refuse(error: BotError) -> Response:
    """Say why something was not done; `reason` is the error's own where it has one."""
    reason = str(getattr(error, "reason", "") or "refused")
    otherwise = 422 if reason in TYPED_WRONG else 409
    known = next((status for kind, status in STATUSES if isinstance(error, kind)), otherwise)
    status = error.status if isinstance(error, CallRefusedError) else known
    if isinstance(error, GatewayError):
        logger.warning("LINE did not answer a page's call: %s", error)
        return answer_refusal(503, "line_is_away", gettext("目前連不上 LINE，請稍後再試一次。"))
    text = gettext(error.text)
    return answer_refusal(status, reason, text % error.values if error.values else text)


def answer_refusal(status: int, reason: str, detail: str) -> Response:
    """Return a refusal as the pages' scripts read it."""
    told = {"status": status, "reason": reason, "detail": detail}
    response = Response(json.dumps(told, ensure_ascii=False), status, content_type=CONTENT_TYPE)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response
