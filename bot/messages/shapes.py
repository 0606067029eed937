"""The pieces from which the shapes of LINE's objects are put together.

A check looks at one value and notes what is wrong with it; it never raises, whatever JSON it is given.
"""

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bot.messages.faults import Fault, Path
from bot.messages.lengths import grapheme_length, utf16_length
from bot.messages.variables import OPENING, VARIABLE, written_in

MOST_FAULTS = 100  # enough for anybody to mend at a time


@dataclass
class Findings:
    """What a check noted so far, and the variables a text may use (None: any)."""

    variables: Collection[str] | None = None
    faults: list[Fault] = field(default_factory=list)

    def add(self, path: Path, code: str, **parameters: object) -> None:
        """Note one fault; beyond a hundred nobody reads on."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(path, code, parameters))


Check = Callable[[object, Path, Findings], None]
Rule = Callable[[dict[str, Any], Path, Findings], None]
Count = Callable[[str], int]


@dataclass(frozen=True)
class Form:
    """The form a text must have, with an example to show."""

    pattern: re.Pattern[str]
    example: str


def text(
    most: int | None = None,
    *,
    count: Count = utf16_length,
    may_be_blank: bool = False,
    may_be_empty: bool = False,
    form: Form | None = None,
) -> Check:
    """A string, at most `most` long by `count`. Limits hold for the text as written, variables included."""

    def check(value: object, path: Path, findings: Findings) -> None:
        if not isinstance(value, str):
            findings.add(path, "not_text")
            return
        is_empty = not value if may_be_blank else not value.strip()
        if is_empty and not may_be_empty:
            findings.add(path, "empty")
        elif most is not None and len(value) * 2 > most and count(value) > most:
            unit = "graphemes" if count is grapheme_length else "utf16"
            findings.add(path, "too_long", most=most, length=count(value), unit=unit)
        elif form and not form.pattern.fullmatch(value):
            findings.add(path, "wrong_form", example=form.example)
        check_characters(value, path, findings)

    return check


def check_characters(value: str, path: Path, findings: Findings) -> None:
    """Note characters that cannot be sent or stored, and variables nobody knows."""
    if "\x00" in value or not is_encodable(value):
        findings.add(path, "broken_text")
    if OPENING not in value or findings.variables is None:
        return
    for variable in written_in(value):
        if variable.name not in findings.variables:
            meant = closest(variable.name, findings.variables)
            findings.add(path, "unknown_variable", name=variable.name, meant=meant)
    if OPENING in VARIABLE.sub("", value):
        findings.add(path, "broken_variable")


def is_encodable(value: str) -> bool:
    """Say whether UTF-8 can hold the text: half a surrogate pair cannot be stored or sent."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def url(most: int = 2_000, *, schemes: tuple[str, ...] = ("https",)) -> Check:
    """A URL whose scheme is written out; variables may stand behind the scheme."""
    is_text = text(most)

    def check(value: object, path: Path, findings: Findings) -> None:
        before = len(findings.faults)
        is_text(value, path, findings)
        if not isinstance(value, str) or len(findings.faults) > before:
            return
        scheme, colon, rest = value.partition(":")
        if not colon or scheme.lower() not in schemes:
            findings.add(path, "wrong_scheme", allowed=tuple(f"{one}:" for one in schemes))
        elif not _is_address(scheme.lower(), rest, value):
            findings.add(path, "not_a_url")

    return check


def _is_address(scheme: str, rest: str, value: str) -> bool:
    without_variables = VARIABLE.sub("x", value)
    if any(character.isspace() for character in without_variables):
        return False
    if scheme not in ("http", "https"):
        return bool(rest.strip("/"))
    try:
        parts = urlsplit(without_variables)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def one_of(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: object, path: Path, findings: Findings) -> None:
        if not isinstance(value, str):
            findings.add(path, "not_text")
        elif value not in allowed:
            findings.add(path, "not_allowed", value=shown(value), allowed=allowed, meant=closest(value, allowed))

    return check


def number(least: float | None = None, most: float | None = None, *, whole: bool = False) -> Check:
    """A finite number between two limits, both included; true and false are none."""

    def check(value: object, path: Path, findings: Findings) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(_bounded(value)):
            findings.add(path, "not_an_integer" if whole else "not_a_number")
        elif whole and not isinstance(value, int):
            findings.add(path, "not_an_integer")
        elif least is not None and value < least:
            findings.add(path, "too_small", least=least)
        elif most is not None and value > most:
            findings.add(path, "too_great", most=most)

    return check


def _bounded(value: float) -> float:
    """Keep whole numbers too long for a float from raising: they are finite, and too great anyway."""
    return value if isinstance(value, float) else 0.0


def boolean(value: object, path: Path, findings: Findings) -> None:
    """A value that is true or false."""
    if not isinstance(value, bool):
        findings.add(path, "not_true_or_false")


def list_of(check_one: Check, *, least: int = 1, most: int) -> Check:
    """A list of `least` to `most` values; no more than `most` are looked at."""

    def check(value: object, path: Path, findings: Findings) -> None:
        if not isinstance(value, list):
            findings.add(path, "not_a_list")
            return
        if len(value) < least:
            findings.add(path, "too_few", least=least)
        if len(value) > most:
            findings.add(path, "too_many", most=most, length=len(value))
        for index, one in enumerate(value[:most]):
            check_one(one, (*path, index), findings)

    return check


@dataclass(frozen=True)
class Shape:
    """An object: fields it must have, fields it may have, and rules between them (`also`)."""

    required: Mapping[str, Check] = field(default_factory=dict)
    optional: Mapping[str, Check] = field(default_factory=dict)
    also: Rule | None = None

    def __call__(self, value: object, path: Path, findings: Findings) -> None:
        """Check an object; a field that LINE does not know is a fault that names it."""
        if not isinstance(value, dict):
            findings.add(path, "not_an_object")
            return
        known = {**self.required, **self.optional}
        for name, one in value.items():
            if name in known:
                known[name](one, (*path, name), findings)
            elif name != "type":
                meant = closest(str(name), known)
                findings.add((*path, shown(str(name))), "unknown_field", meant=meant)
        for name in self.required:
            if name not in value:
                findings.add((*path, name), "missing")
        if self.also:
            self.also(value, path, findings)


def by_type(shapes: Mapping[str, Check]) -> Check:
    """An object whose `type` says which of `shapes` it has. `shapes` may still grow: components hold components."""

    def check(value: object, path: Path, findings: Findings) -> None:
        if not isinstance(value, dict):
            findings.add(path, "not_an_object")
            return
        kind = value.get("type")
        if "type" not in value:
            findings.add((*path, "type"), "missing")
        elif not isinstance(kind, str):
            findings.add((*path, "type"), "not_text")
        elif kind not in shapes:
            allowed = tuple(shapes)
            meant = closest(kind, allowed)
            findings.add((*path, "type"), "not_allowed", value=shown(kind), allowed=allowed, meant=meant)
        else:
            shapes[kind](value, path, findings)

    return check


def closest(name: str, known: Iterable[str]) -> str:
    """Return the known name that was probably meant, or an empty string."""
    return next(iter(difflib.get_close_matches(name[:40], list(known), n=1, cutoff=0.7)), "")


def shown(value: str) -> str:
    """Shorten what somebody wrote so that it can be shown in a sentence."""
    return value[:40].encode("utf-8", "replace").decode()


def grapheme_text(most: int, *, may_be_blank: bool = False) -> Check:
    """A string that LINE counts in grapheme clusters."""
    return text(most, count=grapheme_length, may_be_blank=may_be_blank)
