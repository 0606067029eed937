"""Messages that stand at every limit of LINE's, and ways to spoil them."""

import copy
from typing import Any

APPLE = "🍎"
FAMILY = "👨‍👩‍👧‍👦"
HTTPS = "https://brand.example/"


def url(length: int) -> str:
    return HTTPS + "a" * (length - len(HTTPS))


def with_value(message: dict[str, Any], place: str, value: Any) -> dict[str, Any]:
    """A copy of `message` with one value replaced, or removed when the value is `...`."""
    changed = copy.deepcopy(message)
    holder: Any = changed
    *way, last = (int(part) if part.isdigit() else part for part in place.split("."))
    for part in way:
        holder = holder[part]
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return changed


def say(label: str = "好", words: str = "好") -> dict[str, Any]:
    return {"type": "message", "label": label, "text": words}


AREA = {"x": 0, "y": 0, "width": 520, "height": 1_040}
GOOD: dict[str, dict[str, Any]] = {
    "text": {
        "type": "text",
        "text": f"{APPLE}$ 你好 $",
        "emojis": [
            {"index": 2, "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "001"},
            {"index": 7, "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "002"},
        ],
        "quoteToken": "q3Plxr4AgKd",
        "sender": {"name": "小幫手", "iconUrl": HTTPS + "icon.png"},
        "quickReply": {"items": [{"type": "action", "imageUrl": url(2_000), "action": say()}]},
    },
    "textV2": {
        "type": "textV2",
        "text": "嗨 {smile} {{括號}}",
        "substitution": {"smile": {"type": "emoji", "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "001"}},
    },
    "sticker": {"type": "sticker", "packageId": "446", "stickerId": "1988"},
    "image": {"type": "image", "originalContentUrl": url(2_000), "previewImageUrl": url(2_000)},
    "video": {"type": "video", "originalContentUrl": HTTPS, "previewImageUrl": HTTPS, "trackingId": "spring-{1}"},
    "audio": {"type": "audio", "originalContentUrl": HTTPS, "duration": 60_000},
    "location": {
        "type": "location",
        "title": "店" * 100,
        "address": "路" * 100,
        "latitude": 25.033,
        "longitude": 121.5654,
    },
    "coupon": {"type": "coupon", "couponId": "01JYNW8JMQVFBNWF1APF8Z3FS7", "deliveryTag": "2026_winter"},
    "imagemap": {
        "type": "imagemap",
        "baseUrl": url(2_000),
        "altText": "冬" * 1_500,
        "baseSize": {"width": 1_040, "height": 1_040},
        "video": {
            "originalContentUrl": HTTPS,
            "previewImageUrl": HTTPS,
            "area": AREA,
            "externalLink": {"linkUri": url(1_000), "label": "看" * 30},
        },
        "actions": [
            {"type": "uri", "linkUri": url(1_000), "label": "看" * 100, "area": AREA},
            {"type": "message", "text": "好" * 400, "area": AREA},
            {"type": "clipboard", "clipboardText": "C" * 1_000, "area": AREA},
        ],
    },
    "buttons": {
        "type": "template",
        "altText": "冬" * 1_500,
        "template": {
            "type": "buttons",
            "thumbnailImageUrl": HTTPS + "a.jpg",
            "imageAspectRatio": "square",
            "imageSize": "contain",
            "imageBackgroundColor": "#FFFFFF",
            "title": FAMILY * 40,
            "text": FAMILY * 60,
            "defaultAction": {"type": "uri", "label": "看", "uri": HTTPS},
            "actions": [say(FAMILY * 20), say(), say(), say()],
        },
    },
    "confirm": {
        "type": "template",
        "altText": "好嗎",
        "template": {"type": "confirm", "text": "好" * 240, "actions": [say(), say("不")]},
    },
    "carousel": {
        "type": "template",
        "altText": "商品",
        "template": {
            "type": "carousel",
            "columns": [{"text": "好" * 120, "actions": [say(), say(), say()]} for _ in range(10)],
        },
    },
    "image_carousel": {
        "type": "template",
        "altText": "商品",
        "template": {
            "type": "image_carousel",
            "columns": [{"imageUrl": url(2_000), "action": say("買" * 12)} for _ in range(10)],
        },
    },
}
GOOD["without_label"] = with_value(GOOD["image_carousel"], "template.columns.0.action.label", ...)


def flex(contents: Any, alt_text: str = "卡片") -> dict[str, Any]:
    return {"type": "flex", "altText": alt_text, "contents": contents}


def box(*contents: Any, **more: Any) -> dict[str, Any]:
    return {"type": "box", "layout": "vertical", "contents": list(contents), **more}


def bubble(*contents: Any, **more: Any) -> dict[str, Any]:
    return {"type": "bubble", "body": box(*contents), **more}


COLOR = "#1DB446"
PLACED = {
    "margin": "10px",
    "position": "absolute",
    "offsetTop": "-23.5px",
    "offsetBottom": "50%",
    "offsetStart": "xxl",
    "offsetEnd": "none",
}
SPAN = {
    "type": "span",
    "text": " ",
    "size": "3xl",
    "color": COLOR,
    "weight": "bold",
    "style": "italic",
    "decoration": "line-through",
}
WORDS = {
    "type": "text",
    "contents": [SPAN],
    "flex": 0,
    "size": "23.5px",
    "align": "start",
    "gravity": "top",
    "wrap": True,
    "lineSpacing": "20px",
    "color": "#1DB44680",
    "maxLines": 2,
    "adjustMode": "shrink-to-fit",
    "scaling": True,
    "action": say("好" * 40),
    **PLACED,
}
PICTURE = {
    "type": "image",
    "url": url(2_000),
    "flex": 1,
    "align": "center",
    "gravity": "bottom",
    "size": "50%",
    "aspectRatio": "1.91:1",
    "aspectMode": "cover",
    "backgroundColor": COLOR,
    "animated": True,
    "action": say(),
    **PLACED,
}
BUTTON = {
    "type": "button",
    "action": say("好" * 40),
    "flex": 2,
    "color": COLOR,
    "style": "primary",
    "gravity": "center",
    "height": "sm",
    "adjustMode": "shrink-to-fit",
    "scaling": False,
    **PLACED,
}
GRADIENT = {
    "type": "linearGradient",
    "angle": "23.5deg",
    "startColor": COLOR,
    "endColor": "#00000000",
    "centerColor": COLOR,
    "centerPosition": "100%",
}
ICON = {"type": "icon", "url": HTTPS, "size": "5xl", "aspectRatio": "1:3", "scaling": True, **PLACED}
SEPARATOR = {"type": "separator", "margin": "md", "color": COLOR}
BOX = box(
    box(ICON, WORDS, {"type": "filler", "flex": 1}, layout="baseline"),
    BUTTON,
    PICTURE,
    SEPARATOR,
    {"type": "filler"},
    flex=1,
    spacing="sm",
    backgroundColor=COLOR,
    borderColor=COLOR,
    borderWidth="semi-bold",
    cornerRadius="xxl",
    width="50%",
    maxWidth="100px",
    height="23.5px",
    maxHeight="100%",
    paddingAll="5%",
    paddingTop="none",
    paddingBottom="1px",
    paddingStart="xs",
    paddingEnd="xl",
    justifyContent="space-evenly",
    alignItems="flex-end",
    background=GRADIENT,
    action=say(),
    **PLACED,
)
VIDEO = {
    "type": "video",
    "url": HTTPS + "a.mp4",
    "previewUrl": HTTPS + "a.jpg",
    "altContent": {"type": "image", "url": HTTPS},
    "aspectRatio": "20:13",
    "action": {"type": "uri", "label": "看", "uri": HTTPS},
}
BUBBLE = flex(
    {
        "type": "bubble",
        "size": "giga",
        "direction": "rtl",
        "header": box(),
        "hero": VIDEO,
        "body": BOX,
        "footer": box(BUTTON),
        "styles": {"footer": {"backgroundColor": COLOR, "separator": True, "separatorColor": COLOR}},
        "action": say(),
    },
    alt_text="冬" * 1_500,
)
