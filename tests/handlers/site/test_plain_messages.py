"""Messages of LINE as a page shows them."""

from typing import Any

import pytest
from flask import Flask

from handlers.site.plain_messages import simplify

LINK = {"type": "uri", "label": "去逛逛", "uri": "https://shop.example/"}
TEXT = {"kind": "text", "text": "您好"}
PICTURE = {"kind": "picture", "url": "https://shop.example/a.png"}
SHOP = {"kind": "link", "url": "https://shop.example/", "text": "去逛逛"}
BOX = {"type": "box", "layout": "vertical"}


def template(content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "template", "altText": "x", "template": content}


@pytest.mark.parametrize(
    "message, pieces",
    [
        ({"type": "text", "text": " 您好\n"}, [TEXT]),
        ({"type": "text", "text": "您$好", "emojis": [{"index": 1, "productId": "a", "emojiId": "1"}]}, [TEXT]),
        ({"type": "textV2", "text": "您好{who}", "substitution": {"who": {"type": "mention"}}}, [TEXT]),
        ({"type": "image", "originalContentUrl": PICTURE["url"], "previewImageUrl": "https://b.example"}, [PICTURE]),
        ({"type": "sticker", "packageId": "1", "stickerId": "2"}, []),
        (
            template({"type": "buttons", "thumbnailImageUrl": PICTURE["url"], "text": "您好", "actions": [LINK]}),
            [PICTURE, TEXT, SHOP],
        ),
        (
            template({"type": "carousel", "columns": [{"text": "您好", "actions": [LINK]}] * 2}),
            [TEXT, SHOP, TEXT, SHOP],
        ),
        (
            template({"type": "image_carousel", "columns": [{"imageUrl": PICTURE["url"], "action": LINK}]}),
            [PICTURE, SHOP],
        ),
        (
            {
                "type": "flex",
                "contents": {
                    "type": "bubble",
                    "hero": {"type": "image", "url": PICTURE["url"]},
                    "body": {**BOX, "contents": [{"type": "text", "contents": [{"type": "span", "text": "您好"}]}]},
                    "footer": {**BOX, "contents": [{"type": "button", "action": LINK}]},
                },
            },
            [PICTURE, TEXT, SHOP],
        ),
        ({"type": "location", "title": "門市", "address": "台北市"}, [{"kind": "text", "text": "門市\n台北市"}]),
        ({"type": "video", "originalContentUrl": "https://shop.example/"}, [{**SHOP, "text": "看影片"}]),
    ],
)
def test_texts_pictures_and_addresses_are_shown(
    app: Flask, message: dict[str, Any], pieces: list[dict[str, str]]
) -> None:
    with app.test_request_context():
        assert simplify([message]) == pieces


@pytest.mark.parametrize(
    "action",
    [
        {"type": "uri", "label": "x", "uri": "javascript:alert(1)"},
        {"type": "postback", "label": "x", "data": "quiz:start:x"},
        {"type": "message", "label": "x", "text": "x"},
        None,
    ],
)
def test_what_cannot_be_done_on_a_page_is_left_out(app: Flask, action: object) -> None:
    message = {"type": "template", "template": {"type": "buttons", "text": "您好", "actions": [action]}}
    with app.test_request_context():
        assert simplify([message]) == [TEXT]
