"""Messages as staff fill them in: a form for the usual kinds, LINE's JSON for everything else.

A draft holds what was typed, by LINE's own names; nothing typed is ever lost on the way to
LINE's JSON and back.
"""

import json
from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l

from bot.errors import FieldFault
from handlers.admin import emoji_marks, imagemap_forms
from handlers.admin.action_forms import open_actions, to_actions, without_blanks
from handlers.admin.form_trees import Tree, inner, is_blank, text

MOST_BLOCKS = 5
KINDS = {
    "text": _l("文字"),
    "sticker": _l("貼圖"),
    "image": _l("圖片"),
    "video": _l("影片"),
    "imagemap": _l("圖文訊息"),
    "buttons": _l("按鈕"),
    "confirm": _l("確認"),
    "carousel": _l("多頁訊息"),
    "flex": _l("Flex 訊息"),
    "raw": _l("其他（JSON）"),
}
SENDABLE_STICKERS = (  # the beginnings of two packages of LINE's list of sendable stickers
    (446, range(1988, 2000)),
    (11537, range(52002734, 52002746)),
)
COLUMN = ("thumbnailImageUrl", "title", "text")
NOTHING: dict[str, Any] = {}


def open_messages(messages: list[Any]) -> tuple[list[Tree], list[Tree]]:
    """Return the drafts of stored messages, and those of the quick replies below the last one."""
    listed, quick = list(messages), []
    if listed and isinstance(listed[-1], dict) and "quickReply" in listed[-1]:
        opened = _open_quick(listed[-1]["quickReply"])
        if opened is not None:
            quick = opened
            listed[-1] = {key: value for key, value in listed[-1].items() if key != "quickReply"}
    return [open_message(message) for message in listed], quick


def open_message(message: Any) -> Tree:
    """Return the draft of one message: its form, or JSON if the form would lose something."""
    kind = _kind_of(message)
    if kind in _OPENERS:
        draft = _OPENERS[kind](message)
        if draft is not None and to_message({"kind": kind, **draft})[0] == message:
            return {"kind": kind, **draft}
    return as_raw(message)


def as_raw(message: Any) -> Tree:
    """Return a draft that shows LINE's JSON."""
    return {"kind": "raw", "json": json.dumps(message, ensure_ascii=False, indent=2)}


def tidy(draft: Tree) -> Tree:
    """Leave out rows nobody filled in, so that faults are counted as the rows are shown."""
    kind = text(draft, "kind") if text(draft, "kind") in KINDS else "text"
    tidied = {**draft, "kind": kind}
    if kind == "buttons":
        tidied["actions"] = without_blanks(inner(draft, "actions"))
    elif kind == "confirm":
        tidied["actions"] = inner(draft, "actions")[:2]
    elif kind == "carousel":
        given = inner(draft, "columns")
        columns = [{**column, "actions": without_blanks(inner(column, "actions"))} for column in given]
        filled = [column for column in columns if column["actions"] or not is_blank(column, *COLUMN)]
        tidied["columns"] = filled or columns[:1]
    return tidied


def to_messages(drafts: list[Tree], quick: list[Tree], *, root: str) -> tuple[list[Any], list[FieldFault]]:
    """Return LINE's JSON for drafts, and where JSON that was typed by hand cannot be read."""
    messages: list[Any] = []
    faults: list[FieldFault] = []
    for position, draft in enumerate(drafts):
        message, problem = to_message(draft)
        if problem:
            faults.append(FieldFault(f"{root}.{position}.{problem[0]}", problem[1].text, problem[1].values))
        messages.append(message)
    items = [{"type": "action", "action": action} for action in to_actions(without_blanks(quick))]
    if items and messages and isinstance(messages[-1], dict):
        messages[-1] = {**messages[-1], "quickReply": {"items": items}}
    return messages, faults


def to_message(draft: Tree) -> tuple[Any, tuple[str, FieldFault] | None]:
    """Return LINE's JSON for one draft; where typed JSON cannot be read an empty one, with the field and why."""
    kind = text(draft, "kind")
    if kind == "raw":
        message, fault = _read_json(text(draft, "json"))
        return message, ("json", fault) if fault else None
    if kind == "flex":
        contents, fault = _read_json(text(draft, "contents"))
        message = {"type": "flex", "altText": text(draft, "altText"), "contents": contents}
        return message, ("contents", fault) if fault else None
    return _BUILDERS.get(kind, _text)(draft), None


def _read_json(written: str) -> tuple[Any, FieldFault | None]:
    try:
        return json.loads(written), None
    except json.JSONDecodeError as error:
        place = (("line", error.lineno), ("column", error.colno))
        return NOTHING, FieldFault("json", "這不是正確的 JSON：第 %(line)s 行第 %(column)s 個字附近。", place)
    except RecursionError:
        return NOTHING, FieldFault("json", "JSON 的層數太多。")


def _kind_of(message: Any) -> str:
    if not isinstance(message, dict):
        return "raw"
    kind = message.get("type")
    if kind == "template" and isinstance(message.get("template"), dict):
        kind = message["template"].get("type")
    return kind if isinstance(kind, str) and kind in KINDS else "raw"


def _text(draft: Tree) -> dict[str, Any]:
    return emoji_marks.read(text(draft, "text"))


def _fields(*names: str) -> Callable[[Tree], dict[str, Any]]:
    def build(draft: Tree) -> dict[str, Any]:
        return {"type": text(draft, "kind"), **{name: text(draft, name).strip() for name in names}}

    return build


def _image(draft: Tree) -> dict[str, Any]:
    url = text(draft, "originalContentUrl").strip()
    preview = text(draft, "previewImageUrl").strip()
    return {"type": "image", "originalContentUrl": url, "previewImageUrl": preview or url}


def _template(draft: Tree, template: dict[str, Any], spare: str) -> dict[str, Any]:
    alt = text(draft, "altText").strip() or spare[:400]
    return {"type": "template", "altText": alt, "template": template}


def _buttons(draft: Tree) -> dict[str, Any]:
    template = {"type": "buttons", **_column(draft)}
    return _template(draft, template, text(draft, "text").strip())


def _confirm(draft: Tree) -> dict[str, Any]:
    words = text(draft, "text").strip()
    return _template(draft, {"type": "confirm", "text": words, "actions": to_actions(inner(draft, "actions"))}, words)


def _carousel(draft: Tree) -> dict[str, Any]:
    columns = [_column(column) for column in inner(draft, "columns")]
    return _template(draft, {"type": "carousel", "columns": columns}, columns[0]["text"] if columns else "")


def _column(draft: Tree) -> dict[str, Any]:
    column: dict[str, Any] = {name: value for name in COLUMN if (value := text(draft, name).strip()) or name == "text"}
    return {**column, "actions": to_actions(inner(draft, "actions"))}


def _open_quick(quick: Any) -> list[Tree] | None:
    items = quick.get("items") if isinstance(quick, dict) and set(quick) == {"items"} else None
    if not isinstance(items, list) or not items:
        return None
    if not all(isinstance(one, dict) and set(one) == {"type", "action"} and one["type"] == "action" for one in items):
        return None
    return open_actions([one["action"] for one in items])


def _open_fields(message: dict[str, Any]) -> Tree | None:
    fields = {name: value for name, value in message.items() if name != "type"}
    return fields if all(isinstance(value, str) for value in fields.values()) else None


def _open_text(message: dict[str, Any]) -> Tree | None:
    written = emoji_marks.write(message)
    return None if written is None else {"text": written}


def _open_template(message: dict[str, Any]) -> Tree | None:
    template = message["template"]
    draft: Tree = {"altText": message.get("altText", "")}
    if template["type"] == "carousel":
        given = template.get("columns")
        columns = [_open_column(column) for column in given] if isinstance(given, list) else [None]
        return None if None in columns else {**draft, "columns": columns}
    opened = _open_column(template)
    return None if opened is None else {**draft, **opened}


def _open_column(column: Any) -> Tree | None:
    actions = open_actions(column.get("actions")) if isinstance(column, dict) else None
    if actions is None or not all(isinstance(column.get(name, ""), str) for name in COLUMN):
        return None
    return {**{name: column[name] for name in COLUMN if name in column}, "actions": actions}


def _open_flex(message: dict[str, Any]) -> Tree | None:
    if not isinstance(message.get("altText"), str):
        return None
    return {"altText": message["altText"], "contents": as_raw(message.get("contents"))["json"]}


_BUILDERS: dict[str, Callable[[Tree], dict[str, Any]]] = {
    "text": _text,
    "sticker": _fields("packageId", "stickerId"),
    "image": _image,
    "video": _fields("originalContentUrl", "previewImageUrl"),
    "imagemap": imagemap_forms.build,
    "buttons": _buttons,
    "confirm": _confirm,
    "carousel": _carousel,
}
_OPENERS: dict[str, Callable[[dict[str, Any]], Tree | None]] = {
    "text": _open_text,
    "sticker": _open_fields,
    "image": _open_fields,
    "video": _open_fields,
    "imagemap": imagemap_forms.open_form,
    "buttons": _open_template,
    "confirm": _open_template,
    "carousel": _open_template,
    "flex": _open_flex,
}
