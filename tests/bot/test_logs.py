"""Logs: one JSON line per entry, and nobody in it."""

import io
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from bot import logs
from bot.scrubbing import scrub

PERSON = "U" + "0a1b" * 8


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    logs.flush()
    stream = io.StringIO()
    logs.configure("INFO", stream)
    yield stream
    logs.flush()
    logs.configure("WARNING")


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    logs.flush()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    "secret",
    [
        PERSON,
        "C" + "12ab" * 8,
        "0912-345-678",
        "0912345678",
        "02-2345-6789",
        "+886912345678",
        "886912345678",
        "nHuyWiB7yP5Zw52FIkcQobQuGDXCTA",
        "Bearer abc.def-ghi",
        "yanglai_rwMComGfb7dF46vA-iEcIlbO7HY6rIxycPDRnMiDAh0",
        "replyToken='short'",
        "password=hunter2",
        "postgresql+psycopg://me:hunter2@host/name",
        "f" * 31 + "0123456789abcdef",
    ],
)
def test_secrets_and_people_are_masked_wherever_they_stand(secret: str) -> None:
    masked = scrub(f"something about {secret}, and more")
    value = secret.split("'")[1] if "'" in secret else secret.split("=")[-1].removeprefix("Bearer ")
    assert value not in masked
    assert "hunter2" not in masked
    assert masked.startswith("something about ")
    assert masked.endswith("and more")


@pytest.mark.parametrize(
    "harmless",
    [
        "2026-11-20 10:30:00.123",
        "2026-11-20T10:30:00+00:00",
        "1732075200000",
        "550e8400-e29b-41d4-a716-446655440000",
        "event 1234567890 could not be handled",
        "/srv/yanglai/bot/services/keyword_rules.py line 120",
        "test_a_redelivered_event_is_answered_once",
        "127.0.0.1:8000",
    ],
)
def test_what_an_operator_needs_stays_readable(harmless: str) -> None:
    assert scrub(harmless) == harmless


def test_an_exception_is_logged_once_without_the_values_of_its_statement(stream: io.StringIO) -> None:
    name = "王小" + "明"
    try:
        raise IntegrityError("INSERT INTO friend", {"display_name": name}, ValueError(f"DETAIL:  Key (x)=({name})"))
    except IntegrityError:
        logging.getLogger("bot.services.friends").exception("friend %s could not be written", PERSON)
    (entry,) = entries(stream)
    assert "IntegrityError" in entry["exception"]
    assert name not in stream.getvalue()
    assert PERSON not in stream.getvalue()


def test_lines_of_one_request_carry_its_name(stream: io.StringIO) -> None:
    name = logs.begin_request(None)
    logging.getLogger("anywhere").warning("first")
    logs.request_logged("POST", "/callback", 200, 0.0042, address="147.92.150.1")
    first, second = entries(stream)
    assert first["request_id"] == second["request_id"] == name
    assert second["message"] == "request"
    assert (second["status"], second["ms"], second["address"]) == (200, 4.2, "147.92.150.1")


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space!", 'quote"quote', "new\nline-123"])
def test_a_request_is_not_named_by_something_insane(given: str) -> None:
    assert logs.begin_request(given) != given


def test_a_sane_name_of_the_sender_is_kept() -> None:
    assert logs.begin_request("trace-0123456789abcdef") == "trace-0123456789abcdef"


def test_calls_to_line_are_noted_with_lines_own_name_for_them(stream: io.StringIO) -> None:
    logs.call_logged(
        "GET", f"/v2/bot/profile/{PERSON}", 404, 0.02, line_request_id="550e8400-e29b-41d4-a716-446655440000"
    )
    (entry,) = entries(stream)
    assert entry["line_request_id"] == "550e8400-e29b-41d4-a716-446655440000"
    assert entry["endpoint"] == "/v2/bot/profile/U…"
    assert entry["status"] == 404


def test_a_line_about_a_request_costs_a_webhook_next_to_nothing(stream: io.StringIO) -> None:
    rounds = 2000
    best = 1.0
    for _ in range(5):
        began = time.thread_time()
        for _ in range(rounds):
            logs.begin_request(None)
            logs.request_logged("POST", "/callback", 200, 0.001, address="147.92.150.1")
        best = min(best, (time.thread_time() - began) / rounds)
    assert best < 0.0001  # seconds; an idle machine needs a sixth of that
