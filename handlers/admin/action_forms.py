"""Buttons of messages as staff fill them in: a label, what it does, and one value."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from handlers.admin.form_trees import Tree, is_blank, text

SIMPLE = {
    "message": _l("說出文字"),
    "uri": _l("開啟網址"),
    "postback": _l("回傳資料"),
}
_VALUES = {"message": "text", "uri": "uri", "postback": "data"}


def open_action(action: Any) -> Tree | None:
    """Return the form of an action, or None if the form cannot hold all of it."""
    if not isinstance(action, dict) or action.get("type") not in _VALUES:
        return None
    kind = str(action["type"])
    draft = {"label": action.get("label", ""), "kind": kind, "value": action.get(_VALUES[kind], "")}
    if not all(isinstance(value, str) for value in draft.values()):
        return None
    return draft if to_action(draft) == action else None


def open_actions(actions: Any) -> list[Tree] | None:
    """Return the forms of several actions, or None if one of them does not fit."""
    if not isinstance(actions, list):
        return None
    drafts = [open_action(action) for action in actions]
    return None if None in drafts else [draft for draft in drafts if draft is not None]


def to_action(draft: Tree) -> dict[str, Any]:
    """Return LINE's action; a postback shows its label in the chat."""
    kind = text(draft, "kind") if text(draft, "kind") in _VALUES else "message"
    label, value = text(draft, "label").strip(), text(draft, "value").strip()
    if kind == "message" and not value:
        value = label
    action = {"type": kind, "label": label, _VALUES[kind]: value}
    return {**action, "displayText": label} if kind == "postback" else action


def to_actions(drafts: Sequence[Tree]) -> list[dict[str, Any]]:
    """Return LINE's actions."""
    return [to_action(draft) for draft in drafts]


def without_blanks(drafts: Sequence[Tree]) -> list[Tree]:
    """Leave out rows nobody filled in."""
    return [draft for draft in drafts if not is_blank(draft, "label", "value")]
