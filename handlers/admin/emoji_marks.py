"""LINE's own emojis in a text field: written as (emoji:PRODUCT:EMOJI), kept as LINE's `$` with its place."""

import re
from typing import Any

MARK = re.compile(r"\(emoji:([0-9a-f]{1,64}):([0-9]{1,6})\)")
PLACEHOLDER = "$"


def read(written: str) -> dict[str, Any]:
    """Return a text message. Places are counted in UTF-16 units (reference: text message)."""
    pieces: list[str] = []
    emojis: list[dict[str, Any]] = []
    position, length = 0, 0
    for match in MARK.finditer(written):
        before = written[position : match.start()]
        length += _units(before)
        emojis.append({"index": length, "productId": match[1], "emojiId": match[2]})
        pieces += [before, PLACEHOLDER]
        length += 1
        position = match.end()
    message: dict[str, Any] = {"type": "text", "text": "".join((*pieces, written[position:]))}
    return {**message, "emojis": emojis} if emojis else message


def write(message: dict[str, Any]) -> str | None:
    """Return the text with marks; None where the emojis do not stand at their `$`."""
    words, emojis = message.get("text"), message.get("emojis", [])
    if not isinstance(words, str) or not isinstance(emojis, list):
        return None
    units = words.encode("utf-16-le")
    written, position = "", 0
    for emoji in sorted(
        (one for one in emojis if isinstance(one, dict)), key=lambda one: str(one.get("index")).zfill(6)
    ):
        index = emoji.get("index")
        if not isinstance(index, int) or units[index * 2 : index * 2 + 2] != PLACEHOLDER.encode("utf-16-le"):
            return None
        before = units[position : index * 2].decode("utf-16-le", "replace")
        written += f"{before}(emoji:{emoji.get('productId')}:{emoji.get('emojiId')})"
        position = index * 2 + 2
    return written + units[position:].decode("utf-16-le", "replace")


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
