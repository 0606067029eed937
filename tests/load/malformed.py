"""Malformed bodies and headers, as many as wanted: `python -m tests.load.malformed --count 100000`."""

import argparse
import json
import random
import string
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console

from bot import schema
from bot.database import connect
from tests.load import servers
from tests.load.rosters import memory_of
from tests.load.texts import text_event
from tests.load.wire import Load, post_all, sign, standin

SLICE = 2_000
TYPES: tuple[Any, ...] = (
    "message",
    "follow",
    "unfollow",
    "postback",
    "unsend",
    "join",
    "delivery",
    "nobody knows",
    "",
    None,
    7,
    [],
)
STRANGE: tuple[Any, ...] = (
    *(None, True, -1, 10**400, 1e308, "", "\x00", "\ud800", "x" * 5_000, [], {}, [[]], {"a": {"b": {}}}),
    *("U" + "0" * 32, "💥" * 50, "'; DROP TABLE friend; --", "{{name}}", "../../etc/passwd"),
)


def request(chance: random.Random) -> bytes:
    """One request that is wrong in one way or another: its body, its signature, its headers or its framing."""
    body = _body(chance)
    signature = sign(servers.SECRET, body) if chance.random() < 0.7 else _text(chance)
    head = [
        f"{chance.choice(('POST', 'POST', 'POST', 'POST', 'GET', 'PUT'))} /callback HTTP/1.1",
        "Host: 127.0.0.1",
        f"Content-Length: {len(body) if chance.random() < 0.98 else 0}",
    ]
    if chance.random() < 0.95:
        head.append(f"X-Line-Signature: {signature}")
    if chance.random() < 0.2:
        head.append(f"{_name(chance)}: {_text(chance)}")
    if chance.random() < 0.1:
        head.append(f"Content-Type: {_text(chance)}")
    if chance.random() < 0.02:
        head.append("Connection: close")
    wire = "\r\n".join(head).encode("utf-8", "replace") + b"\r\n\r\n"
    return wire + (body if f"Content-Length: {len(body)}" in head else b"")


def _body(chance: random.Random) -> bytes:
    kind = chance.random()
    if kind < 0.2:
        return chance.randbytes(chance.randint(0, 300))
    if kind < 0.3:
        return json.dumps(chance.choice(STRANGE)).encode()
    whole = json.dumps({"destination": chance.choice(STRANGE), "events": [_event(chance) for _ in range(3)]}).encode()
    if kind < 0.45:
        return whole[: chance.randint(0, len(whole))]
    if kind < 0.5:
        return b"[" * chance.randint(1, 20_000)
    return whole


def _event(chance: random.Random) -> Any:
    event: Any = text_event("hi", person=chance.randint(0, 50), token="t" + str(chance.random()))
    event["type"] = chance.choice(TYPES)
    for _ in range(chance.randint(1, 4)):
        event[chance.choice([*event, _name(chance)])] = chance.choice(STRANGE)
    if chance.random() < 0.3:
        event.pop(chance.choice(list(event)))
    return event if chance.random() < 0.95 else chance.choice(STRANGE)


def _name(chance: random.Random) -> str:
    return "".join(chance.choices(string.ascii_letters + "-", k=chance.randint(1, 20)))


def _text(chance: random.Random) -> str:
    return "".join(chance.choices(string.printable[:95] + "簽章é", k=chance.randint(0, 60)))


def attack(port: int, count: int, *, seed: int) -> Load:
    """Send so many malformed requests; returns what came back."""
    chance = random.Random(seed)
    total = Load()
    for begun in range(0, count, SLICE):
        load = post_all(port, [request(chance) for _ in range(min(SLICE, count - begun))], parallel=8)
        for status, times in load.statuses.items():
            total.statuses[status] = total.statuses.get(status, 0) + times
    return total


def main() -> None:
    """Attack and judge. Exit code 1 for a 5xx, an unhandled error in the log, or memory that grew by a tenth."""
    servers.refuse_strangers()
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=100_000)
    count = arguments.parse_args().count
    with tempfile.TemporaryDirectory() as name, standin() as line_port, ExitStack() as stack:
        folder = Path(name)
        url = f"sqlite:///{folder}/malformed.sqlite3"
        db = connect(url)
        schema.migrate(db.engine)
        db.dispose()
        port, web = stack.enter_context(servers.web(servers.environment(url, line_port), folder / "web.log"))
        attack(port, count // 10, seed=1)
        before = memory_of(web)
        load = attack(port, count, seed=2)
        after, log = memory_of(web), (folder / "web.log").read_text()
    errors = [line for line in log.splitlines() if "Traceback" in line or '"level": "error"' in line]
    Console(width=100).print(f"{load.statuses}  memory {before:.0f} → {after:.0f} MB  errors in the log: {len(errors)}")
    if errors:
        Console(width=200).print(errors[0][:3_000])
    if errors or after > before * 1.1 or any(status >= 500 for status in load.statuses):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
