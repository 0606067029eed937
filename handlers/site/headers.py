"""What a browser is told about the site's pages: nothing runs on them that we did not write, nobody frames them."""

import secrets
from urllib.parse import urlsplit

from flask import Response, g, request

from bot.settings import Settings
from handlers.processes import current_runtime

A_YEAR = 365 * 24 * 3600
STATIC = "liff.static"


def nonce() -> str:
    """Return the present request's nonce for its own style and scripts."""
    if "page_nonce" not in g:
        g.page_nonce = secrets.token_urlsafe(16)
    made: str = g.page_nonce
    return made


def add(response: Response) -> Response:
    """Put the headers on a small page without scripts, or on a redirect."""
    policy = ("default-src 'none'", f"style-src 'nonce-{nonce()}'")
    # no referrer, because addresses here hold LINE Login's codes
    return _shut(response, policy, referrer="no-referrer")


def add_to_page(response: Response) -> Response:
    """Put the headers on a page inside LINE; files carry their version in the address and may be kept."""
    if request.endpoint == STATIC:
        response.headers["X-Content-Type-Options"] = "nosniff"
        if "v" in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        return response
    return _shut(response, _page_policy(current_runtime().settings), referrer="same-origin")


def _page_policy(settings: Settings) -> tuple[str, ...]:
    """LINE's script may run and ask LINE; pictures of questions and prizes come from anywhere by https."""
    script = _origin(settings.liff_sdk_url)
    lines_own = "https://*.line.me https://*.line-scdn.net"
    return (
        "default-src 'none'",
        f"script-src 'nonce-{nonce()}' {script}",
        f"style-src 'self' 'nonce-{nonce()}'",
        f"connect-src 'self' {script} {_origin(settings.line_api_base)} {lines_own}",
        f"img-src 'self' data: blob: https:{_try_out_origin(settings)}",
        "font-src 'self'",
    )


def _shut(response: Response, policy: tuple[str, ...], *, referrer: str) -> Response:
    headers = response.headers
    fixed = ("form-action 'none'", "base-uri 'none'", "frame-ancestors 'none'")
    headers["Content-Security-Policy"] = "; ".join((*policy, *fixed))
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = referrer
    headers["X-Robots-Tag"] = "noindex"
    headers["Cache-Control"] = "no-store"
    return response


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _try_out_origin(settings: Settings) -> str:
    """The simulator's origin, where one stands in for LINE by http on this machine."""
    origin = _origin(settings.line_api_data_base)
    return f" {origin}" if origin.startswith("http:") else ""
