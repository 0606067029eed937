"""Webhook bodies as LINE sends them, signed."""

import base64
import hashlib
import hmac
import itertools
import json
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import CHANNEL_SECRET, NOW

Event = dict[str, Any]
numbers = itertools.count(1)
BOT = "U" + "b" * 32


def user(number: int) -> str:
    """A LINE user id."""
    return f"U{number:032x}"


def event(kind: str, line_user_id: str | None = None, *, at: datetime = NOW, **changes: Any) -> Event:
    """One event in LINE's form, with a name and a reply token of its own."""
    number = next(numbers)
    made: Event = {
        "type": kind,
        "mode": "active",
        "timestamp": int(at.timestamp() * 1000),
        "source": {"type": "user", "userId": line_user_id or user(1)},
        "webhookEventId": f"01H{number:023d}",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": f"token-{number}",
    }
    return made | changes


def follow(line_user_id: str, *, at: datetime = NOW, is_unblocked: bool = False, **changes: Any) -> Event:
    return event("follow", line_user_id, at=at, follow={"isUnblocked": is_unblocked}, **changes)


def unfollow(line_user_id: str, *, at: datetime = NOW, **changes: Any) -> Event:
    made = event("unfollow", line_user_id, at=at, **changes)
    del made["replyToken"]
    return made


def says(line_user_id: str, text: str, *, at: datetime = NOW, **changes: Any) -> Event:
    number = next(numbers)
    message = {"type": "text", "id": str(440_000_000_000_000_000 + number), "quoteToken": "q", "text": text}
    return event("message", line_user_id, at=at, message=message, **changes)


def taps(line_user_id: str, data: str, *, at: datetime = NOW, **changes: Any) -> Event:
    return event("postback", line_user_id, at=at, postback={"data": data}, **changes)


def body_of(*events: Event) -> bytes:
    """The body of one webhook request."""
    return json.dumps({"destination": BOT, "events": list(events)}).encode()


def signature_of(body: bytes, secret: str = CHANNEL_SECRET) -> str:
    """LINE's signature over a body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def deliver(client: FlaskClient, *events: Event, path: str = "/callback") -> TestResponse:
    """Post events as LINE does."""
    body = body_of(*events)
    headers = {"X-Line-Signature": signature_of(body), "Content-Type": "application/json"}
    answer = client.post(path, data=body, headers=headers)
    answer.close()  # as a server does once the answer is out; handling begins then
    return answer
