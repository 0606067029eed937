"""Staff's patterns, run by RE2: in time that grows with the text only, however they are written."""

from collections.abc import Iterable, Sequence
from typing import Any

import re2

_MOST_MEMORY = 1 << 20  # bytes; a pattern that needs more is refused when it is saved
_SET_MEMORY = 4 << 20
_MOST_IN_SET = 100
# A set answers by states alone and cannot fall back when they do not fit its memory: what is big runs by itself.
_MOST_STEPS_IN_SET = 10_000
_MOST_STEPS_OF_MEMBER = 2_000


def check_pattern(text: str) -> str | None:
    """Return why RE2 does not take the pattern, in RE2's words, or None if it does."""
    try:
        _compile(text)
    except re2.error as refusal:
        reason = refusal.args[0] if refusal.args else "not a pattern"
        return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
    except UnicodeEncodeError:
        return "not valid text"
    return None


class PatternSet:
    """Many patterns that are run over a text together; one that RE2 refuses never matches."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._sets: list[tuple[Any, list[int]]] = []
        self._alone: list[tuple[int, Any]] = []
        members: list[tuple[int, str]] = []
        steps = 0
        for number, text in enumerate(patterns):
            if check_pattern(text) is not None:
                continue
            compiled = _compile(text)
            if compiled.programsize > _MOST_STEPS_OF_MEMBER:
                self._alone.append((number, compiled))
                continue
            if len(members) == _MOST_IN_SET or steps + compiled.programsize > _MOST_STEPS_IN_SET:
                self._add_set(members)
                members, steps = [], 0
            members.append((number, text))
            steps += compiled.programsize
        self._add_set(members)

    def search(self, text: str) -> list[int]:
        """Return the numbers of the patterns that are found anywhere in `text`, as they were counted at the start."""
        found = [number for number, compiled in self._alone if compiled.search(text)]
        for together, numbers in self._sets:
            found += [numbers[index] for index in together.Match(text) or ()]
        return found

    def _add_set(self, members: Sequence[tuple[int, str]]) -> None:
        if not members:
            return
        together = re2.Set.SearchSet(_options(_SET_MEMORY))
        try:
            for _, text in members:
                together.Add(text)
            together.Compile()
        except re2.error:
            self._alone += [(number, _compile(text)) for number, text in members]
        else:
            self._sets.append((together, [number for number, _ in members]))


def _compile(text: str) -> Any:
    return re2.compile(text, options=_options(_MOST_MEMORY))


def _options(memory: int) -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = memory
    return options
