"""The cookies in which a browser keeps its trip through LINE Login."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer

from bot.services.login_trips import Trip

LIFE = timedelta(minutes=30)  # entering a password takes some; LINE's own code lives ten minutes
LONGEST_CODE = 1000


@dataclass(frozen=True)
class TripCookie:
    """Where one kind of trip is kept; a trip of one kind is worth nothing to the other."""

    name: str
    path: str
    purpose: str

    def keep(self, response: Response, trip: Trip) -> None:
        """Let the browser keep a trip, signed; a newer trip takes its place."""
        content = [trip.goal, trip.state, trip.nonce, trip.verifier, trip.opened_at.isoformat()]
        response.set_cookie(
            self.name,
            self._serializer().dumps(content),
            max_age=LIFE,
            path=self.path,
            httponly=True,
            samesite="Lax",  # the way back is a link on LINE's page
            secure=_is_secure(),
        )

    def find(self, *, now: datetime) -> Trip | None:
        """Return the trip this browser is on; None without one, with a forged one, or after half an hour."""
        try:
            goal, state, nonce, verifier, opened_at = self._serializer().loads(request.cookies.get(self.name, ""))
        except BadSignature:
            return None
        trip = Trip(str(goal), state, nonce, verifier, datetime.fromisoformat(opened_at))
        return trip if trip.opened_at <= now <= trip.opened_at + LIFE else None

    def find_own(self, *, now: datetime) -> Trip | None:
        """Return the trip that LINE's answer in this request belongs to; None if it is no trip of this browser's."""
        trip = self.find(now=now)
        state = request.args.get("state", "").encode()
        return trip if trip is not None and hmac.compare_digest(state, trip.state.encode()) else None

    def find_ended(self, *, now: datetime) -> tuple[Trip, str] | None:
        """Return the trip that LINE's answer in this request ends, and its code; None if it is of no trip of ours."""
        trip = self.find_own(now=now)
        code = request.args.get("code", "")
        return (trip, code) if trip is not None and 0 < len(code) <= LONGEST_CODE else None

    def forget(self, response: Response) -> None:
        """Let the browser forget its trip."""
        response.delete_cookie(self.name, path=self.path, httponly=True, samesite="Lax", secure=_is_secure())

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=self.purpose)


TO_ACCOUNT = TripCookie("yanglai_trip", "/l/", "trip through a tracked link")
TO_PAGE = TripCookie("yanglai_page_trip", "/liff/", "trip to a page inside LINE")


def _is_secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])
