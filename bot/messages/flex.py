"""Shapes of Flex Messages: containers, blocks and components.

LINE: reference/messaging-api#flex-message and docs/messaging-api/flex-message-layout.
"""

import json
import re
from typing import Any

from bot.messages.actions import action_of
from bot.messages.faults import Path
from bot.messages.shapes import Check, Findings, Form, Shape, boolean, by_type, list_of, number, one_of, text, url

MOST_BUBBLE_BYTES = 30 * 1024
MOST_CAROUSEL_BYTES = 50 * 1024
MOST_BUBBLES = 12
MOST_ANIMATED = 10
_MOST_COMPONENTS = 1_000  # ours: more never fit into the bytes of a carousel
_VIDEO_SIZES = ("kilo", "mega", "giga")

_PIXELS = r"[0-9]+(?:\.[0-9]+)?px"
_PERCENT = r"[0-9]+(?:\.[0-9]+)?%"
_SPACES = ("none", "xs", "sm", "md", "lg", "xl", "xxl")
_SIZES = ("xxs", "xs", "sm", "md", "lg", "xl", "xxl", "3xl", "4xl", "5xl")


def _measure(*words: str, percent: bool = False, negative: bool = False) -> Check:
    sign = "-?" if negative else ""
    choices = [f"{sign}{_PIXELS}", *([f"{sign}{_PERCENT}"] if percent else []), *words]
    return text(form=Form(re.compile("|".join(choices)), "10px" + (f" / {words[-1]}" if words else "")))


def _ratio(value: object, path: Path, findings: Findings) -> None:
    """`width:height`, each from 1 to 100000, the height at most three times the width."""
    sides = re.fullmatch(
        r"([0-9]{1,6}(?:\.[0-9]{1,9})?):([0-9]{1,6}(?:\.[0-9]{1,9})?)", value if isinstance(value, str) else ""
    )
    if not isinstance(value, str):
        findings.add(path, "not_text")
    elif not sides or not all(1 <= float(side) <= 100_000 for side in sides.groups()):
        findings.add(path, "wrong_form", example="20:13")
    elif float(sides[2]) > 3 * float(sides[1]):
        findings.add(path, "wrong_form", example="1:3")


_COLOR = text(form=Form(re.compile("#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{8})"), "#1DB446"))
_SPACE = _measure(*_SPACES)
_PADDING = _measure(*_SPACES, percent=True)
_OFFSET = _measure(*_SPACES, percent=True, negative=True)
_LENGTH = _measure(percent=True)
_FONT_SIZE = _measure(*_SIZES)
_FLEX = number(0, whole=True)
_GRAVITY = one_of("top", "bottom", "center")
_ALIGN = one_of("start", "end", "center")
_ACTION = action_of("flex")

_POSITION: dict[str, Check] = {
    "margin": _SPACE,
    "position": one_of("relative", "absolute"),
    **{f"offset{side}": _OFFSET for side in ("Top", "Bottom", "Start", "End")},
}
_LETTERS: dict[str, Check] = {
    "size": _FONT_SIZE,
    "color": _COLOR,
    "weight": one_of("regular", "bold"),
    "style": one_of("normal", "italic"),
    "decoration": one_of("none", "underline", "line-through"),
}

_GRADIENT = Shape(
    {
        "angle": text(form=Form(re.compile(r"(?:[0-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9])(?:\.[0-9]+)?deg"), "90deg")),
        "startColor": _COLOR,
        "endColor": _COLOR,
    },
    {
        "centerColor": _COLOR,
        "centerPosition": text(form=Form(re.compile(r"(?:[0-9]{1,2}(?:\.[0-9]+)?|100(?:\.0+)?)%"), "50%")),
    },
)

# Components by the place that holds them; a box holds components, so these are filled below.
_IN_BOX: dict[str, Check] = {}
_IN_BASELINE: dict[str, Check] = {}


def _box(value: object, path: Path, findings: Findings) -> None:
    """A box; what it may hold depends on its layout."""
    layout = value.get("layout") if isinstance(value, dict) else None
    (_BASELINE_BOX if layout == "baseline" else _BOX)(value, path, findings)


def _box_shape(components: dict[str, Check]) -> Shape:
    return Shape(
        {
            "layout": one_of("horizontal", "vertical", "baseline"),
            "contents": list_of(by_type(components), least=0, most=_MOST_COMPONENTS),
        },
        {
            "flex": _FLEX,
            "spacing": _SPACE,
            "backgroundColor": _COLOR,
            "borderColor": _COLOR,
            "borderWidth": _measure("none", "light", "normal", "medium", "semi-bold", "bold"),
            "cornerRadius": _SPACE,
            **dict.fromkeys(("width", "maxWidth", "height", "maxHeight"), _LENGTH),
            **{f"padding{side}": _PADDING for side in ("All", "Top", "Bottom", "Start", "End")},
            "justifyContent": one_of(
                "center", "flex-start", "flex-end", "space-between", "space-around", "space-evenly"
            ),
            "alignItems": one_of("center", "flex-start", "flex-end"),
            "background": by_type({"linearGradient": _GRADIENT}),
            "action": _ACTION,
            **_POSITION,
        },
    )


_BOX = _box_shape(_IN_BOX)
_BASELINE_BOX = _box_shape(_IN_BASELINE)


def _text_rules(value: dict[str, Any], path: Path, findings: Findings) -> None:
    if "text" not in value and "contents" not in value:
        findings.add(path, "text_or_contents")


_SPAN = Shape({}, {"text": text(may_be_blank=True), **_LETTERS})
_TEXT = Shape(
    {},
    {
        "text": text(may_be_blank=True),
        "contents": list_of(by_type({"span": _SPAN}), most=_MOST_COMPONENTS),
        "flex": _FLEX,
        "align": _ALIGN,
        "gravity": _GRAVITY,
        "wrap": boolean,
        "lineSpacing": _measure(),
        "action": _ACTION,
        "maxLines": number(0, whole=True),
        "adjustMode": one_of("shrink-to-fit"),
        "scaling": boolean,
        **_LETTERS,
        **_POSITION,
    },
    _text_rules,
)
_IMAGE = Shape(
    {"url": url()},
    {
        "flex": _FLEX,
        "align": _ALIGN,
        "gravity": _GRAVITY,
        "size": _measure(*_SIZES, "full", percent=True),
        "aspectRatio": _ratio,
        "aspectMode": one_of("fit", "cover"),
        "backgroundColor": _COLOR,
        "action": _ACTION,
        "animated": boolean,
        **_POSITION,
    },
)
_BUTTON = Shape(
    {"action": action_of("flex_button")},
    {
        "flex": _FLEX,
        "color": _COLOR,
        "style": one_of("primary", "secondary", "link"),
        "gravity": _GRAVITY,
        "height": one_of("md", "sm"),
        "adjustMode": one_of("shrink-to-fit"),
        "scaling": boolean,
        **_POSITION,
    },
)
_ICON = Shape({"url": url()}, {"size": _FONT_SIZE, "aspectRatio": _ratio, "scaling": boolean, **_POSITION})
_SEPARATOR = Shape({}, {"margin": _SPACE, "color": _COLOR})
_FILLER = Shape({}, {"flex": _FLEX})
_VIDEO = Shape(
    {"url": url(), "previewUrl": url(), "altContent": by_type({"box": _box, "image": _IMAGE})},
    {"aspectRatio": _ratio, "action": action_of("flex_video")},
)

_IN_BASELINE.update(icon=_ICON, text=_TEXT, filler=_FILLER)
_IN_BOX.update(box=_box, button=_BUTTON, image=_IMAGE, text=_TEXT, separator=_SEPARATOR, filler=_FILLER)

_BLOCK_STYLE = Shape({}, {"backgroundColor": _COLOR, "separator": boolean, "separatorColor": _COLOR})
_BLOCKS = ("header", "hero", "body", "footer")


def _bubble_rules(value: dict[str, Any], path: Path, findings: Findings) -> None:
    if not any(block in value for block in _BLOCKS):
        findings.add(path, "no_block")
    hero = value.get("hero")
    if isinstance(hero, dict) and hero.get("type") == "video":
        is_alone = path[-1:] == ("contents",)
        if not is_alone or value.get("size", "mega") not in _VIDEO_SIZES:
            findings.add((*path, "hero"), "video_not_here")
    _check_bytes(value, path, findings, most=MOST_BUBBLE_BYTES)


def _check_bytes(value: object, path: Path, findings: Findings, *, most: int) -> None:
    """Measure an object as compact JSON in UTF-8; LINE names the limit but not the way it writes the JSON."""
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str, skipkeys=True)
    length = len(written.encode("utf-8", "replace"))
    if length > most:
        findings.add(path, "too_big", most=most, length=length)


_BUBBLE = Shape(
    {},
    {
        "size": one_of("nano", "micro", "deca", "hecto", "kilo", "mega", "giga"),
        "direction": one_of("ltr", "rtl"),
        "header": by_type({"box": _box}),
        "hero": by_type({"box": _box, "image": _IMAGE, "video": _VIDEO}),
        "body": by_type({"box": _box}),
        "footer": by_type({"box": _box}),
        "styles": Shape({}, dict.fromkeys(_BLOCKS, _BLOCK_STYLE)),
        "action": _ACTION,
    },
    _bubble_rules,
)


def _carousel_rules(value: dict[str, Any], path: Path, findings: Findings) -> None:
    bubbles = value.get("contents")
    if isinstance(bubbles, list):
        sizes = [bubble.get("size", "mega") for bubble in bubbles if isinstance(bubble, dict)]
        if any(size != sizes[0] for size in sizes):
            findings.add((*path, "contents"), "different_size")
    _check_bytes(value, path, findings, most=MOST_CAROUSEL_BYTES)


_CAROUSEL = Shape({"contents": list_of(by_type({"bubble": _BUBBLE}), most=MOST_BUBBLES)}, {}, _carousel_rules)

CONTAINER: Check = by_type({"bubble": _BUBBLE, "carousel": _CAROUSEL})


def count_animated(value: object) -> int:
    """Count the images of a Flex message that are to play as animations."""
    count, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            count += one.get("animated") is True
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return count
