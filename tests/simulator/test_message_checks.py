"""LINE's refusals of message objects, word and place."""

from typing import Any

import pytest

from tests.simulator.stand_ins import TEXT, Line

Json = dict[str, Any]
IMAGE = "https://example.com/a.png"


def action(**changes: Any) -> Json:
    return {"type": "message", "label": "是", "text": "是", **changes}


def confirm(*actions: Json) -> Json:
    return {"type": "template", "altText": "?", "template": {"type": "confirm", "text": "?", "actions": list(actions)}}


def buttons(**changes: Any) -> Json:
    template = {"type": "buttons", "text": "選", "actions": [action()], **changes}
    return {"type": "template", "altText": "選", "template": template}


def quick(*actions: Json) -> Json:
    return {**TEXT, "quickReply": {"items": [{"type": "action", "action": one} for one in actions]}}


FAULTS = [
    ({"type": "text", "text": ""}, "May not be empty", "text"),
    ({"type": "text", "text": "字" * 5001}, "Length must be between 0 and 5000", "text"),
    ({"type": "text", "text": "😀" * 2501}, "Length must be between 0 and 5000", "text"),
    (
        {"type": "text", "text": "a $", "emojis": [{"index": 1, "productId": "p", "emojiId": "1"}]},
        "Must be the position of a $ in the text",
        "emojis[0].index",
    ),
    ({}, "May not be empty", "type"),
    ({"type": "sticker", "packageId": "446"}, "May not be empty", "stickerId"),
    ({"type": "image", "originalContentUrl": IMAGE}, "May not be empty", "previewImageUrl"),
    (
        {"type": "image", "originalContentUrl": "ftp://example.com/a", "previewImageUrl": IMAGE},
        "invalid uri scheme",
        "originalContentUrl",
    ),
    ({"type": "audio", "originalContentUrl": IMAGE}, "May not be empty", "duration"),
    (
        {"type": "location", "title": "t", "address": "a", "latitude": 91, "longitude": 0},
        "Must be between -90 and 90",
        "latitude",
    ),
    (buttons(text="字" * 161), "Length must be between 0 and 160", "template.text"),
    (buttons(text="字" * 61, title="標題"), "Length must be between 0 and 60", "template.text"),
    (buttons(actions=[action()] * 5), "Size must be between 1 and 4", "template.actions"),
    (buttons(actions=[action(label="字" * 21)]), "Length must be between 0 and 20", "template.actions[0].label"),
    (buttons(actions=[action(label=None)]), "May not be empty", "template.actions[0].label"),
    (
        buttons(actions=[{"type": "postback", "label": "a", "data": "x" * 301}]),
        "Length must be between 0 and 300",
        "template.actions[0].data",
    ),
    (
        buttons(actions=[{"type": "uri", "label": "a", "uri": "javascript:alert(1)"}]),
        "invalid uri",
        "template.actions[0].uri",
    ),
    (
        buttons(actions=[{"type": "datetimepicker", "label": "a", "data": "d", "mode": "date", "min": "x"}]),
        "invalid format",
        "template.actions[0].min",
    ),
    (confirm(action()), "Size must be between 2 and 2", "template.actions"),
    (quick(*[action()] * 14), "Size must be between 1 and 13", "quickReply.items"),
    (quick({"type": "camera"}), "May not be empty", "quickReply.items[0].action.label"),
    ({**TEXT, "sender": {"name": "字" * 21}}, "Length must be between 0 and 20", "sender.name"),
    (
        {"type": "imagemap", "baseUrl": IMAGE, "altText": "a", "baseSize": {"width": 1040, "height": 10}},
        "May not be empty",
        "actions",
    ),
]


@pytest.mark.parametrize("message, words, place", FAULTS, ids=[f"{place}-{words}" for _, words, place in FAULTS])
def test_a_fault_is_told_with_its_place(line: Line, message: Json, words: str, place: str) -> None:
    answer = line.push(line.person(), message)
    assert answer.status == 400
    assert answer.json()["message"] == "The request body has 1 error(s)"
    assert answer.json()["details"] == [{"message": words, "property": f"messages[0].{place}"}]


def test_all_faults_are_told_at_once(line: Line) -> None:
    answer = line.push(line.person(), {"type": "text", "text": ""}, {"type": "gif"}).json()
    assert answer["message"] == "The request body has 2 error(s)"
    assert [detail["property"] for detail in answer["details"]] == ["messages[0].text", "messages[1].type"]
    assert answer["details"][1]["message"].startswith("Must be one of the following values: [text, ")


def test_six_messages_are_too_many(line: Line) -> None:
    answer = line.push(line.person(), *[TEXT] * 6).json()
    assert answer["details"] == [{"message": "Size must be between 1 and 5", "property": "messages"}]


def test_columns_of_a_carousel_have_the_same_shape(line: Line) -> None:
    columns = [{"text": "a", "actions": [action()]}, {"text": "b", "actions": [action(), action()]}]
    template = {"type": "template", "altText": "a", "template": {"type": "carousel", "columns": columns}}
    answer = line.push(line.person(), template)
    assert (answer.status, answer.json()["message"]) == (400, "A message (messages[0]) in the request body is invalid")


def flex(*contents: Json, **bubble: Any) -> Json:
    body = {"type": "box", "layout": "vertical", "contents": list(contents)}
    return {"type": "flex", "altText": "a", "contents": {"type": "bubble", "body": body, **bubble}}


@pytest.mark.parametrize(
    "message, words, pointer",
    [
        (flex({"type": "text", "text": ""}), "must be non-empty text", "/body/contents/0/text"),
        (flex({"type": "texts", "text": "a"}), "invalid property", "/body/contents/0"),
        (flex(hero={"type": "image", "url": "x"}), "invalid uri scheme", "/hero/url"),
        (flex({"type": "text", "text": "a", "color": "red"}), "invalid property", "/body/contents/0/color"),
        (flex({"type": "button"}), "must be specified", "/body/contents/0/action"),
        (
            flex({"type": "button", "action": action(label="字" * 41)}),
            "Length must be between 0 and 40",
            "/body/contents/0/action/label",
        ),
        (flex({"type": "text", "text": "字" * 11_000}), "bubble is too large", "/"),
        ({"type": "flex", "altText": "a", "contents": {"type": "card"}}, "unknown type", "/type"),
    ],
)
def test_faults_of_a_flex_message_are_told_as_pointers(line: Line, message: Json, words: str, pointer: str) -> None:
    answer = line.push(line.person(), message)
    assert answer.status == 400
    assert answer.json() == {
        "message": "A message (messages[0]) in the request body is invalid",
        "details": [{"message": words, "property": pointer}],
    }


def test_good_messages_of_every_type_are_taken(line: Line) -> None:
    column = {"text": "a", "thumbnailImageUrl": IMAGE, "actions": [action()]}
    area = {"x": 0, "y": 0, "width": 10, "height": 10}
    imagemap = {"baseUrl": IMAGE, "altText": "a", "baseSize": {"width": 1040, "height": 520}}
    messages: list[Json] = [
        {"type": "text", "text": "$ 您好", "emojis": [{"index": 0, "productId": "p", "emojiId": "1"}]},
        {"type": "textV2", "text": "{a}", "substitution": {"a": {"type": "emoji", "productId": "p", "emojiId": "1"}}},
        {"type": "sticker", "packageId": "446", "stickerId": "1988"},
        {"type": "image", "originalContentUrl": IMAGE, "previewImageUrl": IMAGE},
        {"type": "video", "originalContentUrl": IMAGE, "previewImageUrl": IMAGE, "trackingId": "v1"},
        {"type": "audio", "originalContentUrl": IMAGE, "duration": 1000},
        {"type": "location", "title": "店", "address": "台北市", "latitude": 25.0, "longitude": 121.5},
        {"type": "imagemap", **imagemap, "actions": [{"type": "message", "text": "a", "area": area}]},
        buttons(thumbnailImageUrl=IMAGE, title="標題"),
        confirm(action(), action(label="👨‍👩‍👧‍👦" * 20)),
        {"type": "template", "altText": "a", "template": {"type": "carousel", "columns": [column, column]}},
        {
            "type": "template",
            "altText": "a",
            "template": {"type": "image_carousel", "columns": [{"imageUrl": IMAGE, "action": action()}]},
        },
        flex({"type": "text", "text": "a"}, {"type": "separator"}, {"type": "button", "action": action()}),
        quick(action(), {"type": "location", "label": "位置"}),
    ]
    friend = line.person()
    for message in messages:
        assert line.push(friend, message).status == 200, message
    assert line.shown(friend) == messages


@pytest.mark.parametrize("way", ["reply", "push", "multicast", "narrowcast", "broadcast"])
def test_messages_can_be_checked_without_sending(line: Line, way: str) -> None:
    assert line.post(f"message/validate/{way}", {"messages": [TEXT]}).json() == {}
    faulty = line.post(f"message/validate/{way}", {"messages": []}).json()
    assert faulty["details"] == [{"message": "Size must be between 1 and 5", "property": "messages"}]


def test_a_unit_name_has_letters_digits_and_underscores(line: Line) -> None:
    friend = line.person()
    body = {"to": friend, "messages": [TEXT], "customAggregationUnits": ["autumn_sale"]}
    assert line.post("message/push", body).status == 200
    assert line.post("message/push", {**body, "customAggregationUnits": ["a b"]}).status == 400
    assert line.post("message/push", {**body, "customAggregationUnits": ["a", "b"]}).status == 400
    assert line.get("message/aggregation/info").json() == {"numOfCustomAggregationUnits": 1}
    assert line.get("message/aggregation/list").json() == {"customAggregationUnits": ["autumn_sale"]}
