"""What the buttons of the quiz editor do to the form: add, move, copy, remove. Everything else typed stays."""

from collections.abc import Callable
from copy import deepcopy

from flask import abort

from handlers.admin.form_trees import Tree, inner, text
from handlers.admin.quiz_forms import QuizForm
from handlers.admin.quiz_rows import WITH_CHOICES, fresh_key, number_of

MOST_QUESTIONS = 50
MOST_CHOICES = 40
MOST_RESULTS = 50
FIRST_CHOICES = 2


def operate(form: QuizForm, wanted: str) -> None:
    """Do what a button says, `up:2` for instance; a place that is not there is a bad request."""
    name, _, rest = wanted.partition(":")
    if name not in OPERATIONS:
        abort(400)
    try:
        OPERATIONS[name](form, [int(part) for part in rest.split(":") if part])
    except (IndexError, ValueError):
        abort(400)


def _add_question(form: QuizForm, _: list[int]) -> None:
    if len(form.questions) < MOST_QUESTIONS:
        row: Tree = {"key": _fresh_question(form), "kind": "single", "required": "1", "choices": [], "is_new": "1"}
        form.questions.append(_with_choices(row))


def _copy_question(form: QuizForm, place: list[int]) -> None:
    if len(form.questions) < MOST_QUESTIONS:
        copied = {**deepcopy(form.questions[place[0]]), "key": _fresh_question(form), "is_new": "1"}
        form.questions.insert(place[0] + 1, copied)


def _change_kind(form: QuizForm, place: list[int]) -> None:
    row = form.questions[place[0]]
    if text(row, "kind") in WITH_CHOICES:
        form.questions[place[0]] = _with_choices(row)


def _add_choice(form: QuizForm, place: list[int]) -> None:
    row = form.questions[place[0]]
    if len(inner(row, "choices")) < MOST_CHOICES:
        form.questions[place[0]] = _with_choices(row, more=1)


def _add_result(form: QuizForm, _: list[int]) -> None:
    if len(form.results) < MOST_RESULTS:
        key = fresh_key("r", [text(row, "key") for row in form.results], _newest(form))
        form.newest = str(max(_newest(form), int(key.removeprefix("r"))))
        form.results.append({"key": key, "is_new": "1"})


def _move(rows_of: Callable[[QuizForm, list[int]], list[Tree]], step: int) -> Callable[[QuizForm, list[int]], None]:
    def move(form: QuizForm, place: list[int]) -> None:
        rows, here = rows_of(form, place), place[-1]
        there = here + step
        if 0 <= there < len(rows):
            rows[here], rows[there] = rows[there], rows[here]

    return move


def _drop(rows_of: Callable[[QuizForm, list[int]], list[Tree]]) -> Callable[[QuizForm, list[int]], None]:
    def drop(form: QuizForm, place: list[int]) -> None:
        del rows_of(form, place)[place[-1]]

    return drop


def _questions(form: QuizForm, _: list[int]) -> list[Tree]:
    return form.questions


def _results(form: QuizForm, _: list[int]) -> list[Tree]:
    return form.results


def _choices(form: QuizForm, place: list[int]) -> list[Tree]:
    row = form.questions[place[0]]
    choices = row["choices"] = inner(row, "choices")
    return choices


def _with_choices(row: Tree, more: int = 0) -> Tree:
    """Return a question with empty choices to fill in; keys of removed choices are not given again."""
    choices, newest = list(inner(row, "choices")), _whole(row, "newest")
    for _ in range(more or max(0, FIRST_CHOICES - len(choices))):
        key = fresh_key("", [text(choice, "key") for choice in choices], newest)
        newest = number_of(key)
        choices.append({"key": key, "is_new": "1" if more else ""})
    return {**row, "choices": choices, "newest": str(newest)}


def _fresh_question(form: QuizForm) -> str:
    key = fresh_key("q", [text(row, "key") for row in form.questions], _newest(form))
    form.newest = key.removeprefix("q")
    return key


def _newest(form: QuizForm) -> int:
    return _whole({"newest": form.newest}, "newest")


def _whole(row: Tree, name: str) -> int:
    return int(text(row, name)) if text(row, name).isdecimal() else 0


OPERATIONS: dict[str, Callable[[QuizForm, list[int]], None]] = {
    "add": _add_question,
    "copy": _copy_question,
    "drop": _drop(_questions),
    "up": _move(_questions, -1),
    "down": _move(_questions, 1),
    "kind": _change_kind,
    "add-choice": _add_choice,
    "drop-choice": _drop(_choices),
    "choice-up": _move(_choices, -1),
    "choice-down": _move(_choices, 1),
    "add-result": _add_result,
    "drop-result": _drop(_results),
    "result-up": _move(_results, -1),
    "result-down": _move(_results, 1),
    "refresh": lambda form, place: None,  # noqa: ARG005 another way to choose the result shows other fields
}
