"""LINE's events, read one by one and without trust: what nobody knows harms nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.services.inbox import StoredEvent

PLAIN_ID = re.compile(r"[\x21-\x7e]{1,100}")
YEAR_2000, YEAR_2100 = 946_684_800_000, 4_102_444_800_000  # milliseconds
ACTIVE, STANDBY = "active", "standby"
PLACES = {"group": "groupId", "room": "roomId"}


class NotUnderstoodError(Exception):
    """The event has no form that this program knows."""


@dataclass(frozen=True)
class Event:
    """One event in our terms; `payload` holds all that LINE said."""

    id: int
    type: str
    at: datetime
    received_at: datetime
    payload: Mapping[str, Any]
    is_standby: bool
    line_user_id: str | None  # None in groups and rooms, and where LINE does not tell
    place: str | None  # "group" or "room"
    reply_token: str | None

    def part(self, name: str) -> Mapping[str, Any]:
        """Return one of the event's objects; an empty one if it is missing."""
        value = self.payload.get(name)
        return value if isinstance(value, Mapping) else {}


def parse(stored: StoredEvent) -> Event:
    """Read a stored event. The SDK's own classes refuse whole batches for one new word, so they are not used here.

    Raises NotUnderstoodError for an unknown mode, a time that is none, or a source of unknown form.
    """
    payload = stored.payload
    mode = payload.get("mode", ACTIVE)
    if mode not in (ACTIVE, STANDBY):
        raise NotUnderstoodError("mode")
    kind, source = payload.get("type"), payload.get("source")
    if not isinstance(kind, str):
        raise NotUnderstoodError("type")
    line_user_id, place = _source(source)
    token = payload.get("replyToken")
    return Event(
        id=stored.id,
        type=kind,
        at=_moment(payload.get("timestamp")),
        received_at=stored.received_at,
        payload=payload,
        is_standby=mode == STANDBY,
        line_user_id=line_user_id,
        place=place,
        reply_token=token if isinstance(token, str) and token and mode == ACTIVE else None,
    )


def _moment(milliseconds: object) -> datetime:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        raise NotUnderstoodError("timestamp")
    if not YEAR_2000 <= milliseconds < YEAR_2100:
        raise NotUnderstoodError("timestamp")
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _source(source: object) -> tuple[str | None, str | None]:
    """Return (user id of a one-to-one chat, kind of place); some events have no source at all."""
    if source is None:
        return None, None
    if not isinstance(source, Mapping):
        raise NotUnderstoodError("source")
    kind = source.get("type")
    if kind == "user":
        return _plain(source.get("userId")), None
    if kind in PLACES:
        if _plain(source.get(PLACES[str(kind)])) is None:
            raise NotUnderstoodError("source")
        return None, str(kind)
    raise NotUnderstoodError("source")


def _plain(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not PLAIN_ID.fullmatch(value):
        raise NotUnderstoodError("source")
    return value
