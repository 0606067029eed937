"""From the place of a fault in LINE's JSON to the field of the form that holds it."""

import re
from collections.abc import Iterable, Mapping

from bot.errors import FieldFault
from handlers.admin import display
from handlers.admin.form_trees import Tree, text

_VALUES = re.compile(r"(actions|items)\.(\d+)\.(?:action\.)?(text|uri|data|displayText)$")


def by_field(faults: Iterable[FieldFault], editors: Mapping[str, list[Tree]]) -> dict[str, list[str]]:
    """Return sentences by the name of the form's field; `editors` are the drafts by the root of their names."""
    placed: dict[str, list[str]] = {}
    for fault in faults:
        sentences = placed.setdefault(field_of(fault.field, editors), [])
        sentence = display.said(fault)
        if sentence not in sentences:
            sentences.append(sentence)
    return placed


def field_of(place: str, editors: Mapping[str, list[Tree]]) -> str:
    """Return the form's name for `messages[0].template.actions[1].label`."""
    dotted = re.sub(r"\[(\d+)\]", r".\1", place)
    root, _, rest = dotted.partition(".")
    position, _, inside = rest.partition(".")
    if root not in editors or not position.isdecimal() or int(position) >= len(editors[root]):
        return dotted
    if inside.startswith("quickReply"):
        return _quick(root, position, inside, editors)
    block = f"{root}.{position}"
    field = _inside(text(editors[root][int(position)], "kind"), inside)
    return f"{block}.{field}" if field else block


def _quick(root: str, position: str, inside: str, editors: Mapping[str, list[Tree]]) -> str:
    if text(editors[root][int(position)], "kind") == "raw":
        return f"{root}.{position}.json"
    match = re.match(r"quickReply\.items\.(\d+)", inside)
    if match is None:
        return f"{root}_quick"
    return f"{root}_quick.{match[1]}.{'label' if inside.endswith('label') else 'value'}"


def _inside(kind: str, inside: str) -> str:
    """Return the field of one block; empty for the block as a whole."""
    if kind == "raw":
        return "json"
    if kind == "flex":
        return "contents" if inside.startswith("contents") else inside
    if kind == "imagemap":
        return "areas" if inside.startswith("actions") else inside.replace("baseSize.", "")
    if inside.startswith("emojis"):
        return "text"
    field = _VALUES.sub(r"\1.\2.value", inside.removeprefix("template."))
    return "" if field in ("template", "actions", "columns", "type") or field.endswith(".actions") else field
