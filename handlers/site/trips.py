"""The cookie in which a browser keeps its trip through LINE Login."""

from datetime import datetime, timedelta

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from bot.services.link_arrivals import Trip

COOKIE = "yanglai_trip"
COOKIE_PATH = "/l/"
LIFE = timedelta(minutes=30)  # entering a password takes some; LINE's own code lives ten minutes


def keep(response: Response, trip: Trip) -> None:
    """Let the browser keep a trip, signed; a newer trip takes its place."""
    content = [trip.link_id, trip.state, trip.nonce, trip.verifier, trip.opened_at.isoformat()]
    response.set_cookie(
        COOKIE,
        _serializer().dumps(content),
        max_age=LIFE,
        path=COOKIE_PATH,
        httponly=True,
        samesite="Lax",  # the way back is a link on LINE's page
        secure=_is_secure(),
    )


def find(*, now: datetime) -> Trip | None:
    """Return the trip this browser is on; None without one, with a forged one, or after half an hour."""
    try:
        link_id, state, nonce, verifier, opened_at = _serializer().loads(request.cookies.get(COOKIE, ""))
    except BadSignature:
        return None
    trip = Trip(link_id, state, nonce, verifier, datetime.fromisoformat(opened_at))
    return trip if trip.opened_at <= now <= trip.opened_at + LIFE else None


def forget(response: Response) -> None:
    """Let the browser forget its trip."""
    response.delete_cookie(COOKIE, path=COOKIE_PATH, httponly=True, samesite="Lax", secure=_is_secure())


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="trip through a tracked link")


def _is_secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])
