"""What a browser is told about the admin's pages: nothing runs there that we did not write."""

import secrets
from urllib.parse import urlsplit

from flask import Response, current_app, g, request

from handlers.admin.access import COOKIE, COOKIE_PATH, STATIC
from handlers.processes import current_runtime

A_YEAR = 365 * 24 * 3600
SESSION_SECONDS = 12 * 3600


def make_nonce() -> None:
    """Give the request its nonce, before anything is rendered."""
    g.csp_nonce = secrets.token_urlsafe(16)


def add(response: Response) -> Response:
    """Put the headers on a page; files carry their version in the address and may be kept."""
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    if request.endpoint == STATIC:
        if "v" in request.args and response.status_code == 200:
            headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        return response
    headers["Content-Security-Policy"] = _policy(g.get("csp_nonce") or secrets.token_urlsafe(16))
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
    if "slid_token" in g:
        keep_cookie(response, g.slid_token)
    return response


def keep_cookie(response: Response, token: str) -> None:
    """Set the login cookie for another twelve hours."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=SESSION_SECONDS,
        path=COOKIE_PATH,
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )


def _policy(nonce: str) -> str:
    """Pictures may come from anywhere by https, because friends and messages bring theirs."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            f"style-src 'self' 'nonce-{nonce}'",
            f"img-src 'self' data: https:{_try_out_origin()}",
            "connect-src 'self'",
            "font-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _try_out_origin() -> str:
    """The simulator's origin, where one stands in for LINE by http on this machine."""
    parts = urlsplit(current_runtime().settings.line_api_data_base)
    return f" http://{parts.netloc}" if parts.scheme == "http" else ""
