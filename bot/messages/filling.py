"""Putting one friend's values into the variables of messages, within LINE's limits."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.messages.builders import LineMessage
from bot.messages.checks import check
from bot.messages.faults import Fault, Path
from bot.messages.lengths import cut_to_graphemes, cut_to_utf16, utf16_length
from bot.messages.variables import OPENING, is_url_field, url_value, value_of, written_in

NOTHING_LEFT = "…"  # LINE refuses an empty text: this stands where a value was all there was
_VALUE_LENGTHS = (5_000, 500, 100, 20, 0)  # tried in turn until a Flex message fits into its bytes
_ROUNDS = 4  # a text is cut, its braces mended, a limit that depends on others looked at again
_CUT_ESCAPE = re.compile(r"%[0-9A-Fa-f]?$")

Replace = Callable[[str], str]


def fill(messages: Sequence[LineMessage], values: Mapping[str, str]) -> list[LineMessage]:
    """Return `messages` with `{{name}}` replaced by its value, and the input untouched.

    A missing or blank value becomes the fallback of `{{name|朋友}}`, else nothing. What grows beyond LINE's limit is
    cut between two characters, indexes of LINE emojis move along, and in URLs values are percent-encoded.
    """
    return [_fill_message(message, values) if _has_variables(message) else message for message in messages]


def _has_variables(value: object) -> bool:
    if isinstance(value, str):
        return OPENING in value
    if isinstance(value, dict):
        return any(_has_variables(one) for one in value.values())
    return isinstance(value, list) and any(_has_variables(one) for one in value)


def _fill_message(message: LineMessage, values: Mapping[str, str]) -> LineMessage:
    filled = message
    for most in _VALUE_LENGTHS:
        shorter = {name: cut_to_utf16(value, most) for name, value in values.items()}
        filled = _filled(message, shorter)
        if not any(fault.code == "too_big" for fault in _shorten(filled)):
            break
    return filled


def _filled(message: LineMessage, values: Mapping[str, str]) -> LineMessage:
    """Return a deep copy with the variables replaced; the emojis of a text message keep their places."""
    is_v2 = message.get("type") == "textV2"
    replaced: LineMessage = _replaced(message, "", values)
    text = message.get("text")
    if is_v2 and isinstance(text, str):
        replaced["text"] = _replaced_text(text, values, _escaped_for_v2)
    if isinstance(text, str) and isinstance(message.get("emojis"), list):
        replaced["emojis"] = [_moved(emoji, text, values) for emoji in message["emojis"]]
    return replaced


def _replaced(value: Any, name: str, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        if OPENING not in value or name == "type":
            return value
        return _replaced_text(value, values, url_value if is_url_field(name) else str)
    if isinstance(value, dict):
        return {inner: _replaced(one, inner, values) for inner, one in value.items()}
    if isinstance(value, list):
        return [_replaced(one, name, values) for one in value]
    return value


def _replaced_text(text: str, values: Mapping[str, str], write: Replace) -> str:
    pieces: list[str] = []
    position = 0
    for variable in written_in(text):
        pieces += [text[position : variable.start], write(value_of(variable, values))]
        position = variable.end
    return "".join([*pieces, text[position:]])


def _escaped_for_v2(value: str) -> str:
    return value.replace("{", "{{").replace("}", "}}")


def _moved(emoji: Any, text: str, values: Mapping[str, str]) -> Any:
    """Return the emoji with its index moved by what the variables before it gained or lost."""
    index = emoji.get("index") if isinstance(emoji, dict) else None
    if not isinstance(index, int):
        return emoji
    moved = index
    for variable in written_in(text):
        if utf16_length(text[: variable.start]) < index:
            written = utf16_length(text[variable.start : variable.end])
            moved += utf16_length(value_of(variable, values)) - written
    return {**emoji, "index": moved}


def _shorten(message: LineMessage) -> list[Fault]:
    """Cut, in place, what became too long or empty; return what is still wrong."""
    faults: list[Fault] = []
    for _ in range(_ROUNDS):
        faults = check([message])
        mended = [fault for fault in faults if _mend(message, fault)]
        if not mended:
            break
    return faults


def _mend(message: LineMessage, fault: Fault) -> bool:
    """Mend one fault that a value can cause. False if it is of another kind."""
    if fault.code not in ("too_long", "empty", "unpaired_brace"):
        return False
    holder, name = _holder(message, fault.path)
    text = holder[name] if holder is not None else None
    if not isinstance(text, str):
        return False
    if fault.code == "empty":
        holder[name] = NOTHING_LEFT
    elif fault.code == "unpaired_brace":
        holder[name] = text[: max(text.rfind("{"), text.rfind("}"))]
    elif isinstance(name, str) and is_url_field(name):
        holder[name] = _CUT_ESCAPE.sub("", cut_to_utf16(text, _limit(fault)))
    else:
        cut = cut_to_graphemes if fault.parameters.get("unit") == "graphemes" else cut_to_utf16
        holder[name] = cut(text, _limit(fault))
    _drop_lost_emojis(message)
    return True


def _limit(fault: Fault) -> int:
    most = fault.parameters["most"]
    return most if isinstance(most, int) else 0


def _holder(message: LineMessage, path: Path) -> tuple[Any, str | int]:
    """Return the object or list that holds the place, and the place's name in it; `path` begins messages[0].

    None where the place cannot be found again, because its name was shortened to be shown.
    """
    holder: Any = message
    try:
        for part in path[2:-1]:
            holder = holder[part]
        _ = holder[path[-1]]
    except LookupError:
        return None, path[-1]
    return holder, path[-1]


def _drop_lost_emojis(message: LineMessage) -> None:
    """Forget the emojis whose `$` was cut off."""
    text, emojis = message.get("text"), message.get("emojis")
    if isinstance(text, str) and isinstance(emojis, list):
        length = utf16_length(text)
        message["emojis"] = [emoji for emoji in emojis if not _lies_behind(emoji, length)]


def _lies_behind(emoji: object, length: int) -> bool:
    index = emoji.get("index") if isinstance(emoji, dict) else None
    return isinstance(index, int) and index >= length
