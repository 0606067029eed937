"""Forms with lists in them: fields named `messages.0.actions.1.label` become lists of dicts."""

from typing import Any

from werkzeug.datastructures import MultiDict

Tree = dict[str, Any]
MOST_ITEMS = 5000  # of one list; far beyond what any form of ours may hold


def rows(form: "MultiDict[str, str]", root: str) -> list[Tree]:
    """Return what was typed under `root` as a list of trees, in the order of their numbers."""
    tree: Tree = {}
    for name, values in form.lists():
        if name.startswith(f"{root}."):
            _put(tree, name.removeprefix(f"{root}.").split("."), values)
    listed = _listed(tree)
    return [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []


def is_blank(row: Tree, *names: str) -> bool:
    """Whether none of these fields has a word in it."""
    return not any(str(row.get(name) or "").strip() for name in names)


def text(row: Tree, name: str) -> str:
    """Return what was typed into one field; browsers send CRLF, we keep LF."""
    value = row.get(name)
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def inner(row: Tree, name: str) -> list[Tree]:
    """Return the rows of a list inside a row."""
    value = row.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _put(tree: Tree, parts: list[str], values: list[str]) -> None:
    for part in parts[:-1]:
        following = tree.setdefault(part, {})
        if not isinstance(following, dict):
            return
        tree = following
    is_many = parts[-1].endswith("[]")
    tree[parts[-1].removesuffix("[]")] = list(values) if is_many else values[-1]


def _listed(value: Any) -> Any:
    """Turn dicts whose keys are numbers into lists."""
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() and len(key) <= 4 for key in value):
        return [_listed(value[key]) for key in sorted(value, key=int)][:MOST_ITEMS]
    return {key: _listed(inner) for key, inner in value.items()}
