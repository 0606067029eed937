"""What a browser is told about the site's small pages: nothing runs on them, nobody frames them, nothing is kept."""

import secrets

from flask import Response, g


def style_nonce() -> str:
    """Return the present request's nonce for its own style."""
    if "style_nonce" not in g:
        g.style_nonce = secrets.token_urlsafe(16)
    nonce: str = g.style_nonce
    return nonce


def add(response: Response) -> Response:
    """Put the headers on a page or a redirect. No referrer, because addresses here hold LINE Login's codes."""
    headers = response.headers
    headers["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            f"style-src 'nonce-{style_nonce()}'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "no-referrer"
    headers["X-Robots-Tag"] = "noindex"
    headers["Cache-Control"] = "no-store"
    return response
