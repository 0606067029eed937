"""Faults on demand, rate limits, and how they stand in the ledger."""

import time
import uuid
from typing import Any

import pytest
import urllib3

from tests.simulator.stand_ins import Line

PUSH = "POST /v2/bot/message/push"


def wish(line: Line, kind: str, **more: Any) -> None:
    line.control("POST", "faults", {"endpoint": PUSH, "kind": kind, "count": 1, **more})


def newest(line: Line) -> dict[str, Any]:
    row: dict[str, Any] = line.control("GET", "received?endpoint=push")["received"][-1]
    return row


def test_an_error_before_accepting_sends_nothing(line: Line) -> None:
    friend = line.person()
    wish(line, "error_before")
    assert line.push(friend).status == 500
    assert line.shown(friend) == []
    assert newest(line)["fault"] == "error_before"
    assert line.push(friend).status == 200


def test_an_error_after_accepting_has_sent_and_a_retry_says_so(line: Line) -> None:
    friend, key = line.person(), str(uuid.uuid4())
    wish(line, "error_after")
    assert line.push(friend, X_Line_Retry_Key=key).status == 500
    assert len(line.shown(friend)) == 1
    assert line.push(friend, X_Line_Retry_Key=key).status == 409
    assert len(line.shown(friend)) == 1


@pytest.mark.parametrize(
    "kind, message",
    [
        ("rate_limit", "The API rate limit has been exceeded. Try again later."),
        ("monthly_limit", "You have reached your monthly limit."),
    ],
)
def test_a_refusal_on_demand_speaks_as_line_does(line: Line, kind: str, message: str) -> None:
    wish(line, kind)
    answer = line.push(line.person())
    assert (answer.status, answer.json()) == (429, {"message": message})


@pytest.mark.parametrize("kind, sent", [("reset_before", 0), ("reset_after", 1)])
def test_a_connection_can_be_reset_before_or_after_accepting(line: Line, kind: str, sent: int) -> None:
    friend = line.person()
    wish(line, kind)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        line.push(friend)
    assert len(line.shown(friend)) == sent
    assert (newest(line)["status"], newest(line)["fault"]) == (0, kind)


def test_a_request_can_be_accepted_and_never_answered(line: Line) -> None:
    friend = line.person()
    wish(line, "timeout")
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        line.call(
            "POST", "/v2/bot/message/push", {"to": friend, "messages": [{"type": "text", "text": "a"}]}, timeout=0.2
        )
    assert len(line.shown(friend)) == 1


def test_an_answer_can_be_slow(line: Line) -> None:
    wish(line, "latency", milliseconds=120)
    started = time.monotonic()
    assert line.push(line.person()).status == 200
    assert time.monotonic() - started >= 0.12


def test_a_fault_strikes_as_often_as_was_wished(line: Line) -> None:
    friend = line.person()
    wish(line, "error_before", count=2)
    assert [line.push(friend).status for _ in range(3)] == [500, 500, 200]
    assert line.control("GET", "faults")["faults"] == []


def test_chance_can_be_repeated_by_its_seed(line: Line) -> None:
    friend = line.person()

    def outcomes() -> list[int]:
        line.control("DELETE", "faults")
        wish(line, "error_before", count=None, probability=0.5, seed="a")
        return [line.push(friend).status for _ in range(20)]

    first = outcomes()
    assert first == outcomes()
    assert set(first) == {200, 500}


def test_a_fault_can_be_for_every_endpoint_and_be_taken_back(line: Line) -> None:
    fault = line.control("POST", "faults", {"endpoint": "*", "kind": "error_before"})
    assert line.get("info").status == 500
    assert line.control("DELETE", f"faults/{fault['number']}") == {"removed": True}
    assert line.get("info").status == 200


def test_two_hundred_multicasts_a_second_are_the_limit_when_it_is_switched_on(line: Line) -> None:
    to = line.people(1)
    assert {line.multicast(to).status for _ in range(30)} == {200}
    line.control("PUT", "switches", {"limit_rates": True})
    statuses = [line.multicast(to).status for _ in range(600)]
    assert statuses[:200] == [200] * 200
    assert 429 in statuses
    refused = line.control("GET", "received/summary?endpoint=multicast")["endpoints"]["POST /v2/bot/message/multicast"]
    assert refused["429"] == statuses.count(429)


def test_what_was_received_can_be_asked_for_by_person_and_number(line: Line) -> None:
    first, second = line.people(2)
    line.push(first)
    line.multicast([first, second])
    line.get(f"profile/{second}")
    about = line.control("GET", f"received?line_user_id={second}")["received"]
    assert [row["endpoint"] for row in about] == ["POST /v2/bot/message/multicast", "GET /v2/bot/profile/{userId}"]
    assert about[0]["reached"] == [first, second]
    assert about[0]["counted"] == 2
    assert about[0]["body"]["to"] == [first, second]
    assert line.control("GET", f"received?since={about[0]['number']}")["received"] == about[1:]
