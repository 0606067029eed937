"""Ways through a quiz: what can be reached, what leads to the end, how far it is."""

from collections import deque
from collections.abc import Iterable, Mapping

from bot.rules.quizzes.content import Sheet


def reachable(sheet: Sheet, start: str | None = None) -> set[str]:
    """Return the keys of all questions that can come after `start`, itself included; by default the first."""
    if start is None:
        start = sheet.questions[0].key
    return _walk({question.key: _ways(sheet, question.key) for question in sheet.questions}, [start])


def never_ending(sheet: Sheet) -> list[str]:
    """Return the keys of reachable questions from which no answer ever leads to the end."""
    back: dict[str, set[str]] = {question.key: set() for question in sheet.questions}
    last: list[str] = []
    for question in sheet.questions:
        ways = sheet.ways[question.key]
        if None in ways:
            last.append(question.key)
        for way in ways - {None}:
            back[str(way)].add(question.key)
    ending = _walk(back, last)
    return [question.key for question in sheet.questions if question.key in reachable(sheet) - ending]


def longest_way(sheet: Sheet, start: str) -> int:
    """Return how many questions are asked at most from `start` on; a way back counts each question once."""
    lengths: dict[str, int] = {}
    for key in _last_first(sheet, start):
        lengths[key] = 1 + max((lengths[way] for way in _ways(sheet, key) if way in lengths), default=0)
    return lengths[start]


def _ways(sheet: Sheet, key: str) -> set[str]:
    return {way for way in sheet.ways[key] if way is not None}


def _walk(ways: Mapping[str, set[str]], starts: Iterable[str]) -> set[str]:
    waiting, seen = deque(starts), set[str]()
    while waiting:
        key = waiting.popleft()
        if key not in seen:
            seen.add(key)
            waiting.extend(ways[key] - seen)
    return seen


def _last_first(sheet: Sheet, start: str) -> list[str]:
    """Return the questions from `start` on, each after those that follow it, as far as there is no way back."""
    ordered: list[str] = []
    seen: set[str] = set()
    waiting: list[tuple[str, bool]] = [(start, False)]
    while waiting:
        key, is_done = waiting.pop()
        if is_done:
            ordered.append(key)
        elif key not in seen:
            seen.add(key)
            waiting.append((key, True))
            waiting.extend((way, False) for way in sorted(_ways(sheet, key)) if way not in seen)
    return ordered
