"""Shapes of what may stand inside a text message: LINE emojis and the placeholders of text v2.

LINE: reference/messaging-api#text-message and #text-message-v2. The undisclosed length of an emoji's alternative
text is not counted.
"""

import re
from typing import Any

from bot.messages.faults import Path
from bot.messages.shapes import Check, Findings, Shape, by_type, list_of, number, shown, text
from bot.messages.variables import VARIABLE, written_in

MOST_EMOJIS = 20
_MOST_SUBSTITUTIONS = 100
_KEY = re.compile("[0-9A-Za-z_]{1,20}")
_BRACES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")

_EMOJI_IDS: dict[str, Check] = {"productId": text(100), "emojiId": text(100)}

EMOJIS: Check = list_of(Shape({"index": number(0, whole=True), **_EMOJI_IDS}), least=0, most=MOST_EMOJIS)
_SUBSTITUTE: Check = by_type(
    {
        "emoji": Shape(_EMOJI_IDS),
        "mention": Shape({"mentionee": by_type({"user": Shape({"userId": text(50)}), "all": Shape()})}),
    }
)


def text_rules(value: dict[str, Any], path: Path, findings: Findings) -> None:
    """Every emoji's index must point at a `$` of the text, outside of variables, and no two at the same."""
    words, emojis = value.get("text"), value.get("emojis")
    if not isinstance(words, str) or not isinstance(emojis, list):
        return
    placeholders = _dollars(words)
    seen: set[int] = set()
    for position, emoji in enumerate(emojis[:MOST_EMOJIS]):
        index = emoji.get("index") if isinstance(emoji, dict) else None
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            continue
        place = (*path, "emojis", position, "index")
        if index not in placeholders:
            findings.add(place, "emoji_without_placeholder")
        elif index in seen:
            findings.add(place, "repeated")
        seen.add(index)


def _dollars(words: str) -> set[int]:
    """Return where `$` stands outside of variables, in UTF-16 units."""
    inside = {position for variable in written_in(words) for position in range(variable.start, variable.end)}
    found: set[int] = set()
    units = 0
    for position, character in enumerate(words):
        if character == "$" and position not in inside:
            found.add(units)
        units += 2 if character > "\uffff" else 1
    return found


def substitution(value: object, path: Path, findings: Findings) -> None:
    """At most 100 emojis or mentions under keys of letters, digits and underscores."""
    if not isinstance(value, dict):
        findings.add(path, "not_an_object")
        return
    if len(value) > _MOST_SUBSTITUTIONS:
        findings.add(path, "too_many", most=_MOST_SUBSTITUTIONS, length=len(value))
    for name, substitute in list(value.items())[:_MOST_SUBSTITUTIONS]:
        place = (*path, shown(str(name)))
        if not _KEY.fullmatch(str(name)):
            findings.add(place, "wrong_form", example="emoji_1")
        _SUBSTITUTE(substitute, place, findings)
        if isinstance(substitute, dict) and substitute.get("type") == "mention":
            findings.add(place, "mention_needs_group")


SUBSTITUTION: Check = substitution


def placeholder_rules(value: dict[str, Any], path: Path, findings: Findings) -> None:
    """Braces of text v2 come in pairs, each name is explained, and at most 20 emojis are put in."""
    words, known = value.get("text"), value.get("substitution", {})
    if not isinstance(words, str) or not isinstance(known, dict):
        return
    place = (*path, "text")
    used = [match for match in _BRACES.finditer(VARIABLE.sub("", words)) if match[0] not in ("{{", "}}")]
    if any(match[0] in "{}" for match in used):
        findings.add(place, "unpaired_brace")
    names = [match[1] for match in used if match[1] is not None]
    for name in names:
        if name not in known:
            findings.add(place, "unknown_placeholder", name=shown(name))
    if len(names) > MOST_EMOJIS:
        findings.add(place, "too_many", most=MOST_EMOJIS, length=len(names))
