"""LIFF apps of the login channel, and who opened one: in LINE, or in a browser after a login."""

import re
import secrets
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from simulator.clock import Clock
from simulator.settings import Settings

LIFF_ID = re.compile(r"[0-9]{10}-[A-Za-z0-9]{8}\Z")
SCOPES = ("openid", "profile", "chat_message.write", "email")
VIEW_TYPES = ("compact", "tall", "full")
OPENING_SECONDS = 600


@dataclass(frozen=True)
class LiffApp:
    """What the LIFF tab of the console keeps about an app."""

    liff_id: str
    endpoint_url: str
    scopes: tuple[str, ...] = ("openid", "profile", "chat_message.write")
    view_type: str = "full"

    def as_json(self) -> dict[str, Any]:
        scopes = list(self.scopes)
        named = {"liffId": self.liff_id, "endpointUrl": self.endpoint_url}
        return {**named, "scope": scopes, "viewType": self.view_type}

    def primary_url(self, state: str) -> str:
        """The endpoint with what stood behind the LIFF id in `liff.state` (docs/liff/opening-liff-app)."""
        parts = urlsplit(self.endpoint_url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        if state:
            query.append(("liff.state", state))
        return urlunsplit(parts._replace(query=urlencode(query)))

    def covers(self, url: str) -> bool:
        """Whether a page stands at the endpoint or below it; queries and fragments do not matter."""
        ours, theirs = urlsplit(self.endpoint_url), urlsplit(url)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            return False
        base = ours.path.rstrip("/")
        return theirs.path == base or theirs.path.startswith(f"{base}/")


@dataclass(frozen=True)
class Opening:
    """Somebody opened an app; its page may learn once who it is."""

    liff_id: str
    line_user_id: str
    redirect_uri: str  # without its query; empty in LINE
    opened_at: float


class LiffApps:
    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._openings: dict[str, Opening] = {}
        self.by_id: dict[str, LiffApp] = {}
        if settings.liff_id:
            self.register(settings.liff_id, settings.liff_endpoint_url)

    def register(self, liff_id: str, endpoint_url: str, **more: Any) -> LiffApp:
        """Add an app or change one.

        Raises ValueError with a sentence about what cannot be taken.
        """
        app = LiffApp(liff_id, endpoint_url, **more)
        parts = urlsplit(endpoint_url)
        if not LIFF_ID.match(liff_id):
            raise ValueError("a LIFF id looks like 1234567890-AbcdEfgh")
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.fragment:
            raise ValueError("endpoint_url must be a web address without #")
        if app.view_type not in VIEW_TYPES or not set(app.scopes) <= set(SCOPES):
            raise ValueError(f"view_type is one of {', '.join(VIEW_TYPES)}, scopes are of {', '.join(SCOPES)}")
        self.by_id[liff_id] = app
        return app

    def open(self, app: LiffApp, line_user_id: str, *, redirect_uri: str = "") -> str:
        """Note who opens an app; returns what its page learns it by."""
        name = secrets.token_urlsafe(24)
        with self._lock:
            self._openings[name] = Opening(
                app.liff_id, line_user_id, without_query(redirect_uri), self._clock.seconds()
            )
        return name

    def take(self, name: str, *, redirect_uri: str = "") -> Opening | None:
        """The opening with this name, once and for ten minutes, by the page it was made for."""
        with self._lock:
            opening = self._openings.pop(name, None)
        if opening is None or self._clock.seconds() - opening.opened_at > OPENING_SECONDS:
            return None
        return opening if opening.redirect_uri == without_query(redirect_uri) else None


def without_query(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))
