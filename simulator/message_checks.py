"""LINE's checks of message objects, with LINE's words and the place of the fault."""

import re
from collections.abc import Callable
from typing import Any

from simulator import property_checks as check
from simulator.action_checks import QUICK_REPLY, check_action
from simulator.flex_checks import check_flex_message
from simulator.line_errors import Problems, bad_property
from simulator.property_checks import Json, UrlRule
from simulator.template_checks import check_template_message

MOST_MESSAGES = 5
PLACEHOLDER = re.compile(r"(?<!\{)\{([A-Za-z0-9_]+)\}(?!\})")
DELIVERY_TAG = re.compile(r"[A-Za-z0-9_]{1,30}\Z")
WITHOUT_MEDIA = ("text", "textV2", "sticker", "location", "imagemap", "template", "flex", "coupon")


def check_messages(body: Json, *, urls: UrlRule, kinds: tuple[str, ...] | None = None) -> list[Json]:
    """The messages of a request body.

    Raises LineError (400) as LINE would; `kinds` narrows what may be sent, as for notification messages.
    """
    problems = Problems()
    messages = check.objects(body, "messages", "", problems, least=1, most=MOST_MESSAGES)
    for number, message in enumerate(messages):
        check_message(message, f"messages[{number}]", problems, urls, kinds or tuple(CHECKERS))
    problems.refuse()
    return messages


def check_message(message: Json, where: str, problems: Problems, urls: UrlRule, kinds: tuple[str, ...]) -> None:
    kind = check.one_of(message, "type", where, problems, values=kinds)
    if kind is None:
        return
    CHECKERS[kind](message, where, problems, urls)
    quick_reply = check.one_object(message, "quickReply", where, problems, required=False)
    if quick_reply is not None:
        check_quick_reply(quick_reply, f"{where}.quickReply", problems, urls)
    sender = check.one_object(message, "sender", where, problems, required=False)
    if sender is not None:
        check.text(sender, "name", f"{where}.sender", problems, longest=20, required=False)
        urls.media(sender, "iconUrl", f"{where}.sender", problems, required=False)


def check_quick_reply(quick_reply: Json, where: str, problems: Problems, urls: UrlRule) -> None:
    items = check.objects(quick_reply, "items", where, problems, least=1, most=13)
    for number, item in enumerate(items):
        place = f"{where}.items[{number}]"
        urls.media(item, "imageUrl", place, problems, required=False)
        action = check.one_object(item, "action", place, problems)
        if action is not None:
            check_action(action, f"{place}.action", problems, QUICK_REPLY)


def check_text(message: Json, where: str, problems: Problems, _urls: UrlRule) -> None:
    text = check.long_text(message, "text", where, problems, longest=5000)
    emojis = check.objects(message, "emojis", where, problems, least=0, most=20)
    units = text.encode("utf-16-le", "surrogatepass")
    for number, emoji in enumerate(emojis):
        place, index = f"{where}.emojis[{number}]", emoji.get("index")
        check.text(emoji, "productId", place, problems, longest=100)
        check.text(emoji, "emojiId", place, problems, longest=100)
        if not isinstance(index, int) or index < 0 or units[index * 2 : index * 2 + 2] != b"$\x00":
            problems.add(f"{place}.index", "Must be the position of a $ in the text")


def check_text_v2(message: Json, where: str, problems: Problems, _urls: UrlRule) -> None:
    text = check.long_text(message, "text", where, problems, longest=5000)
    substitution = check.one_object(message, "substitution", where, problems, required=False) or {}
    for name in PLACEHOLDER.findall(text):
        if name not in substitution:
            problems.add(f"{where}.substitution.{name}", "must be specified")
    for name, item in substitution.items():
        place = f"{where}.substitution.{name}"
        if not isinstance(item, dict):
            raise bad_property(f"'{place}'")
        kind = check.one_of(item, "type", place, problems, values=("mention", "emoji"))
        if kind == "emoji":
            check.text(item, "productId", place, problems, longest=100)
            check.text(item, "emojiId", place, problems, longest=100)
        elif kind == "mention":
            check.one_object(item, "mentionee", place, problems)


def check_sticker(message: Json, where: str, problems: Problems, _urls: UrlRule) -> None:
    check.text(message, "packageId", where, problems, longest=20)
    check.text(message, "stickerId", where, problems, longest=20)


def check_image(message: Json, where: str, problems: Problems, urls: UrlRule) -> None:
    urls.media(message, "originalContentUrl", where, problems)
    urls.media(message, "previewImageUrl", where, problems)


def check_video(message: Json, where: str, problems: Problems, urls: UrlRule) -> None:
    check_image(message, where, problems, urls)
    check.text(message, "trackingId", where, problems, longest=100, required=False)


def check_audio(message: Json, where: str, problems: Problems, urls: UrlRule) -> None:
    urls.media(message, "originalContentUrl", where, problems)
    check.number(message, "duration", where, problems, least=1, most=86_400_000)


def check_location(message: Json, where: str, problems: Problems, _urls: UrlRule) -> None:
    check.text(message, "title", where, problems, longest=100)
    check.text(message, "address", where, problems, longest=100)
    check.number(message, "latitude", where, problems, least=-90, most=90)
    check.number(message, "longitude", where, problems, least=-180, most=180)


def check_coupon(message: Json, where: str, problems: Problems, _urls: UrlRule) -> None:
    check.text(message, "couponId", where, problems, longest=100)
    tag = check.text(message, "deliveryTag", where, problems, longest=30, required=False)
    if tag and not DELIVERY_TAG.match(tag):
        problems.add(f"{where}.deliveryTag", "invalid format")


def check_imagemap(message: Json, where: str, problems: Problems, urls: UrlRule) -> None:
    urls.media(message, "baseUrl", where, problems)
    check.text(message, "altText", where, problems, longest=1500)
    size = check.one_object(message, "baseSize", where, problems)
    if size is not None:
        check.number(size, "width", f"{where}.baseSize", problems, least=1, most=1040)
        check.number(size, "height", f"{where}.baseSize", problems, least=1, most=2080)
    actions = check.objects(message, "actions", where, problems, least=0 if message.get("video") else 1, most=50)
    for number, action in enumerate(actions):
        check_imagemap_action(action, f"{where}.actions[{number}]", problems)
    video = check.one_object(message, "video", where, problems, required=False)
    if video is not None:
        check_image(video, f"{where}.video", problems, urls)
        check_area(video, f"{where}.video", problems)


def check_imagemap_action(action: Json, where: str, problems: Problems) -> None:
    kind = check.one_of(action, "type", where, problems, values=("message", "uri", "clipboard"))
    check.text(action, "label", where, problems, longest=100, required=False)
    if kind == "message":
        check.long_text(action, "text", where, problems, longest=400)
    elif kind == "uri":
        check.text(action, "linkUri", where, problems, longest=1000, measure=len)
    elif kind == "clipboard":
        check.long_text(action, "clipboardText", where, problems, longest=1000)
    check_area(action, where, problems)


def check_area(holder: Json, where: str, problems: Problems) -> None:
    area = check.one_object(holder, "area", where, problems)
    if area is not None:
        for name in ("x", "y", "width", "height"):
            check.number(area, name, f"{where}.area", problems, least=0, most=10_000)


CHECKERS: dict[str, Callable[[Json, str, Problems, UrlRule], None]] = {
    "text": check_text,
    "textV2": check_text_v2,
    "sticker": check_sticker,
    "image": check_image,
    "video": check_video,
    "audio": check_audio,
    "location": check_location,
    "imagemap": check_imagemap,
    "template": check_template_message,
    "flex": check_flex_message,
    "coupon": check_coupon,
}


def check_units(body: Json) -> list[str]:
    """The aggregation units of a request: one name at most, of letters, digits and underscores."""
    units: Any = body.get("customAggregationUnits")
    if units is None:
        return []
    if not isinstance(units, list) or not all(isinstance(unit, str) for unit in units):
        raise bad_property("'customAggregationUnits'")
    problems = Problems()
    if len(units) > 1:
        problems.add("customAggregationUnits", "Size must be between 0 and 1")
    for number, unit in enumerate(units):
        if not DELIVERY_TAG.match(unit):
            problems.add(f"customAggregationUnits[{number}]", "invalid format")
    problems.refuse()
    return units
