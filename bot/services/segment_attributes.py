"""Comparing one attribute of a friend in SQL; on each database as Python compares it."""

import json
from abc import ABC, abstractmethod
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Numeric,
    String,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    type_coerce,
)

from bot.rules.segments import Attribute, Comparison
from bot.rules.segments.conditions import Scalar
from bot.rules.segments.dates import DATE_PATTERN
from models import Friend

Question = ColumnElement[bool]
NUMBERS = ("integer", "real")


def attribute_is(leaf: Attribute, *, is_sqlite: bool, is_denied: bool) -> Question:
    """Ask the friend's row. The answer may be NULL instead of false where no NOT stands before it.

    PostgreSQL guesses better how many rows fit, and how to look for them, where nothing is put around a comparison.
    """
    known: _Known = _OnSqlite(leaf.name) if is_sqlite else _OnPostgres(leaf.name)
    asked = _asked(leaf, known)
    return _surely(asked) if is_denied else asked


def _asked(leaf: Attribute, known: "_Known") -> Question:
    wanted = leaf.value
    match leaf.comparison:
        case Comparison.EXISTS:
            return known.exists() if wanted else not_(known.exists())
        case Comparison.IN:
            values = wanted if isinstance(wanted, tuple) else (wanted,)
            return or_(false(), *(known.equals(one) for one in values))
        case Comparison.IS:
            return known.equals(_one(wanted))
        case Comparison.IS_NOT:
            return not_(_surely(known.equals(_one(wanted))))
        case _:
            return known.compares(_one(wanted), is_less=leaf.comparison is Comparison.LESS_THAN)


def _one(wanted: Scalar | tuple[Scalar, ...]) -> Scalar:
    if isinstance(wanted, tuple):
        raise TypeError(wanted)
    return wanted


class _Known(ABC):
    """What is known of one attribute."""

    @abstractmethod
    def exists(self) -> Question:
        """Whether a friend has it at all."""

    @abstractmethod
    def equals(self, wanted: Scalar) -> Question:
        """Whether it has this value, of this type."""

    @abstractmethod
    def compares(self, wanted: Scalar, *, is_less: bool) -> Question:
        """Whether it is a number or a date on that side of this one."""


class _OnPostgres(_Known):
    """JSON text: `->` gives a value as it is written, `->>` a text without its quotes."""

    def __init__(self, name: str) -> None:
        column = type_coerce(Friend.attributes, Text)
        self._value: ColumnElement[Any] = column.op("->", return_type=Text())(literal(name, String))
        self._text: ColumnElement[Any] = column.op("->>", return_type=Text())(literal(name, String))
        self._kind = func.json_typeof(self._value)

    def exists(self) -> Question:
        return self._text.is_not(None)

    def equals(self, wanted: Scalar) -> Question:
        if isinstance(wanted, bool):
            return cast(self._value, Text) == ("true" if wanted else "false")
        if isinstance(wanted, str):
            same = self._text == wanted
            return same if _only_a_text(wanted) else and_(self._kind == "string", same)
        return self._number(lambda number: number == _exactly(wanted))

    def compares(self, wanted: Scalar, *, is_less: bool) -> Question:
        if isinstance(wanted, str):
            text = self._text.collate("C")
            return and_(
                self._kind == "string",
                self._text.regexp_match(DATE_PATTERN),
                text < wanted if is_less else text > wanted,
            )
        return self._number(lambda number: number < _exactly(wanted) if is_less else number > _exactly(wanted))

    def _number(self, compared: Any) -> Question:
        """Only what is a number is read as one, or PostgreSQL would stumble over the first text."""
        return case((self._kind == "number", compared(cast(self._text, Numeric))), else_=false())


class _OnSqlite(_Known):
    """JSON functions. A name is sought as Python writes it; one with a quotation mark fits into no path of theirs."""

    def __init__(self, name: str) -> None:
        if '"' in name:
            each = func.json_each(Friend.attributes).table_valued("key", "value", "type")
            found = select(each.c.value).where(each.c.key == name).correlate(Friend)
            self._value: ColumnElement[Any] = found.scalar_subquery()
            self._kind: ColumnElement[Any] = found.with_only_columns(each.c.type).scalar_subquery()
        else:
            path = f"$.{json.dumps(name)}"
            self._value = func.json_extract(Friend.attributes, path)
            self._kind = func.json_type(Friend.attributes, path)

    def exists(self) -> Question:
        return self._value.is_not(None)

    def equals(self, wanted: Scalar) -> Question:
        if isinstance(wanted, bool):
            return self._kind == ("true" if wanted else "false")
        if isinstance(wanted, str):
            return self._value == literal(wanted, String)
        return and_(self._kind.in_(NUMBERS), self._value == literal(wanted))

    def compares(self, wanted: Scalar, *, is_less: bool) -> Question:
        compared = self._value < literal(wanted) if is_less else self._value > literal(wanted)
        if isinstance(wanted, str):
            is_date = and_(func.date(self._value, "+0 days") == self._value, self._value >= "0001-01-01")
            return and_(self._kind == "text", is_date, compared)
        return and_(self._kind.in_(NUMBERS), compared)


def _surely(question: ColumnElement[Any]) -> Question:
    return func.coalesce(question, literal_column("false"))


def _exactly(number: float) -> ColumnElement[Any]:
    """As it is written, so that 0.1 is 0.1."""
    return cast(literal(repr(number), String), Numeric)


def _only_a_text(wanted: str) -> bool:
    """Whether no number and no yes or no is written like this."""
    return wanted not in ("true", "false") and wanted[:1] not in tuple("-0123456789")
