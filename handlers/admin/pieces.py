"""Texts of messages in pieces, for the preview: words, variables, LINE's emojis."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.messages.variables import written_in


@dataclass(frozen=True)
class Piece:
    """One stretch of a text; one of the three is set."""

    text: str = ""
    variable: str = ""
    emoji: Mapping[str, Any] | None = None


def pieces(text: object, emojis: object = None) -> Iterator[Piece]:
    """Cut a text into what is shown differently; takes whatever somebody typed."""
    if not isinstance(text, str):
        return
    marks: list[tuple[int, int, Piece]] = [(one.start, one.end, Piece(variable=one.name)) for one in written_in(text)]
    marks += _emoji_marks(text, emojis)
    position = 0
    for start, end, piece in sorted(marks, key=lambda mark: mark[0]):
        if start < position:
            continue
        if start > position:
            yield Piece(text=text[position:start])
        yield piece
        position = end
    if position < len(text):
        yield Piece(text=text[position:])


def listed(value: object) -> list[Any]:
    """Return the dicts of a list; of anything else nothing."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def action_value(action: object) -> str:
    """Return what a button does, in one line."""
    if not isinstance(action, dict):
        return ""
    return str(action.get("uri") or action.get("text") or action.get("data") or "")


def _emoji_marks(text: str, emojis: object) -> list[tuple[int, int, Piece]]:
    """LINE counts places in UTF-16 units, Python in characters."""
    marks = []
    for emoji in listed(emojis):
        index = emoji.get("index")
        has_ids = _is_id(emoji.get("productId")) and _is_id(emoji.get("emojiId"))
        if not isinstance(index, int) or index < 0 or not has_ids:
            continue
        at = len(text.encode("utf-16-le", "surrogatepass")[: index * 2].decode("utf-16-le", "ignore"))
        if text[at : at + 1] == "$":
            marks.append((at, at + 1, Piece(emoji=emoji)))
    return marks


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.isalnum()
