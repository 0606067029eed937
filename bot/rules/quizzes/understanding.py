"""Answers that are typed instead of tapped."""

import re
from collections.abc import Sequence

from bot.rules.keywords import fold
from bot.rules.quizzes.content import Choice, Kind, Question
from bot.rules.quizzes.values import read_chinese_number

_LABEL = re.compile(r"(?:我?选)?第?[(\[]?([0-9]{1,2}|[a-z]|[一二三四五六七八九十]{1,3})[)\].、。:]?(?:个|项|号|题)?")
_BEFORE = ("我的是", "我是", "我选", "选", "是", "应该是")
_BETWEEN = re.compile(r"[\s、,，;/&+]+|和|跟|与|及")
_DONE = frozenset(fold(word) for word in ("完成", "好了", "選好了", "確定", "送出", "ok", "done"))
_SKIP = frozenset(fold(word) for word in ("跳過", "略過", "不填", "不想回答", "skip", "pass"))
_SHORTEST_PART = 2
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def is_done(text: str) -> bool:
    """Whether somebody says that they have chosen everything."""
    return fold(text) in _DONE


def is_skip(text: str) -> bool:
    """Whether somebody says that they want to pass a question."""
    return fold(text) in _SKIP


def read_choices(question: Question, text: str, *, only_exact: bool = False) -> tuple[Choice, ...]:
    """Return the choices that a text names, none if it does not; several only where several can be chosen.

    Understood are a choice's text, its number or letter (1, １, A, 第一個), words before it (我選…), and a part that
    stands in one choice alone. With `only_exact` a part is not enough.
    """
    said = fold(text)
    one = _find(question.choices, said, only_exact=only_exact)
    if one is not None:
        return (one,)
    if question.kind is not Kind.MULTIPLE:
        return ()
    parts = [part for part in _BETWEEN.split(said) if part]
    if len(parts) == 1 and len(question.choices) < 10 and re.fullmatch("[1-9]+|[a-i]+", said):
        parts = list(said)  # 13, AC
    found = [_find(question.choices, part, only_exact=only_exact) for part in parts]
    return tuple(dict.fromkeys(choice for choice in found if choice)) if all(found) else ()


def _find(choices: Sequence[Choice], said: str, *, only_exact: bool) -> Choice | None:
    for choice in choices:
        if fold(choice.text) == said:
            return choice
    place = _place(said)
    if place is not None:
        return choices[place] if place < len(choices) else None
    for before in _BEFORE:
        if said.startswith(before) and (rest := said.removeprefix(before).strip()):
            return _find(choices, rest, only_exact=True)
    if only_exact or len(said) < _SHORTEST_PART:
        return None
    holding = [choice for choice in choices if said in fold(choice.text)]
    return holding[0] if len(holding) == 1 else None


def _place(said: str) -> int | None:
    """Return which choice a label means, from 0; None for what is no label."""
    found = _LABEL.fullmatch(said)
    if found is None:
        return None
    label = found[1]
    if label in _LETTERS:
        return _LETTERS.index(label)
    number = int(label) if label.isdigit() else read_chinese_number(label)
    return number - 1 if number else None
