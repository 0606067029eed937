"""How Flex components look in the preview (reference: Flex Message). Values nobody knows are left out."""

import re
from collections.abc import Mapping
from typing import Any

Component = Mapping[str, Any]

_COLOR = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_PIXELS = re.compile(r"\d{1,4}(?:\.\d{1,3})?px")
_PERCENT = re.compile(r"\d{1,3}(?:\.\d{1,3})?%")
_RATIO = re.compile(r"(\d{1,5}(?:\.\d{1,2})?):(\d{1,5}(?:\.\d{1,2})?)")
SPACES = {"none": 0, "xs": 2, "sm": 4, "md": 8, "lg": 12, "xl": 16, "xxl": 20}
TEXTS = {"xxs": 11, "xs": 13, "sm": 14, "md": 16, "lg": 19, "xl": 22, "xxl": 29, "3xl": 35, "4xl": 48, "5xl": 74}
PICTURES = {
    "xxs": 40,
    "xs": 60,
    "sm": 80,
    "md": 100,
    "lg": 120,
    "xl": 140,
    "xxl": 160,
    "3xl": 180,
    "4xl": 200,
    "5xl": 220,
}
BORDERS = {"none": 0, "light": 0.5, "normal": 1, "medium": 2, "semi-bold": 3, "bold": 4}
BUBBLES = {"nano": 120, "micro": 160, "deca": 220, "hecto": 241, "kilo": 260, "mega": 300, "giga": 386}
_SIDES = {"offsetTop": "top", "offsetBottom": "bottom", "offsetStart": "left", "offsetEnd": "right"}
_PADDINGS = {
    "paddingAll": "padding",
    "paddingTop": "padding-top",
    "paddingBottom": "padding-bottom",
    "paddingStart": "padding-left",
    "paddingEnd": "padding-right",
}
_JUSTIFY = {
    "flex-start": "flex-start",
    "center": "center",
    "flex-end": "flex-end",
    "space-between": "space-between",
    "space-around": "space-around",
    "space-evenly": "space-evenly",
}
_ALIGN = {"flex-start": "flex-start", "center": "center", "flex-end": "flex-end"}
_TEXT_ALIGN = {"start": "left", "center": "center", "end": "right"}
_GRAVITY = {"top": "flex-start", "center": "center", "bottom": "flex-end"}


def bubble(component: Component) -> str:
    """Width of a bubble, as much of it as the phone has."""
    width = BUBBLES.get(str(component.get("size", "mega")), BUBBLES["mega"])
    return f"width:min({width}px,100%)"


def block(component: Component, name: str) -> str:
    """Look of a bubble's header, hero, body or footer, from `styles`."""
    styles = component.get("styles")
    style = styles.get(name) if isinstance(styles, dict) else None
    if not isinstance(style, dict):
        return ""
    rules = {"background-color": color(style.get("backgroundColor"))}
    if style.get("separator") is True:
        rules["border-top"] = f"1px solid {color(style.get('separatorColor')) or '#d4d6da'}"
    return _joined(rules)


def box(component: Component) -> str:
    """Look of the inside of a box."""
    layout = str(component.get("layout", "vertical"))
    rules = {
        "flex-direction": "column" if layout == "vertical" else "row",
        "align-items": _ALIGN.get(str(component.get("alignItems")), "baseline" if layout == "baseline" else "stretch"),
        "justify-content": _JUSTIFY.get(str(component.get("justifyContent")), ""),
        "gap": length(component.get("spacing"), SPACES),
        "background-color": color(component.get("backgroundColor")),
        "border-radius": length(component.get("cornerRadius"), SPACES),
        "width": length(component.get("width"), {}),
        "height": length(component.get("height"), {}),
        "max-width": length(component.get("maxWidth"), {}),
        "background-image": gradient(component.get("background")),
    }
    rules |= {css: length(component.get(name), SPACES) for name, css in _PADDINGS.items()}
    border = length(component.get("borderWidth"), BORDERS)
    if border:
        rules["border"] = f"{border} solid {color(component.get('borderColor')) or '#000000'}"
    return _joined(rules)


def place(component: Component, parent: Component) -> str:
    """How a component stands among its neighbours."""
    layout = str(parent.get("layout", "vertical"))
    is_row = layout in ("horizontal", "baseline")
    flex = component.get("flex", 1 if is_row and component.get("type") not in ("icon", "separator", "spacer") else 0)
    rules = {"flex": f"{flex} 1 0" if isinstance(flex, int | float) and flex > 0 else "none"}
    if is_row and rules["flex"] != "none":
        rules["min-width"] = "0"
    margin = length(component.get("margin"), SPACES)
    if margin:
        rules["margin-left" if is_row else "margin-top"] = margin
    if component.get("position") == "absolute":
        rules["position"] = "absolute"
    if is_row and (gravity := _GRAVITY.get(str(component.get("gravity")))):
        rules["align-self"] = gravity
    rules |= {css: length(component.get(name), SPACES) for name, css in _SIDES.items()}
    return _joined(rules)


def text(component: Component) -> str:
    """Look of a text or a span."""
    decoration = str(component.get("decoration", ""))
    return _joined(
        {
            "font-size": length(component.get("size"), TEXTS),
            "font-weight": "700" if component.get("weight") == "bold" else "",
            "font-style": "italic" if component.get("style") == "italic" else "",
            "color": color(component.get("color")),
            "text-align": _TEXT_ALIGN.get(str(component.get("align")), ""),
            "text-decoration": decoration if decoration in ("underline", "line-through") else "",
            "white-space": "pre-wrap" if component.get("wrap") is True else "",
            "line-height": _line_height(component),
        }
    )


def picture(component: Component) -> str:
    """Size and shape of an image."""
    size = component.get("size", "md")
    width = "100%" if size == "full" else length(size, PICTURES) or _percent(size) or "100px"
    align = {"start": "0 auto 0 0", "end": "0 0 0 auto"}.get(str(component.get("align")), "0 auto")
    return _joined(
        {
            "width": width,
            "aspect-ratio": ratio(component.get("aspectRatio")),
            "object-fit": "cover" if component.get("aspectMode") == "cover" else "contain",
            "background-color": color(component.get("backgroundColor")),
            "margin": align,
        }
    )


def icon(component: Component) -> str:
    """Size of an icon in a line of text."""
    return _joined(
        {"height": length(component.get("size", "md"), TEXTS), "aspect-ratio": ratio(component.get("aspectRatio"))}
    )


def button(component: Component) -> str:
    """Look of a button in its three styles."""
    style = str(component.get("style", "link"))
    chosen = color(component.get("color"))
    rules = {"padding": "6px 12px" if component.get("height") == "sm" else "13px 12px"}
    if style == "primary":
        rules |= {"background-color": chosen or "#17c950", "color": "#ffffff"}
    elif style == "secondary":
        rules |= {"background-color": chosen or "#dcdfe5", "color": "#111111"}
    else:
        rules |= {"color": chosen or "#42659a"}
    return _joined(rules)


def line(component: Component) -> str:
    """Colour of a separator."""
    return _joined({"background-color": color(component.get("color")) or "#d4d6da"})


def color(value: object) -> str:
    """Return a colour, or nothing."""
    return value if isinstance(value, str) and _COLOR.fullmatch(value) else ""


def length(value: object, words: Mapping[str, float]) -> str:
    """Return a length in pixels or percent, from one of LINE's words or as it is."""
    if not isinstance(value, str):
        return ""
    if value in words:
        return f"{words[value]}px"
    return value if _PIXELS.fullmatch(value) or _PERCENT.fullmatch(value) else ""


def ratio(value: object) -> str:
    """Return an aspect ratio; LINE's own is a square."""
    match = _RATIO.fullmatch(value) if isinstance(value, str) else None
    return f"{match[1]}/{match[2]}" if match else "1/1"


def gradient(value: object) -> str:
    """Return a linear gradient, or nothing."""
    if not isinstance(value, dict) or value.get("type") != "linearGradient":
        return ""
    angle = value.get("angle")
    start, end = color(value.get("startColor")), color(value.get("endColor"))
    if not isinstance(angle, str) or not re.fullmatch(r"-?\d{1,3}(\.\d+)?deg", angle) or not start or not end:
        return ""
    return f"linear-gradient({angle},{start},{end})"


def _percent(value: object) -> str:
    return value if isinstance(value, str) and _PERCENT.fullmatch(value) else ""


def _line_height(component: Component) -> str:
    spacing = component.get("lineSpacing")
    if not isinstance(spacing, str) or not _PIXELS.fullmatch(spacing):
        return ""
    return f"calc(1.4em + {spacing})"


def _joined(rules: Mapping[str, str]) -> str:
    return ";".join(f"{name}:{value}" for name, value in rules.items() if value)
