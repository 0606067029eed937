"""Shapes of LINE's message objects. LINE: reference/messaging-api#message-objects."""

import re
from typing import Any

from bot.messages import flex
from bot.messages.actions import LINK, action_of
from bot.messages.faults import Path
from bot.messages.shapes import Check, Findings, Form, Shape, by_type, grapheme_text, list_of, number, one_of, text, url
from bot.messages.templates import TEMPLATE
from bot.messages.texts import EMOJIS, SUBSTITUTION, placeholder_rules, text_rules

_DIGITS = text(50, form=Form(re.compile("[0-9]+"), "446"))
_ALT_TEXT = text(1_500)
_LABEL = grapheme_text(100)
_SENDER_WORD = re.compile(r"(?<![a-z])line(?![a-z])", re.IGNORECASE)


def _sender_rules(value: dict[str, Any], path: Path, findings: Findings) -> None:
    name = value.get("name")
    if isinstance(name, str) and _SENDER_WORD.search(name):
        findings.add((*path, "name"), "reserved_word", word="LINE")


_ANY_MESSAGE: dict[str, Check] = {
    "quickReply": Shape(
        {
            "items": list_of(
                Shape({"type": one_of("action"), "action": action_of("quick_reply")}, {"imageUrl": url()}), most=13
            )
        }
    ),
    "sender": Shape({}, {"name": text(20), "iconUrl": url()}, _sender_rules),
}
_QUOTING: dict[str, Check] = {"quoteToken": text()}

_AREA = Shape(
    {
        "x": number(0, whole=True),
        "y": number(0, whole=True),
        "width": number(1, whole=True),
        "height": number(1, whole=True),
    }
)
_IMAGEMAP_ACTION = by_type(
    {
        "uri": Shape({"linkUri": LINK, "area": _AREA}, {"label": _LABEL}),
        "message": Shape({"text": text(400), "area": _AREA}, {"label": _LABEL}),
        "clipboard": Shape({"clipboardText": text(1_000, may_be_blank=True), "area": _AREA}, {"label": _LABEL}),
    }
)
_IMAGEMAP_VIDEO = Shape(
    {"originalContentUrl": url(), "previewImageUrl": url(), "area": _AREA},
    {"externalLink": Shape({"linkUri": LINK, "label": text(30)})},
)


def _imagemap_rules(value: dict[str, Any], path: Path, findings: Findings) -> None:
    if value.get("actions") == [] and "video" not in value:
        findings.add((*path, "actions"), "too_few", least=1)


def _flex_rules(value: dict[str, Any], path: Path, findings: Findings) -> None:
    animated = flex.count_animated(value.get("contents"))
    if animated > flex.MOST_ANIMATED:
        findings.add((*path, "contents"), "too_many_animated", most=flex.MOST_ANIMATED, length=animated)


_TRACKING_ID = text(100, form=Form(re.compile(r"[A-Za-z0-9\-.=,+*()%$&;:@{}!?<>\[\]]+"), "track-1"))
_DELIVERY_TAG = text(30, form=Form(re.compile("[A-Za-z0-9_]+"), "2026_winter"))

_OWN: dict[str, Shape] = {
    "text": Shape({"text": text(5_000)}, {"emojis": EMOJIS, **_QUOTING}, text_rules),
    "textV2": Shape({"text": text(5_000)}, {"substitution": SUBSTITUTION, **_QUOTING}, placeholder_rules),
    "sticker": Shape({"packageId": _DIGITS, "stickerId": _DIGITS}, _QUOTING),
    "image": Shape({"originalContentUrl": url(), "previewImageUrl": url()}),
    "video": Shape({"originalContentUrl": url(), "previewImageUrl": url()}, {"trackingId": _TRACKING_ID}),
    "audio": Shape({"originalContentUrl": url(), "duration": number(1, whole=True)}),
    "location": Shape(
        {"title": text(100), "address": text(100), "latitude": number(-90, 90), "longitude": number(-180, 180)}
    ),
    "coupon": Shape({"couponId": text(100)}, {"deliveryTag": _DELIVERY_TAG}),
    "imagemap": Shape(
        {
            "baseUrl": url(),
            "altText": _ALT_TEXT,
            "baseSize": Shape({"width": number(1_040, 1_040, whole=True), "height": number(1, whole=True)}),
            "actions": list_of(_IMAGEMAP_ACTION, least=0, most=50),
        },
        {"video": _IMAGEMAP_VIDEO},
        _imagemap_rules,
    ),
    "template": Shape({"altText": _ALT_TEXT, "template": TEMPLATE}),
    "flex": Shape({"altText": _ALT_TEXT, "contents": flex.CONTAINER}, {}, _flex_rules),
}

MESSAGE: Check = by_type(
    {kind: Shape(shape.required, {**shape.optional, **_ANY_MESSAGE}, shape.also) for kind, shape in _OWN.items()}
)
