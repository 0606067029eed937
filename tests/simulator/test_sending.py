"""Reply, push, multicast and broadcast, with quota and reply tokens."""

from datetime import UTC, datetime

import pytest

from simulator.clock import Clock
from simulator.quota import Quota
from tests.simulator.stand_ins import TEXT, BotServer, Line

NOBODY = "U" + "0" * 32


def reply(line: Line, token: str) -> tuple[int, dict[str, object]]:
    answer = line.post("message/reply", {"replyToken": token, "messages": [TEXT]})
    return answer.status, answer.json()


def test_a_reply_token_answers_once_and_costs_nothing(line: Line, bot: BotServer) -> None:
    friend = line.person()
    token = line.act(friend, "say", text="hi")["replyToken"]

    status, answer = reply(line, token)
    assert status == 200
    assert [set(sent) for sent in answer["sentMessages"]] == [{"id", "quoteToken"}]  # type: ignore[attr-defined]
    assert line.shown(friend) == [TEXT]
    assert line.used() == 0

    assert reply(line, token) == (400, {"message": "Invalid reply token"})
    assert line.shown(friend) == [TEXT]


def test_a_reply_token_dies_after_a_minute(line: Line, bot: BotServer) -> None:
    token = line.act(line.person(), "say", text="hi")["replyToken"]
    line.control("POST", "clock", {"advance_seconds": 61})
    assert reply(line, token)[0] == 400


def test_a_redelivered_webhook_gives_its_reply_token_another_minute(line: Line, bot: BotServer) -> None:
    bot.statuses = [500]
    token = line.act(line.person(), "say", text="hi")["replyToken"]
    line.control("POST", "clock", {"advance_seconds": 120})
    assert reply(line, token)[0] == 400

    assert line.control("POST", "webhooks/redeliver") == {"redelivered": 1}
    first, second = bot.heard(2)
    assert second["deliveryContext"] == {"isRedelivery": True}
    assert {**second, "deliveryContext": first["deliveryContext"]} == first
    assert reply(line, token)[0] == 200


def test_a_reply_token_is_dead_twenty_minutes_after_its_event(line: Line, bot: BotServer) -> None:
    bot.statuses = [500]
    token = line.act(line.person(), "say", text="hi")["replyToken"]
    line.control("POST", "clock", {"advance_seconds": 20 * 60 + 1})
    line.control("POST", "webhooks/redeliver")
    bot.heard(2)
    assert reply(line, token)[0] == 400


def test_a_faulty_reply_leaves_its_token_alive(line: Line, bot: BotServer) -> None:
    token = line.act(line.person(), "say", text="hi")["replyToken"]
    assert line.post("message/reply", {"replyToken": token, "messages": []}).status == 400
    assert reply(line, token)[0] == 200


def test_a_push_is_shown_and_counted(line: Line) -> None:
    friend = line.person()
    answer = line.push(friend, TEXT, {"type": "sticker", "packageId": "446", "stickerId": "1988"})
    assert answer.status == 200
    assert len(answer.json()["sentMessages"]) == 2
    assert len(line.shown(friend)) == 2
    assert line.used() == 1


def test_a_push_to_somebody_who_does_not_exist_is_refused(line: Line) -> None:
    answer = line.push(NOBODY)
    assert (answer.status, answer.json()) == (400, {"message": "Failed to send messages"})


def test_a_push_to_something_that_is_no_id_names_the_property(line: Line) -> None:
    answer = line.push("someone")
    assert answer.json()["message"] == "The property, 'to', in the request body is invalid (line: -, column: -)"


def test_a_push_to_somebody_who_blocked_is_accepted_and_goes_nowhere(line: Line, bot: BotServer) -> None:
    friend = line.person()
    line.act(friend, "block")
    assert line.push(friend).status == 200
    assert line.shown(friend) == []
    assert line.used() == 0


def test_a_push_reaches_a_stranger_only_within_seven_days_of_what_they_wrote(line: Line, bot: BotServer) -> None:
    stranger = line.person(following=False)
    assert line.push(stranger).status == 200
    assert line.shown(stranger) == []

    line.act(stranger, "say", text="hi")
    line.push(stranger)
    assert line.shown(stranger) == [TEXT]

    line.control("POST", "clock", {"advance_seconds": 7 * 24 * 3600 + 1})
    line.push(stranger)
    assert line.shown(stranger) == [TEXT]


def test_a_multicast_reaches_friends_only_and_each_once(line: Line, bot: BotServer) -> None:
    friends, strangers = line.people(3), line.people(2, following=False)
    line.act(friends[2], "block")
    assert line.multicast([*friends, *strangers, friends[0]]).status == 200
    assert [len(line.shown(person)) for person in friends + strangers] == [1, 1, 0, 0, 0]
    assert line.used() == 2
    assert line.control("GET", "people-by-deliveries") == {"0": 3, "1": 2}


def test_a_multicast_with_a_wrong_id_reaches_nobody_and_names_it(line: Line) -> None:
    friends = line.people(2)
    answer = line.multicast([friends[0], "U123", friends[1]])
    assert answer.status == 400
    assert answer.json()["message"] == "The property, to[1], in the request body is invalid (line: -, column: -)"
    assert line.control("GET", "people-by-deliveries") == {"0": 2}


def test_ids_of_nobody_in_a_multicast_are_passed_over_unless_the_switch_says_otherwise(line: Line) -> None:
    friend = line.person()
    assert line.multicast([friend, NOBODY]).status == 200
    line.control("PUT", "switches", {"refuse_unknown_ids": True})
    assert "to[1]" in line.multicast([friend, NOBODY]).json()["message"]
    assert line.used() == 1


def test_a_multicast_takes_five_hundred_ids_and_no_more(line: Line) -> None:
    people = line.people(501)
    assert line.multicast(people[:500]).status == 200
    answer = line.multicast(people).json()
    assert answer["details"] == [{"message": "Size must be between 1 and 500", "property": "to"}]


def test_a_broadcast_reaches_everybody_who_follows(line: Line) -> None:
    line.people(7)
    line.people(3, following=False)
    assert line.post("message/broadcast", {"messages": [TEXT]}).status == 200
    assert line.control("GET", "people-by-deliveries") == {"0": 3, "1": 7}
    assert line.used() == 7


def test_what_does_not_fit_the_monthly_quota_is_not_sent_at_all(line: Line) -> None:
    friends = line.people(5)
    line.control("PUT", "quota", {"limit": 4})
    answer = line.multicast(friends)
    assert (answer.status, answer.json()) == (429, {"message": "You have reached your monthly limit."})
    assert line.control("GET", "people-by-deliveries") == {"0": 5}
    assert line.multicast(friends[:4]).status == 200
    assert line.push(friends[0]).status == 429


def test_sends_of_the_official_account_manager_use_the_same_quota(line: Line) -> None:
    friend = line.person()
    line.control("PUT", "quota", {"limit": 10})
    line.control("POST", "quota/manager-send", {"messages": 10})
    assert line.used() == 10
    assert line.push(friend).status == 429


def test_an_account_without_a_limit_says_so(line: Line) -> None:
    assert line.get("message/quota").json() == {"type": "limited", "value": 6000}
    line.control("PUT", "quota", {"limit": None})
    assert line.get("message/quota").json() == {"type": "none"}


@pytest.mark.parametrize("moment, month", [("2026-11-30T14:59:59", "202611"), ("2026-11-30T15:00:00", "202612")])
def test_the_quota_month_ends_at_eleven_in_taipei(moment: str, month: str) -> None:
    clock = Clock()
    clock.advance((datetime.fromisoformat(moment).replace(tzinfo=UTC) - clock.now()).total_seconds() + 0.2)
    assert Quota(clock, 1).month() == month


def test_a_request_without_the_token_is_refused_in_lines_words(line: Line) -> None:
    for header in ("Bearer wrong", "wrong"):
        answer = line.call("GET", "/v2/bot/info", headers={"Authorization": header})
        assert answer.status == 401
        assert answer.json()["message"].startswith("Authentication failed due to the following reason: ")


def test_every_answer_carries_a_request_id_of_its_own(line: Line) -> None:
    ids = {line.get("info").headers["x-line-request-id"] for _ in range(3)}
    ids.add(line.get("message/quota").headers["x-line-request-id"])
    assert len(ids) == 4


def test_a_body_over_two_megabytes_is_refused(line: Line) -> None:
    assert line.call("POST", "/v2/bot/message/push", b"x" * 2_000_001).status == 413


def test_a_body_that_is_no_json_names_the_place(line: Line) -> None:
    answer = line.call("POST", "/v2/bot/message/push", b'{"to": \n x}')
    assert answer.status == 400
    assert answer.json()["message"] == "The request body could not be parsed as JSON (line: 2, column: 2)"


def test_another_content_type_is_refused(line: Line) -> None:
    answer = line.call("POST", "/v2/bot/message/push", b"{}", headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.json()["message"]) == (415, "The content type, text/plain, is not supported")
