"""Trips through LINE Login: a browser sets out with fresh secrets and comes back with whom LINE found."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from bot.gateways.line_login import LineLogin, Person


@dataclass(frozen=True)
class Trip:
    """One browser's way through LINE Login and back; the browser itself keeps it, signed."""

    goal: str  # what it is for: a tracked link's id, the path of a page inside LINE
    state: str
    nonce: str
    verifier: str
    opened_at: datetime


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
