"""Who is on a page inside LINE, from the cookie that `POST /liff/session` set after LINE vouched for the person.

A page's script calls `/liff/…` with JSON. A view that needs to know who asks is marked `@visitors.known` and then
calls `current_visitor()`. The cookie lives an hour, is signed for this purpose alone, and no script can read it.
"""

import functools
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from bot.services.visitors import Visitor
from handlers.processes import current_runtime
from handlers.site.calls import CallRefusedError

COOKIE = "yanglai_visitor"
COOKIE_PATH = "/liff"
LIFE = timedelta(hours=1)
PURPOSE = "visitor of a page inside LINE"
KEY_HEADER = "Yanglai-Visitor"  # which visitor the page speaks for; two windows of one browser may have two

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


def current_visitor() -> Visitor | None:
    """Return who asks; None without a cookie, with a forged one, or after its hour."""
    if "visitor" not in g:
        g.visitor = _read_cookie(now=current_runtime().now())
    visitor: Visitor | None = g.visitor
    return visitor


def known(view: View) -> View:
    """Open a view to visitors LINE vouched for; others get 401 with the reason `unknown_visitor`."""

    @functools.wraps(view)
    def checked(*args: object, **kwargs: object) -> ResponseReturnValue:
        visitor = current_visitor()
        claimed = request.headers.get(KEY_HEADER, "")
        if visitor is None or not hmac.compare_digest(claimed.encode(), key_of(visitor).encode()):
            raise CallRefusedError(401, "unknown_visitor", "請重新開啟這個頁面，讓我們知道您是誰。")
        return view(*args, **kwargs)

    return checked  # type: ignore[return-value]


def get_known() -> Visitor:
    """Return who asks. Only in views marked `known`."""
    visitor: Visitor = g.visitor
    return visitor


def keep(response: Response, visitor: Visitor, *, now: datetime) -> None:
    """Let the browser show for an hour who is in front of it."""
    response.set_cookie(
        COOKIE,
        _serializer().dumps([visitor.line_user_id, now.isoformat()]),
        max_age=LIFE,
        path=COOKIE_PATH,
        httponly=True,
        samesite="Lax",  # LINE Login's way back is a link on LINE's page
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )


def key_of(visitor: Visitor) -> str:
    """Return the name under which a page speaks for a visitor; it proves nothing without the cookie."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    named = f"{PURPOSE}/{visitor.line_user_id}".encode()
    return hmac.new(secret, named, hashlib.sha256).hexdigest()[:16]


def _read_cookie(*, now: datetime) -> Visitor | None:
    try:
        line_user_id, began_at = _serializer().loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return None
    began = datetime.fromisoformat(began_at)
    return Visitor(str(line_user_id)) if began <= now < began + LIFE else None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=PURPOSE)
