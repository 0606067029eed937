"""The message editor: what htmx asks for while staff write."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from bot.messages import check, sentence
from bot.services import accounts
from bot.services.message_faults import VARIABLES
from bot.services.quiz_checks import RESULT_VARIABLES
from handlers.admin import display, form_trees, message_forms
from handlers.admin.access import allow
from handlers.admin.action_forms import without_blanks
from handlers.admin.form_trees import Tree, inner, text
from handlers.processes import current_runtime
from models import Role

blueprint = Blueprint("messages", __name__, url_prefix="/messages")
ROOT = re.compile(r"[a-z][A-Za-z0-9_-]{0,40}")  # begins the names of one list's fields, and of its elements
RESULTS = ("result_", "ending")  # roots of what a quiz says at its end
MOST_COLUMNS = 10
JSON_KINDS = {"raw": "json", "flex": "contents"}  # kinds with a field of JSON


@dataclass
class Editor:
    """One list of messages in the hands of staff."""

    root: str
    drafts: list[Tree]
    quick: list[Tree]

    @classmethod
    def from_form(cls, root: str) -> "Editor":
        """Read what was typed."""
        drafts = [message_forms.tidy(draft) for draft in form_trees.rows(request.form, root)]
        quick = without_blanks(form_trees.rows(request.form, f"{root}_quick"))
        return cls(root, drafts[: message_forms.MOST_BLOCKS], quick)

    @classmethod
    def from_messages(cls, root: str, messages: list[Any]) -> "Editor":
        """Open what is stored."""
        return cls(root, *message_forms.open_messages(messages))

    def to_messages(self) -> tuple[list[Any], list[Any]]:
        """Return LINE's JSON, and the faults of JSON typed by hand."""
        return message_forms.to_messages(self.drafts, self.quick, root=self.root)

    def problems(self) -> list[str]:
        """Return in sentences what LINE would refuse at this moment; nothing for a list nobody began."""
        messages, faults = self.to_messages()
        if faults:
            return [display.said(fault) for fault in faults]
        language = display.locale_tag()
        variables = RESULT_VARIABLES if self.root.startswith(RESULTS) else VARIABLES
        found = check(messages, variables=variables) if messages else []
        return [sentence(fault, language) for fault in found[:5]]


@blueprint.post("/<root>/edit")
@allow(Role.MARKETER)
def edit(root: str) -> ResponseReturnValue:
    """Add, move, change or drop a message, and give the editor back with everything typed in it."""
    editor = _editor(root)
    name, _, rest = request.args.get("op", "").partition(":")
    if name not in OPERATIONS:
        abort(400)
    try:
        OPERATIONS[name](editor, rest)
    except (IndexError, ValueError):
        abort(400)
    return render_template("admin/messages/_editor.html", **_shown(editor))


@blueprint.post("/<root>/preview")
@allow(Role.MARKETER)
def preview(root: str) -> ResponseReturnValue:
    """Show what is being typed as a phone would."""
    return render_template("admin/messages/_preview.html", **_shown(_editor(root)))


def _editor(root: str) -> Editor:
    if not ROOT.fullmatch(root):
        abort(404)
    return Editor.from_form(root)


def _shown(editor: Editor) -> dict[str, Any]:
    with current_runtime().db() as session:
        name = accounts.get_account(session).display_name
    return {
        "root": editor.root,
        "drafts": editor.drafts,
        "quick": editor.quick,
        "messages": editor.to_messages()[0],
        "problems": editor.problems(),
        "account_name": name,
    }


def _add(editor: Editor, kind: str) -> None:
    if len(editor.drafts) < message_forms.MOST_BLOCKS:
        editor.drafts.append(_fresh(kind))


def _fresh(kind: str) -> Tree:
    return message_forms.tidy({"kind": kind, "columns": [{}]} if kind == "carousel" else {"kind": kind})


def _drop(editor: Editor, at: str) -> None:
    del editor.drafts[int(at)]


def _move(step: int) -> Callable[[Editor, str], None]:
    def move(editor: Editor, at: str) -> None:
        here = int(at)
        there = here + step
        if 0 <= there < len(editor.drafts):
            editor.drafts[here], editor.drafts[there] = editor.drafts[there], editor.drafts[here]

    return move


def _kind(editor: Editor, at: str) -> None:
    """Change the kind: whatever the new form has a place for stays; JSON shows the message as it was."""
    draft = editor.drafts[int(at)]
    wanted, before = text(draft, "kind"), text(draft, "was")
    earlier = {**draft, "kind": before}
    if before in JSON_KINDS and text(draft, JSON_KINDS[before]).strip():
        editor.drafts[int(at)] = _from_json(earlier, wanted)
    elif wanted == "raw" and before in message_forms.KINDS:
        editor.drafts[int(at)] = message_forms.as_raw(message_forms.to_message(earlier)[0])
    elif wanted == "carousel" and not inner(draft, "columns"):
        column = {name: draft[name] for name in (*message_forms.COLUMN, "actions") if name in draft}
        editor.drafts[int(at)] = {**draft, "columns": [column]}


def _from_json(draft: Tree, wanted: str) -> Tree:
    """Return the form of another kind if it holds what the JSON says; else the JSON stays where it is."""
    message, problem = message_forms.to_message(draft)
    if problem is not None:
        return draft
    opened = message_forms.as_raw(message) if wanted == "raw" else message_forms.open_message(message)
    return opened if opened["kind"] == wanted else draft


def _raw(editor: Editor, at: str) -> None:
    message, problem = message_forms.to_message(editor.drafts[int(at)])
    if problem is None:
        editor.drafts[int(at)] = message_forms.as_raw(message)


def _form(editor: Editor, at: str) -> None:
    message, problem = message_forms.to_message(editor.drafts[int(at)])
    if problem is None:
        editor.drafts[int(at)] = message_forms.open_message(message)


def _add_column(editor: Editor, at: str) -> None:
    columns = inner(editor.drafts[int(at)], "columns")
    if len(columns) < MOST_COLUMNS:
        editor.drafts[int(at)]["columns"] = [*columns, {}]


def _drop_column(editor: Editor, at: str) -> None:
    block, _, column = at.partition(":")
    del editor.drafts[int(block)]["columns"][int(column)]


OPERATIONS: dict[str, Callable[[Editor, str], None]] = {
    "add": _add,
    "drop": _drop,
    "up": _move(-1),
    "down": _move(1),
    "kind": _kind,
    "raw": _raw,
    "form": _form,
    "add-column": _add_column,
    "drop-column": _drop_column,
    "quick": lambda editor, rest: None,  # noqa: ARG005 there is always one empty row more than filled ones
}
