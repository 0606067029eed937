"""Shapes of template messages. LINE: reference/messaging-api#template-messages."""

import re
from typing import Any

from bot.messages.actions import action_of
from bot.messages.faults import Path
from bot.messages.lengths import grapheme_length
from bot.messages.shapes import Check, Findings, Form, Rule, Shape, by_type, grapheme_text, list_of, one_of, text, url

_COLOR = text(form=Form(re.compile("#[0-9a-fA-F]{6}"), "#FFFFFF"))
_ACTION = action_of("template")
_IMAGE_LOOK: dict[str, Check] = {
    "imageAspectRatio": one_of("rectangle", "square"),
    "imageSize": one_of("cover", "contain"),
}
_CARD: dict[str, Check] = {
    "thumbnailImageUrl": url(),
    "imageBackgroundColor": _COLOR,
    "title": grapheme_text(40),
    "defaultAction": _ACTION,
}


def _shorter_beside_a_picture(most: int, most_beside: int) -> Rule:
    """The text's limit is `most`, but `most_beside` where there is a picture or a title."""

    def check(value: dict[str, Any], path: Path, findings: Findings) -> None:
        words = value.get("text")
        if not isinstance(words, str) or grapheme_length(words) > most:
            return
        has_company = "title" in value or "thumbnailImageUrl" in value
        if has_company and grapheme_length(words) > most_beside:
            findings.add((*path, "text"), "too_long", most=most_beside, length=grapheme_length(words), unit="graphemes")

    return check


def _columns_are_alike(value: dict[str, Any], path: Path, findings: Findings) -> None:
    """Every column has as many actions as the first; a title or picture stands in all of them or in none."""
    columns = value.get("columns")
    if not isinstance(columns, list) or not all(isinstance(column, dict) for column in columns):
        return
    counts = [len(column["actions"]) for column in columns if isinstance(column.get("actions"), list)]
    for index, count in enumerate(counts if len(counts) == len(columns) else []):
        if count != counts[0]:
            findings.add((*path, "columns", index, "actions"), "different_count", first=counts[0], length=count)
    for name in ("title", "thumbnailImageUrl"):
        if any(name in column for column in columns):
            for index, column in enumerate(columns):
                if name not in column:
                    findings.add((*path, "columns", index, name), "not_in_all_columns")


_COLUMN = Shape(
    {"text": grapheme_text(120), "actions": list_of(_ACTION, most=3)}, _CARD, _shorter_beside_a_picture(120, 60)
)
_IMAGE_COLUMN = Shape({"imageUrl": url(), "action": action_of("image_carousel")})

TEMPLATE: Check = by_type(
    {
        "buttons": Shape(
            {"text": grapheme_text(160), "actions": list_of(_ACTION, most=4)},
            {**_CARD, **_IMAGE_LOOK},
            _shorter_beside_a_picture(160, 60),
        ),
        "confirm": Shape({"text": grapheme_text(240), "actions": list_of(_ACTION, least=2, most=2)}),
        "carousel": Shape({"columns": list_of(_COLUMN, most=10)}, _IMAGE_LOOK, _columns_are_alike),
        "image_carousel": Shape({"columns": list_of(_IMAGE_COLUMN, most=10)}),
    }
)
