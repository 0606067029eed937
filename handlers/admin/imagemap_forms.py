"""Rich messages as staff fill them in: one line for each area that can be tapped."""

import re
from typing import Any

from handlers.admin.form_trees import Tree, text

WIDTH = 1040  # LINE's width of every imagemap; places are counted in it
LINE = re.compile(r"\s*(\d{1,5})\s*[,，]\s*(\d{1,5})\s*[,，]\s*(\d{1,5})\s*[,，]\s*(\d{1,5})\s*[,，]\s*(\S.*?)\s*")


def build(draft: Tree) -> dict[str, Any]:
    """Return LINE's imagemap. A line that cannot be read becomes an area LINE would refuse, so that it is seen."""
    height = text(draft, "height").strip()
    return {
        "type": "imagemap",
        "baseUrl": text(draft, "baseUrl").strip(),
        "altText": text(draft, "altText").strip(),
        "baseSize": {"width": WIDTH, "height": int(height) if height.isdecimal() and len(height) < 6 else WIDTH},
        "actions": [_area(line) for line in text(draft, "areas").splitlines() if line.strip()],
    }


def open_form(message: dict[str, Any]) -> Tree | None:
    """Return the form of an imagemap; None if it has more than the form holds."""
    try:
        return {
            "baseUrl": message["baseUrl"],
            "altText": message["altText"],
            "height": str(message["baseSize"]["height"]),
            "areas": "\n".join(_line(action) for action in message["actions"]),
        }
    except (KeyError, TypeError):
        return None


def _area(line: str) -> dict[str, Any]:
    match = LINE.fullmatch(line)
    if match is None:
        return {"type": "message", "text": line.strip()}
    x, y, width, height = (int(number) for number in match.groups()[:4])
    area = {"x": x, "y": y, "width": width, "height": height}
    if match[5].startswith(("https://", "http://", "tel:", "line:")):
        return {"type": "uri", "linkUri": match[5], "area": area}
    return {"type": "message", "text": match[5], "area": area}


def _line(action: dict[str, Any]) -> str:
    area = action["area"]
    words = action["linkUri"] if action["type"] == "uri" else action["text"]
    return f"{area['x']}, {area['y']}, {area['width']}, {area['height']}, {words}"
