"""What friends say under load, and the rules that answer."""

import json
import time
from typing import Any
from uuid import uuid4

from bot.clock import utc_now
from bot.database import connect
from bot.services import auto_replies
from models import KeywordRule
from tests.load import servers
from tests.load.wire import request_bytes, sign

RULES, KEYWORDS_PER_RULE = 1_000, 10
PEOPLE = 997


def text_event(text: str, *, person: int, token: str) -> dict[str, Any]:
    """One message event as LINE sends it."""
    return {
        "type": "message",
        "mode": "active",
        "timestamp": int(time.time() * 1000),
        "source": {"type": "user", "userId": f"U{person:032x}"},
        "webhookEventId": uuid4().hex,
        "deliveryContext": {"isRedelivery": False},
        "replyToken": token,
        "message": {"type": "text", "id": str(uuid4().int)[:18], "quoteToken": "q", "text": text},
    }


def signed(events: list[dict[str, Any]], *, secret: str = servers.SECRET) -> bytes:
    """The request that brings these events."""
    body = json.dumps({"destination": "U" + "0" * 32, "events": events}).encode()
    return request_bytes("/callback", body, sign(secret, body))


def texts(count: int, *, said: str | None = None) -> list[bytes]:
    """Requests of one text each, from many people; each text a keyword of some rule unless it is given."""
    return [
        signed([text_event(said or keyword(n % RULES, n % KEYWORDS_PER_RULE), person=n % PEOPLE, token=uuid4().hex)])
        for n in range(count)
    ]


def keyword(rule: int, place: int) -> str:
    """One of 10,000 keywords."""
    return f"商品{rule:04d}{place}"


def add_rules(database_url: str) -> None:
    """1,000 rules of 10 keywords each; half of them exact, half contained."""
    db, now = connect(database_url), utc_now()
    with db.begin() as session:
        for rule in range(RULES):
            keywords = [
                {"text": keyword(rule, place), "match": "exact" if place % 2 else "contains"}
                for place in range(KEYWORDS_PER_RULE)
            ]
            messages = [{"type": "text", "text": f"答案 {rule}"}]
            session.add(
                KeywordRule(
                    name=f"規則 {rule}", keywords=keywords, messages=messages, tags=[], created_at=now, updated_at=now
                )
            )
        auto_replies.touch(session)
    db.dispose()
