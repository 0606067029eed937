"""A retry key lets a request through once in 24 hours."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.simulator.stand_ins import TEXT, BotServer, Line


def test_a_repeated_push_gets_409_with_the_first_answer(line: Line) -> None:
    friend, key = line.person(), str(uuid.uuid4())
    first = line.push(friend, X_Line_Retry_Key=key)
    second = line.push(friend, X_Line_Retry_Key=key)
    assert (first.status, second.status) == (200, 409)
    assert second.json() == {"message": "The retry key is already accepted", **first.json()}
    assert second.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    assert second.headers["x-line-request-id"] != first.headers["x-line-request-id"]
    assert len(line.shown(friend)) == 1
    assert line.used() == 1


@pytest.mark.parametrize("way", ["multicast", "broadcast", "narrowcast"])
def test_other_ways_to_send_know_retry_keys_too(line: Line, way: str) -> None:
    body = {"messages": [TEXT]} | ({"to": line.people(2)} if way == "multicast" else {})
    key = str(uuid.uuid4())
    first, second = (line.post(f"message/{way}", body, X_Line_Retry_Key=key) for _ in range(2))
    assert first.status in {200, 202}
    assert (second.status, second.json()) == (409, {"message": "The retry key is already accepted"})


def test_a_retry_key_is_forgotten_after_a_day(line: Line) -> None:
    friend, key = line.person(), str(uuid.uuid4())
    line.push(friend, X_Line_Retry_Key=key)
    line.control("POST", "clock", {"advance_seconds": 24 * 3600})
    assert line.push(friend, X_Line_Retry_Key=key).status == 200
    assert len(line.shown(friend)) == 2


def test_a_refused_request_does_not_use_up_its_key(line: Line) -> None:
    friend, key = line.person(), str(uuid.uuid4())
    assert line.push(friend, {"type": "text", "text": ""}, X_Line_Retry_Key=key).status == 400
    assert line.push(friend, X_Line_Retry_Key=key).status == 200


def test_two_requests_at_once_under_one_key_are_one(line: Line) -> None:
    friend, key = line.person(), str(uuid.uuid4())
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: line.push(friend, X_Line_Retry_Key=key).status, range(16)))
    assert sorted(answers) == [200] + [409] * 15
    assert len(line.shown(friend)) == 1


def test_replies_and_notifications_take_no_retry_key(line: Line, bot: BotServer) -> None:
    token = line.act(line.person(), "say", text="hi")["replyToken"]
    key = str(uuid.uuid4())
    reply = {"replyToken": token, "messages": [TEXT]}
    assert line.post("message/reply", reply, X_Line_Retry_Key=key).status == 400
    notice = {"to": "0" * 64, "messages": [TEXT]}
    assert line.call("POST", "/bot/pnp/push", notice, headers={"X-Line-Retry-Key": key}).status == 400


def test_a_retry_key_is_a_uuid(line: Line) -> None:
    assert line.push(line.person(), X_Line_Retry_Key="again").status == 400


def test_the_ledger_tells_when_a_repeat_had_another_body(line: Line) -> None:
    friend, key = line.person(), str(uuid.uuid4())
    line.push(friend, X_Line_Retry_Key=key)
    line.push(friend, X_Line_Retry_Key=key)
    line.push(friend, {"type": "text", "text": "other"}, X_Line_Retry_Key=key)
    rows = line.control("GET", "received?endpoint=push")["received"]
    assert [row.get("same_body") for row in rows] == [None, True, False]
    assert {row["retry_key"] for row in rows} == {key}
