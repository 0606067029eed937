"""Questions, choices and results of a quiz: from the stored JSON to rows of a form, and back."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.errors import FieldFault
from handlers.admin.form_trees import Tree, inner, is_blank, text

Faults = list[FieldFault]
Row = Mapping[str, Any]
WITH_CHOICES = ("single", "multiple")
KEY = re.compile(r"[A-Za-z0-9_-]{1,20}")
BETWEEN_TAGS = re.compile(r"[,，、;；\n]+")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
CHOICE_FIELDS = ("text", "score", "value", "picture_url")


def open_question(question: Mapping[str, Any]) -> Tree:
    """Return the row of a stored question."""
    return {
        **{name: _shown(question.get(name)) for name in ("key", "kind", "text", "attribute", "picture_url")},
        **{name: _shown(question.get(name)) for name in ("explanation", "next", "most")},
        "required": "1" if question.get("required", True) else "",
        "choices": [open_choice(choice) for choice in question.get("choices") or []],
    }


def open_choice(choice: Mapping[str, Any]) -> Tree:
    """Return the row of a stored choice."""
    return {
        **{name: _shown(choice.get(name)) for name in ("key", "next", "result", *CHOICE_FIELDS)},
        "score": _shown(choice.get("score") or None),
        "correct": "1" if choice.get("correct") else "",
        **_open_tags(choice),
    }


def open_result(result: Mapping[str, Any]) -> Tree:
    """Return the row of a stored result; its messages stand in an editor."""
    reward = result.get("reward") or {}
    return {
        **{name: _shown(result.get(name)) for name in ("key", "name", "min_score", "max_score")},
        "reward_points": _shown(reward.get("points")),
        "reward_text": _shown(reward.get("text")),
        **_open_tags(result),
    }


def with_key(row: Tree, beginning: str) -> Tree:
    """Return a row whose key can be one; whatever else came from the form is replaced."""
    key = text(row, "key")
    return row if KEY.fullmatch(key) else {**row, "key": f"{beginning}1"}


def question(row: Tree, place: str, faults: Faults) -> dict[str, Any]:
    """Return the JSON of a question; what cannot be read goes to `faults`."""
    kind = text(row, "kind") or "single"
    made: dict[str, Any] = {
        "key": text(row, "key"),
        "kind": kind,
        "text": text(row, "text").strip(),
        "required": bool(text(row, "required")),
        **_filled(row, "attribute", "picture_url", "explanation", "next"),
    }
    most = whole(text(row, "most"), f"{place}.most", faults) if kind == "multiple" else None
    if most is not None:
        made["most"] = most
    if kind in WITH_CHOICES:
        made["choices"] = [
            _choice(one, f"{place}.choices.{number}", faults) for number, one in enumerate(inner(row, "choices"))
        ]
    return made


def result(row: Tree, place: str, faults: Faults) -> dict[str, Any]:
    """Return the JSON of a result without its messages; what cannot be read goes to `faults`."""
    made: dict[str, Any] = {
        "key": text(row, "key"),
        "name": text(row, "name").strip(),
        "tags": _tags(row),
    }
    for name in ("min_score", "max_score"):
        made[name] = whole(text(row, name), f"{place}.{name}", faults)
    points = whole(text(row, "reward_points"), f"{place}.reward_points", faults)
    promised = text(row, "reward_text").strip()
    if points is not None and promised:
        faults.append(FieldFault(f"{place}.reward_text", "點數和其他獎勵只能選一種。"))
    if points is not None:
        made["reward"] = {"points": points}
    elif promised:
        made["reward"] = {"text": promised}
    return made


def whole(written: str, field: str, faults: Faults) -> int | None:
    """Return the whole number in a field, None where nothing was written; anything else goes to `faults`."""
    if not written.strip():
        return None
    try:
        return int(written.strip())
    except ValueError:
        faults.append(FieldFault(field, "請填整數。"))
        return None


def is_blank_choice(row: Tree) -> bool:
    """Whether nobody wrote anything into a choice."""
    return is_blank(row, *CHOICE_FIELDS, "new_tags") and not tag_ids(row)


def tag_ids(row: Tree) -> list[int]:
    """Return the ids of the tags that are ticked."""
    return [int(one) for one in row.get("tags") or [] if str(one).isdecimal()]


def number_of(key: str) -> int:
    """Return the number in a key that was given by counting: 3 for q3 and for c; 0 for any other."""
    if len(key) == 1 and key in LETTERS:
        return LETTERS.index(key) + 1
    found = re.fullmatch(r"[a-z]([0-9]{1,9})", key)
    return int(found[1]) if found else 0


def newest_numbers(versions: Iterable[tuple[Sequence[Row], Sequence[Row]]]) -> dict[str, int]:
    """Return the highest number in keys of choices by question, and under "" that of questions and results.

    `versions` are the questions and results of every version: answers name them by key, so no key is given twice.
    """
    newest = {"": 0}
    for questions, results in versions:
        for one in (*questions, *results):
            newest[""] = max(newest[""], number_of(one["key"]))
        for question in questions:
            choices = [number_of(choice["key"]) for choice in question.get("choices") or []]
            newest[question["key"]] = max([newest.get(question["key"], 0), *choices])
    return newest


def fresh_key(beginning: str, used: Sequence[str], least: int = 0) -> str:
    """Return a key that counts on from those that are used, and from `least`."""
    number = max([least, *map(number_of, used)]) + 1
    key = LETTERS[number - 1] if not beginning and number <= len(LETTERS) else f"{beginning or 'c'}{number}"
    return key if key not in used else fresh_key(beginning, used, number)


def _choice(row: Tree, place: str, faults: Faults) -> dict[str, Any]:
    return {
        "key": text(row, "key"),
        "text": text(row, "text").strip(),
        "tags": _tags(row),
        "score": whole(text(row, "score"), f"{place}.score", faults) or 0,
        "correct": bool(text(row, "correct")),
        **_filled(row, "result", "picture_url", "value", "next"),
    }


def _tags(row: Tree) -> list[int | str]:
    """Return the tags that are ticked and the names that are written; saving makes tags of new names."""
    names = [name.strip() for name in BETWEEN_TAGS.split(text(row, "new_tags"))]
    return [*tag_ids(row), *(name for name in names if name)]


def _filled(row: Tree, *names: str) -> dict[str, str]:
    return {name: value for name in names if (value := text(row, name).strip())}


def _open_tags(stored: Mapping[str, Any]) -> Tree:
    """Ids are ticked; names, which only samples have, are written."""
    tags = stored.get("tags") or []
    return {
        "tags": [str(one) for one in tags if isinstance(one, int)],
        "new_tags": "、".join(one for one in tags if isinstance(one, str)),
    }


def _shown(value: object) -> str:
    return "" if value is None else str(value)
