"""Load figures as ratios to a bare Flask app in the same run: `make bench`."""

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from bot import schema
from bot.database import connect
from bot.services import auto_replies
from models import KeywordRule
from bot.clock import utc_now
from tests.load import servers
from tests.load.wire import Load, hear_all, post_all, request_bytes, sign, standin

PARALLEL = 16
RULES, KEYWORDS_PER_RULE = 1_000, 10


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


def add_rules(database_url: str) -> None:
    """1,000 rules of 10 keywords each; half of them exact, half contained."""
    db = connect(database_url)
    now = utc_now()
    with db.begin() as session:
        for rule in range(RULES):
            keywords = [
                {"text": f"商品{rule:04d}{place}", "match": "exact" if place % 2 else "contains"}
                for place in range(KEYWORDS_PER_RULE)
            ]
            session.add(
                KeywordRule(
                    name=f"規則 {rule}",
                    keywords=keywords,
                    messages=[{"type": "text", "text": f"答案 {rule}"}],
                    tags=[],
                    created_at=now,
                    updated_at=now,
                )
            )
        auto_replies.touch(session)
    db.dispose()


def texts(count: int, *, said: str | None = None) -> list[bytes]:
    """Requests of one text each, from many people."""
    return [
        signed([text_event(said or f"商品{n % RULES:04d}{n % KEYWORDS_PER_RULE}", person=n % 997, token=uuid4().hex)])
        for n in range(count)
    ]


def idle(web_port: int, line_port: int, *, count: int = 200) -> list[float]:
    """Webhook sent → reply heard at LINE, one after another; seconds."""
    waits = []
    for n in range(count):
        request = signed([text_event("商品00011", person=n, token=f"idle-{n}")])
        began = time.monotonic()
        post_all(web_port, [request], parallel=1)
        replies = hear_all(line_port, 1, patience=5)
        waits += [at - began for at, _ in replies]
        time.sleep(0.02)
    return waits


def answered(web_port: int, line_port: int, *, count: int) -> tuple[float, Load]:
    """Texts answered per second from the first request to the last reply heard, and the acknowledgements."""
    load = post_all(web_port, texts(count), parallel=PARALLEL)
    replies = hear_all(line_port, count, patience=60)
    if len(replies) != count:
        raise RuntimeError(f"{count} texts, {len(replies)} replies")
    return count / (max(at for at, _ in replies) - load.started_at), load


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name, standin() as line_port:
        folder = Path(name)
        url = f"sqlite:///{folder}/bench.sqlite3"
        db = connect(url)
        schema.migrate(db.engine)
        db.dispose()
        add_rules(url)
        env = servers.environment(url, line_port)
        with (
            servers.web(env, folder / "bare.log", app="tests.load.bare:create_app()") as (bare_port, _),
            servers.web(env, folder / "web.log") as (web_port, _),
        ):
            warm = texts(300)
            post_all(bare_port, warm, parallel=PARALLEL)
            answered(web_port, line_port, count=300)
            waits = idle(web_port, line_port)
            print(
                f"idle, webhook → reply: median {statistics.median(waits) * 1000:.1f} ms, p95 {sorted(waits)[int(len(waits) * 0.95)] * 1000:.1f} ms"
            )
            for turn in range(3):
                bare = post_all(bare_port, texts(3000), parallel=PARALLEL)
                stored = post_all(web_port, texts(2000, said="沒有這個"), parallel=PARALLEL)
                time.sleep(2)
                rate, load = answered(web_port, line_port, count=2000)
                wrong = [signed([text_event("x", person=1, token="t")], secret="wrong") for _ in range(3000)]
                bare_wrong = post_all(bare_port, wrong, parallel=PARALLEL)
                our_wrong = post_all(web_port, wrong, parallel=PARALLEL)
                print(
                    f"bare {bare.rate:.0f}/s | stored {stored.rate:.0f}/s = {stored.rate / bare.rate:.2f} {stored.statuses}"
                    f" | answered {rate:.0f}/s = {rate / bare.rate:.2f}, ack p99 {load.wait(0.99) * 1000:.0f} ms"
                    f" | wrong {our_wrong.rate:.0f}/s = {our_wrong.rate / bare_wrong.rate:.2f}"
                )
        print((folder / "web.log").read_text()[-3000:])


if __name__ == "__main__":
    main()
