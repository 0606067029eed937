"""Shapes of the actions behind buttons.

LINE: reference/messaging-api#action-objects. A label's limit, and whether it must be there, depend on the object
that holds the action; cameras and locations open from quick replies only, rich menus switch from rich menus only.
"""

import re
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Literal

from bot.messages.faults import Path
from bot.messages.shapes import Check, Findings, Shape, by_type, grapheme_text, one_of, text, url

Holder = Literal["template", "image_carousel", "quick_reply", "flex", "flex_button", "flex_video", "rich_menu"]

LINK_SCHEMES = ("http", "https", "line", "tel")
LINK = url(1_000, schemes=LINK_SCHEMES)
POSTBACK = text(300, may_be_blank=True)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}")


@dataclass(frozen=True)
class _Label:
    most: int
    required: bool


_LABELS: dict[str, _Label] = {
    "template": _Label(20, required=True),
    "image_carousel": _Label(12, required=False),
    "quick_reply": _Label(20, required=True),
    "flex": _Label(40, required=False),
    "flex_button": _Label(40, required=True),
    "flex_video": _Label(40, required=False),
    "rich_menu": _Label(20, required=False),
}


def action_of(holder: Holder) -> Check:
    """Return the check for an action that stands in `holder`."""
    label = _LABELS[holder]
    shapes = {name: _with_label(shape, label) for name, shape in _SHAPES.items()}
    if holder == "quick_reply":
        shapes |= {name: _with_label(Shape(), label) for name in ("camera", "cameraRoll", "location")}
    if holder == "rich_menu":
        shapes["richmenuswitch"] = _with_label(_RICH_MENU_SWITCH, label)
    if holder == "flex_video":
        shapes = {"uri": shapes["uri"]}
    return by_type(shapes)


def _with_label(shape: Shape, label: _Label) -> Shape:
    labelled = {"label": grapheme_text(label.most)}
    if label.required:
        return Shape({**labelled, **shape.required}, shape.optional, shape.also)
    return Shape(shape.required, {**labelled, **shape.optional}, shape.also)


def _postback_rules(value: dict[str, Any], path: Path, findings: Findings) -> None:
    if "text" in value and "displayText" in value:
        findings.add((*path, "text"), "not_together", other="displayText")
    if "fillInText" in value and value.get("inputOption") != "openKeyboard":
        findings.add((*path, "fillInText"), "only_with", other="inputOption: openKeyboard")


def _moment(mode: object, value: object) -> tuple[int, ...] | None:
    """Return a date or time picker's value in a form that compares, or None if it is not of the mode's format."""
    if not isinstance(value, str):
        return None
    day, clock = value[:10], value[11:] if mode == "datetime" else value
    has_form = {
        "date": bool(_DATE.fullmatch(value)),
        "time": bool(_TIME.fullmatch(value)),
        "datetime": bool(_DATE.fullmatch(day) and value[10:11] in ("T", "t") and _TIME.fullmatch(clock)),
    }
    if not has_form.get(str(mode)):
        return None
    try:
        days = date.fromisoformat(day).toordinal() if mode != "time" else 0
        at = time.fromisoformat(clock) if mode != "date" else time()
    except ValueError:
        return None
    earliest, latest = date(1900, 1, 1).toordinal(), date(2100, 12, 31).toordinal()
    if days and not earliest <= days <= latest:
        return None
    return days, at.hour, at.minute


_EXAMPLES = {"date": "2026-12-25", "time": "09:30", "datetime": "2026-12-25T09:30"}


def _picker_rules(value: dict[str, Any], path: Path, findings: Findings) -> None:
    mode = value.get("mode")
    if not isinstance(mode, str) or mode not in _EXAMPLES:
        return
    moments = {name: _moment(mode, value[name]) for name in ("initial", "min", "max") if name in value}
    for name, moment in moments.items():
        if moment is None:
            findings.add((*path, name), "wrong_form", example=_EXAMPLES[mode])
    earliest, latest = moments.get("min"), moments.get("max")
    if earliest and latest and earliest >= latest:
        findings.add((*path, "max"), "not_after_min")


_SHAPES: dict[str, Shape] = {
    "postback": Shape(
        {"data": POSTBACK},
        {
            "displayText": grapheme_text(300),
            "text": grapheme_text(300),
            "inputOption": one_of("closeRichMenu", "openRichMenu", "openKeyboard", "openVoice"),
            "fillInText": grapheme_text(300, may_be_blank=True),
        },
        _postback_rules,
    ),
    "message": Shape({"text": grapheme_text(300)}),
    "uri": Shape({"uri": LINK}, {"altUri": Shape({"desktop": LINK})}),
    "datetimepicker": Shape(
        {"data": POSTBACK, "mode": one_of("date", "time", "datetime")},
        {"initial": text(), "min": text(), "max": text()},
        _picker_rules,
    ),
    "clipboard": Shape({"clipboardText": text(1_000, may_be_blank=True)}),
}
_RICH_MENU_SWITCH = Shape({"richMenuAliasId": text(32), "data": POSTBACK})
