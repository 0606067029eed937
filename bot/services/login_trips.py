"""Trips through LINE Login: a browser sets out with fresh secrets and comes back with whom LINE found."""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime

from bot.errors import GatewayError
from bot.gateways.line_login import LineLogin, Person

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trip:
    """One browser's way through LINE Login and back; the browser itself keeps it, signed."""

    goal: str  # what it is for: a tracked link's id, an invitation, the path of a page inside LINE
    state: str
    nonce: str
    verifier: str
    opened_at: datetime


@dataclass(frozen=True)
class Visitor:
    """Whom LINE Login found in front of the browser."""

    line_user_id: str
    is_friend: bool | None  # None: LINE did not tell
    has_changed: bool | None  # whether the friendship began on LINE's own pages; None: they did not ask


def set_out(goal: str, *, now: datetime) -> Trip:
    """Begin a trip, with fresh secrets."""
    return Trip(
        goal=goal,
        state=secrets.token_hex(16),  # LINE wants letters and digits only
        nonce=secrets.token_hex(16),
        verifier=secrets.token_urlsafe(48),
        opened_at=now,
    )


def come_back(login: LineLogin, trip: Trip, *, code: str, redirect_uri: str) -> tuple[Person, str]:
    """Learn from LINE who came back from a trip; returns the person and the access token.

    Raises GatewayError if LINE did not say who it is.
    """
    tokens = login.exchange(code, redirect_uri=redirect_uri, verifier=trip.verifier)
    return login.verify(tokens.id_token, nonce=trip.nonce), tokens.access_token


def meet(login: LineLogin, trip: Trip, *, code: str, redirect_uri: str, has_changed: bool | None) -> Visitor:
    """Learn from LINE who came back from a trip, and whether it is a friend; that alone may stay unknown.

    `has_changed` is LINE's `friendship_status_changed` (docs/line-login/link-a-bot). Raises as `come_back` does.
    """
    person, access_token = come_back(login, trip, code=code, redirect_uri=redirect_uri)
    is_friend: bool | None = None
    try:
        is_friend = login.is_friend(access_token)
    except GatewayError as failure:
        logger.warning("the friendship of somebody who logged in is not known: %s", failure)
    return Visitor(person.line_user_id, is_friend, has_changed)
