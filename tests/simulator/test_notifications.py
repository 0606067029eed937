"""LINE notification messages, by phone number."""

import hashlib
from typing import Any

import pytest

from tests.simulator.stand_ins import TEXT, BotServer, Line

PHONE = "+886912345678"
HASH = "1315ec4a63ba3d2b8f5db63688770e89a402ee623ef33e4c8c2f36e48f271be0"
TAG = "notification-0000000001"
TEMPLATE: dict[str, Any] = {
    "to": HASH,
    "templateKey": "delivery_tw",
    "body": {"items": [{"itemKey": "date", "content": "今天"}]},
}
KINDS = [
    ("/bot/pnp/push", {"to": HASH, "messages": [TEXT]}, 200),
    ("/v2/bot/message/pnp/templated/push", TEMPLATE, 202),
]


def notify(line: Line, path: str, body: dict[str, Any], tag: str = TAG) -> tuple[int, dict[str, Any]]:
    answer = line.call("POST", path, body, headers={"X-Line-Delivery-Tag": tag})
    return answer.status, answer.json()


@pytest.mark.parametrize("path, body, status", KINDS)
def test_a_notification_arrives_and_its_delivery_is_told(
    line: Line, bot: BotServer, path: str, body: dict[str, Any], status: int
) -> None:
    person = line.person(phone=PHONE, following=False)
    assert notify(line, path, body) == (status, {})
    event = bot.heard(1)[0]
    assert (event["type"], event["delivery"]) == ("delivery", {"data": TAG})
    assert "source" not in event
    assert len(line.shown(person)) == 1
    assert line.used() == 0


@pytest.mark.parametrize("path, body, status", KINDS)
def test_nobody_with_the_number_is_422(line: Line, path: str, body: dict[str, Any], status: int) -> None:
    assert notify(line, path, body) == (422, {"message": "Failed to send messages"})
    line.person(phone=PHONE, refuses_notifications=True)
    assert notify(line, path, body) == (422, {"message": "Failed to send messages"})


@pytest.mark.parametrize("state", ["blocked", "silent"])
def test_a_notification_can_be_accepted_and_never_arrive(line: Line, bot: BotServer, state: str) -> None:
    person = line.person(phone=PHONE, **{state: True})
    assert notify(line, *KINDS[0][:2])[0] == 200
    line.server.world.notices.wait_until(lambda: False, 0.2)
    assert line.shown(person) == []
    assert bot.bodies == []


def test_without_a_tag_the_phone_hash_comes_back(line: Line, bot: BotServer) -> None:
    line.person(phone=PHONE)
    line.call("POST", "/bot/pnp/push", KINDS[0][1])
    assert bot.heard(1)[0]["delivery"] == {"data": HASH}


@pytest.mark.parametrize("to", ["", PHONE, HASH.upper(), HASH[:-1]])
def test_a_number_must_be_hashed(line: Line, to: str) -> None:
    status, answer = notify(line, "/bot/pnp/push", {"to": to, "messages": [TEXT]})
    assert status == 400
    assert answer["details"][0]["property"] == "to"


def test_pictures_cannot_be_notified(line: Line) -> None:
    line.person(phone=PHONE)
    image = {"type": "image", "originalContentUrl": "https://example.com/a", "previewImageUrl": "https://example.com/a"}
    assert notify(line, "/bot/pnp/push", {"to": HASH, "messages": [image]})[0] == 400


def test_a_template_must_exist_and_name_each_item_once(line: Line) -> None:
    line.person(phone=PHONE)
    path = KINDS[1][0]
    line.control("PUT", "switches", {"template_keys": ["order_tw"]})
    status, answer = notify(line, path, TEMPLATE)
    assert (status, answer["message"]) == (400, "Invalid templateKey: delivery_tw")
    item = {"itemKey": "date", "content": "今天"}
    twice = {**TEMPLATE, "templateKey": "order_tw", "body": {"emphasizedItem": item, "items": [item]}}
    assert notify(line, path, twice)[1]["details"] == [
        {
            "message": "Duplicate itemKey in items or between emphasizedItem and items are not allowed: date",
            "property": "body.items[0].itemKey",
        }
    ]


def test_a_tag_has_sixteen_to_a_hundred_characters(line: Line) -> None:
    line.person(phone=PHONE)
    assert notify(line, *KINDS[0][:2], tag="short")[0] == 400


def test_an_account_without_permission_gets_403(line: Line) -> None:
    line.control("PUT", "switches", {"may_notify": False})
    assert notify(line, *KINDS[0][:2])[0] == 403


def test_delivered_notifications_are_counted_by_kind(line: Line, bot: BotServer) -> None:
    line.person(phone=PHONE)
    for path, body, _ in KINDS:
        notify(line, path, body)
    bot.heard(2)
    today = line.server.world.quota.day()
    line.control("POST", "clock", {"advance_seconds": 86_400})
    for kind in ("pnp", "pnp/templated"):
        assert line.get(f"message/delivery/{kind}?date={today}").json() == {"status": "ready", "success": 1}


def test_the_hash_is_lines() -> None:
    assert hashlib.sha256(PHONE.encode()).hexdigest() == HASH
