"""Questions and results as somebody sends them, brought into the form in which they are kept."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from bot.rules.quizzes.content import END, WITH_CHOICES, Ending, Kind
from bot.rules.quizzes.taps import KEY

Json = dict[str, Any]
USABLE_KEY = re.compile(KEY)


def tidy_questions(given: Sequence[Any], *, used: Mapping[str, Collection[str]]) -> list[Json]:
    """Return questions with every field, and a key for each question and choice that has none.

    `used` maps the keys of questions of earlier versions to those of their choices: a new question never gets the
    key of a deleted one, whose answers are kept.
    """
    taken = {*used, END, *_keys(given)}
    return [_question(one, taken, used) for one in given]


def tidy_results(given: Sequence[Any], *, used: Collection[str]) -> list[Json]:
    """Return results with every field, and a key for each that has none."""
    taken = {*used, *_keys(given)}
    return [_result(one, taken) for one in given]


def tidy_ending(given: Mapping[str, Any]) -> Json:
    """Return the ending with every field."""
    return {"by": given.get("by") or Ending.SCORE.value, "messages": list(given.get("messages") or ())}


def _keys(given: Sequence[Any]) -> Iterator[str]:
    for one in given:
        key = one.get("key") if isinstance(one, Mapping) else None
        if isinstance(key, str):
            yield key


def _question(given: Any, taken: set[str], used: Mapping[str, Collection[str]]) -> Json:
    one: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    key = one.get("key") or _new_key("q", taken)
    choices = _list(one.get("choices"))
    choices_taken = {*used.get(key, ()), *_keys(choices)} if isinstance(key, str) else set[str]()
    kept: Json = {
        "key": key,
        "kind": one.get("kind"),
        "text": _stripped(one.get("text")),
        "required": one.get("required", True),
        "attribute": _stripped(one.get("attribute")) or None,
        "picture_url": _stripped(one.get("picture_url")) or None,
        "explanation": _stripped(one.get("explanation")) or None,
        "next": one.get("next") or None,
    }
    if kept["kind"] == Kind.MULTIPLE:
        kept["most"] = one.get("most")
    if choices or kept["kind"] in list(WITH_CHOICES):
        kept["choices"] = [_choice(choice, choices_taken) for choice in choices]
    return kept


def _choice(given: Any, taken: set[str]) -> Json:
    one: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    return {
        "key": one.get("key") or _new_key("c", taken),
        "text": _stripped(one.get("text")),
        "tags": _as_list(one.get("tags") or []),
        "score": 0 if one.get("score") is None else one["score"],
        "next": one.get("next") or None,
        "picture_url": _stripped(one.get("picture_url")) or None,
        "correct": one.get("correct") or False,
        "result": one.get("result") or None,
        "value": _stripped(one.get("value")) or None,
    }


def _result(given: Any, taken: set[str]) -> Json:
    one: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    return {
        "key": one.get("key") or _new_key("r", taken),
        "name": _stripped(one.get("name")),
        "min_score": one.get("min_score"),
        "max_score": one.get("max_score"),
        "tags": _as_list(one.get("tags") or []),
        "messages": _as_list(one.get("messages") or []),
        "reward": one.get("reward") or None,
    }


def _new_key(letter: str, taken: set[str]) -> str:
    number = 1
    while f"{letter}{number}" in taken:
        number += 1
    taken.add(f"{letter}{number}")
    return f"{letter}{number}"


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _as_list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _stripped(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value
