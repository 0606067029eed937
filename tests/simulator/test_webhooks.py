"""Signed webhooks on good and on bad days."""

import json
import time

from tests.simulator import openapi
from tests.simulator.stand_ins import BotServer, Line


def test_every_act_of_a_person_becomes_its_event(line: Line, bot: BotServer) -> None:
    person = line.person(following=False)
    followed = line.act(person, "follow")
    said = line.act(person, "say", text="hi")
    line.act(person, "sticker")
    line.act(person, "location")
    line.act(person, "postback", data="a=1", params={"date": "2026-11-20"})
    line.act(person, "unsend", message_id=said["message"]["id"])
    line.act(person, "video-watched", tracking_id="v1")
    line.act(person, "block")
    line.act(person, "unblock")

    events = bot.heard(9)
    kinds = "follow message message message postback unsend videoPlayComplete unfollow follow"
    assert [event["type"] for event in events] == kinds.split()
    assert events[0] == followed
    assert [event["follow"]["isUnblocked"] for event in events if event["type"] == "follow"] == [False, True]
    assert events[4]["postback"] == {"data": "a=1", "params": {"date": "2026-11-20"}}
    assert ["replyToken" in event for event in events] == [True] * 5 + [False, True, False, True]
    assert len({event["webhookEventId"] for event in events}) == 9
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)
    assert {body["destination"] for body in bot.bodies} == {line.server.world.settings.bot_user_id}


def test_events_of_one_person_keep_their_order(line: Line, bot: BotServer) -> None:
    person = line.person()
    for number in range(30):
        line.control("POST", f"people/{person}/say", {"text": str(number)})
    assert [event["message"]["text"] for event in bot.heard(30)] == [str(number) for number in range(30)]


def test_webhooks_can_come_several_times(line: Line, bot: BotServer) -> None:
    line.control("PUT", "webhooks/behaviour", {"copies": 5})
    line.control("POST", f"people/{line.person()}/say", {"text": "hi"})
    events = bot.heard(5)
    assert len({json.dumps(event) for event in events}) == 1


def test_webhooks_can_come_late(line: Line, bot: BotServer) -> None:
    line.control("PUT", "webhooks/behaviour", {"delay_ms": 150})
    started = time.monotonic()
    line.act(line.person(), "say", text="hi")
    assert time.monotonic() - started >= 0.15


def test_webhooks_can_come_in_any_order_and_together(line: Line, bot: BotServer) -> None:
    person = line.person()
    line.control("PUT", "webhooks/behaviour", {"shuffle_ms": 150, "events_per_body": 10})
    for number in range(20):
        line.control("POST", f"people/{person}/say", {"text": f"{number:02}"})
    texts = [event["message"]["text"] for event in bot.heard(20)]
    assert sorted(texts) == [f"{number:02}" for number in range(20)]
    assert texts != sorted(texts)
    assert [len(body["events"]) for body in bot.bodies] == [10, 10]


def test_a_failed_webhook_is_delivered_again_where_that_is_switched_on(line: Line, bot: BotServer) -> None:
    line.control("PUT", "webhooks/behaviour", {"redeliver": True})
    bot.statuses = [503]
    line.control("POST", f"people/{line.person()}/say", {"text": "hi"})
    first, second = bot.heard(2)
    assert first["webhookEventId"] == second["webhookEventId"]
    assert first["replyToken"] == second["replyToken"]
    assert [event["deliveryContext"]["isRedelivery"] for event in (first, second)] == [False, True]


def test_a_failed_webhook_stays_away_otherwise(line: Line, bot: BotServer) -> None:
    bot.statuses = [503]
    line.act(line.person(), "say", text="hi")
    told = line.control("GET", "webhooks")
    assert [(sent["status"], sent["reason"]) for sent in told["webhooks"]] == [(503, "ERROR_STATUS_CODE")]
    assert (told["failed"], told["waiting"], len(bot.bodies)) == (1, 0, 1)


def test_nothing_is_sent_while_webhooks_are_switched_off(line: Line, bot: BotServer) -> None:
    line.control("PUT", "webhooks/behaviour", {"active": False})
    line.control("POST", f"people/{line.person()}/say", {"text": "hi"})
    line.control("GET", "webhooks/idle?wait=2")
    assert bot.bodies == []
    assert line.get("channel/webhook/endpoint").json() == {"endpoint": bot.url, "active": False}


def test_any_events_can_be_sent_signed(line: Line, bot: BotServer) -> None:
    event = {
        "type": "moonrise",
        "mode": "active",
        "timestamp": 1,
        "webhookEventId": "01",
        "deliveryContext": {"isRedelivery": False},
    }
    assert line.control("POST", "webhooks", {"events": [event]}) == {"status": 200, "reason": "OK"}
    assert bot.bodies.pop()["events"] == [event]


def test_a_body_can_be_sent_with_a_wrong_signature(line: Line, bot: BotServer) -> None:
    line.control("POST", "webhooks", {"body": '{"events": []}', "signature": "x"})
    assert bot.badly_signed == 1
    bot.badly_signed = 0
    bot.bodies.clear()


def test_a_burst_of_follows_makes_friends_of_all(line: Line, bot: BotServer) -> None:
    line.people(400, following=False)
    assert line.control("POST", "follows", {"count": 400}) == {"events": 400}
    assert len({event["source"]["userId"] for event in bot.heard(400)}) == 400
    assert len(line.get("followers/ids?limit=1000").json()["userIds"]) == 400


def test_fifty_events_can_share_a_body(line: Line, bot: BotServer) -> None:
    line.people(50)
    line.control("POST", "texts", {"count": 50, "text": "hi", "events_per_body": 50})
    bot.heard(50)
    assert [len(body["events"]) for body in bot.bodies] == [50]


def test_somebody_without_consent_has_no_name_in_the_event(line: Line, bot: BotServer) -> None:
    person = line.person(consented=False)
    assert line.act(person, "say", text="hi")["source"] == {"type": "user"}
    assert line.get("followers/ids").json() == {"userIds": []}
    assert line.get(f"profile/{person}").status == 404


def test_the_webhook_address_can_be_set_and_tested(line: Line, bot: BotServer) -> None:
    other = BotServer(line.server.world.settings.channel_secret)
    body = {"endpoint": other.url}
    openapi.check_request("PUT", "/v2/bot/channel/webhook/endpoint", body)
    assert line.call("PUT", "/v2/bot/channel/webhook/endpoint", body).json() == {}
    answer = line.post("channel/webhook/test", {}).json()
    assert (answer["success"], answer["statusCode"], answer["reason"]) == (True, 200, "OK")
    assert other.bodies == [{"destination": line.server.world.settings.bot_user_id, "events": []}]
    other.statuses = [400]
    answer = line.post("channel/webhook/test", {}).json()
    assert (answer["success"], answer["reason"], answer["detail"]) == (False, "ERROR_STATUS_CODE", "400")
    other.close()
    answer = line.post("channel/webhook/test", {}).json()
    assert (answer["success"], answer["statusCode"], answer["reason"]) == (False, 0, "COULD_NOT_CONNECT")


def test_an_address_that_is_no_web_address_is_refused(line: Line) -> None:
    for endpoint in ("ftp://example.com/", "https://", "x", "https://example.com/" + "a" * 500):
        answer = line.call("PUT", "/v2/bot/channel/webhook/endpoint", {"endpoint": endpoint})
        assert (answer.status, answer.json()) == (400, {"message": "Invalid webhook endpoint URL"})


def test_what_came_between_webhook_and_reply_is_measured(line: Line, bot: BotServer) -> None:
    token = line.act(line.person(), "say", text="hi")["replyToken"]
    line.post("message/reply", {"replyToken": token, "messages": [{"type": "text", "text": "a"}]})
    row = line.control("GET", "received?endpoint=reply")["received"][0]
    assert 0 < row["since_webhook_ms"] < 5000
