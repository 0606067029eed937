"""Dates, numbers and phone numbers as people in Taiwan type them."""

import re
import unicodedata
from datetime import date, timedelta
from decimal import Decimal

from bot.rules.keywords import fold
from bot.rules.phones import read_phone
from bot.rules.quizzes.content import Kind

LONGEST_TEXT = 1_000
EARLIEST, LATEST = 1900, 2100
ROC = 1911  # 民國 1 is 1912
_ROC_YEARS = range(1, 200)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_CHINESE_NUMBER = re.compile("[零〇○一二两三四五六七八九十百]+")
_DATE = re.compile(
    r"(西元|公元|民国)?\s*([0-9]{1,4})\s*(?:年|[-/.])\s*([0-9]{1,2})\s*(?:月|[-/.])\s*([0-9]{1,2})\s*(?:日|号)?"
)
_PLAIN_DATE = re.compile(r"(西元|公元|民国)?\s*([0-9]{2,4})([0-9]{2})([0-9]{2})")
_DAYS = {"今天": 0, "今日": 0, "昨天": -1, "明天": 1, "前天": -2, "后天": 2}
_NUMBER = re.compile(
    r"(?:约|大约|差不多)?\s*(?:nt)?\$?\s*([+-]?[0-9][0-9,]{0,18}(?:\.[0-9]{1,6})?)\s*(?![几多])[^\W\d_]{0,4}\.?"
)


def read_value(kind: Kind, text: str, *, today: date) -> str | None:
    """Return an answer in the form it is kept in, or None if it is none of this kind.

    A date becomes `2026-11-20`, a number `12` or `12.5`, a phone number E.164.
    """
    if kind is Kind.TEXT:
        kept = _UNSTORABLE.sub("", unicodedata.normalize("NFC", text)).strip()
        return kept if 0 < len(kept) <= LONGEST_TEXT else None
    if len(text) > 100:
        return None
    if kind is Kind.DATE:
        day = read_date(text, today=today)
        return day.isoformat() if day else None
    if kind is Kind.NUMBER:
        return read_number(text)
    return read_phone(text) if kind is Kind.PHONE else None


def read_date(text: str, *, today: date) -> date | None:
    """Return the day somebody means: 2020-01-05, 2020年1月5日, 20200105, 民國109年1月5日, 109/1/5, 1090105, 昨天.

    A year below 200 is one of the Republic. Only days of 1900 to 2100 are taken.
    """
    said = fold(text).removesuffix(" 生").removesuffix("生")
    if said in _DAYS:
        return today + timedelta(days=_DAYS[said])
    found = _DATE.fullmatch(_with_digits(said)) or _PLAIN_DATE.fullmatch(said)
    if found is None:
        return None
    era, year, month, day = found[1], int(found[2]), int(found[3]), int(found[4])
    if era == "民国" or (era is None and year in _ROC_YEARS):
        year += ROC
    try:
        return date(year, month, day) if EARLIEST <= year <= LATEST else None
    except ValueError:
        return None


def read_number(text: str) -> str | None:
    """Return a number without its unit and separators: 12, 12.5, １２, 1,200 元, 十二個月."""
    found = _NUMBER.fullmatch(_with_digits(fold(text)))
    if found is None:
        return None
    number = Decimal(found[1].replace(",", ""))
    whole = number.to_integral_value()
    return str(int(whole)) if number == whole else format(number.normalize(), "f")


def as_number(value: str) -> int | float:
    """Return a kept number as a number."""
    return float(value) if "." in value else int(value)


def read_chinese_number(text: str) -> int | None:
    """Return the value of 十二, 二十三, 一百零五 or 一一五; None for anything else."""
    if not _CHINESE_NUMBER.fullmatch(text):
        return None
    if "十" not in text and "百" not in text:
        return int("".join(str(_DIGITS[character]) for character in text))
    total, digit = 0, None
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character] or digit
        else:
            total += (1 if digit is None else digit) * (10 if character == "十" else 100)
            digit = None
    return total + (digit or 0)


def _with_digits(said: str) -> str:
    return _CHINESE_NUMBER.sub(lambda found: str(read_chinese_number(found[0])), said)
