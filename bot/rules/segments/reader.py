"""What every reader of a leaf needs: values checked, faults noted at their places."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from bot.errors import FieldFault

BIGGEST_ID = 2**31 - 1
BIGGEST_NUMBER = 2**53 - 1
MOST_DAYS = 36_500
LONGEST_NAME = 60
LONGEST_TEXT = 1_000
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
Given = Mapping[str, Any]


@dataclass
class Reader:
    """Collects what is to be mended; a value that cannot be read comes back as None."""

    faults: list[FieldFault] = field(default_factory=list)

    def refuse(self, place: str, text: str, **values: object) -> None:
        """Note one fault."""
        self.faults.append(FieldFault(place[:200], text, tuple(values.items())))

    def only(self, given: Given, place: str, *allowed: str) -> None:
        """Refuse fields that mean nothing here."""
        for name in given:
            if name not in allowed:
                self.refuse(f"{place}.{str(name)[:40]}", "這裡沒有這個欄位。")

    def id_of(self, given: Given, name: str, place: str) -> int:
        """Read an id."""
        value = given.get(name)
        if is_whole(value) and 1 <= value <= BIGGEST_ID:
            return value
        self.refuse(f"{place}.{name}", "請填寫編號（正整數）。")
        return 0

    def days(self, given: Given, place: str) -> int | None:
        """Read `within_days`, which may be left out."""
        return self.whole(given, "within_days", place, least=1, most=MOST_DAYS)

    def whole(self, given: Given, name: str, place: str, *, least: int, most: int) -> int | None:
        """Read a whole number that may be left out."""
        value = given.get(name)
        if value is None or (is_whole(value) and least <= value <= most):
            return value
        self.refuse(f"{place}.{name}", "請填寫 %(least)s 到 %(most)s 的整數。", least=least, most=most)
        return None

    def words(self, given: Given, name: str, place: str, *, most: int = LONGEST_NAME) -> str:
        """Read a text that must be there."""
        value = given.get(name)
        if isinstance(value, str) and value.strip() and len(value) <= most and not UNSTORABLE.search(value):
            return value
        self.refuse(f"{place}.{name}", "請填寫 1 到 %(most)s 個字。", most=most)
        return ""

    def inside(self, given: Given, name: str, place: str) -> Given:
        """Read an object."""
        value = given[name]
        if isinstance(value, Mapping):
            return value
        self.refuse(f"{place}.{name}", "這裡要放一個物件（{…}）。")
        return {}


def is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    if isinstance(value, float):
        return math.isfinite(value)
    return is_whole(value) and abs(value) <= BIGGEST_NUMBER
