"""The checker itself: it follows discriminators and knows what LINE does not."""

import pytest

from tests.simulator import openapi

pytestmark = pytest.mark.skipif(not openapi.available(), reason=openapi.WHY_SKIPPED)
PUSH = "/v2/bot/message/push"


def push(message: dict[str, object]) -> dict[str, object]:
    return {"to": "U" + "0" * 32, "messages": [message]}


def test_a_good_request_is_good() -> None:
    openapi.check_request("POST", PUSH, push({"type": "text", "text": "hi"}))


@pytest.mark.parametrize(
    "message",
    [
        {"type": "text"},
        {"type": "text", "text": 1},
        {"type": "txt", "text": "hi"},
        {"type": "text", "text": "hi", "emoji": []},
        {"type": "template", "altText": "a", "template": {"type": "confirm", "text": "?"}},
        {
            "type": "flex",
            "altText": "a",
            "contents": {"type": "bubble", "body": {"type": "box", "layout": "x", "contents": []}},
        },
    ],
)
def test_a_faulty_subtype_is_found(message: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        openapi.check_request("POST", PUSH, push(message))


def test_an_endpoint_line_does_not_have_is_found() -> None:
    with pytest.raises(LookupError):
        openapi.check_request("POST", "/v2/bot/message/pushed", {})


def test_a_status_line_does_not_give_is_found() -> None:
    with pytest.raises(AssertionError):
        openapi.check_response("POST", PUSH, 202, {})


def test_an_event_without_its_content_is_found() -> None:
    source = {"type": "user", "userId": "U" + "0" * 32}
    event = {
        "type": "postback",
        "source": source,
        "timestamp": 1,
        "mode": "active",
        "webhookEventId": "01",
        "deliveryContext": {"isRedelivery": False},
    }
    openapi.check_webhook({"destination": "U" + "0" * 32, "events": [{**event, "postback": {"data": "a"}}]})
    with pytest.raises(AssertionError):
        openapi.check_webhook({"destination": "U" + "0" * 32, "events": [event]})
