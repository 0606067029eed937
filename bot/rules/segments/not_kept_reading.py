"""Reading leaves that ask for facts which come in later releases: their form is checked all the same."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from bot.rules.segments.conditions import Leaf, NotKept
from bot.rules.segments.reader import BIGGEST_NUMBER, LONGEST_TEXT, Given, Reader, is_number, is_whole


def not_kept(kind: str, *fields: str) -> Callable[[Reader, Given, str], Leaf]:
    """A leaf whose facts come in later releases: its form is checked all the same."""

    def read(reader: Reader, given: Given, place: str) -> Leaf:
        reader.only(given, place, kind)
        asked, place = reader.inside(given, kind, place), f"{place}.{kind}"
        reader.only(asked, place, *fields)
        read = {name: FIELDS[name](reader, asked, place) for name in fields}
        return NotKept(kind, {name: value for name, value in read.items() if value is not None})

    return read


def _product(reader: Reader, given: Given, place: str) -> str | int | None:
    value = given.get("product")
    if value is None or (is_whole(value) and abs(value) <= BIGGEST_NUMBER):
        return value
    return reader.words(given, "product", place, most=LONGEST_TEXT)


def _amount(reader: Reader, given: Given, place: str) -> int | float | None:
    value = given.get("amount_at_least")
    if value is None or is_number(value):
        return value
    reader.refuse(f"{place}.amount_at_least", "請填寫數字。")
    return None


def _points(reader: Reader, given: Given, place: str) -> int:
    value = reader.whole(given, "at_least", place, least=-BIGGEST_NUMBER, most=BIGGEST_NUMBER)
    if "at_least" not in given:
        reader.refuse(f"{place}.at_least", "請填寫點數。")
    return value or 0


FIELDS: MappingProxyType[str, Callable[[Reader, Given, str], Any]] = MappingProxyType(
    {
        "campaign": lambda reader, given, place: reader.id_of(given, "campaign", place),
        "name": lambda reader, given, place: reader.words(given, "name", place, most=100),
        "within_days": Reader.days,
        "product": _product,
        "amount_at_least": _amount,
        "at_least": _points,
    }
)
