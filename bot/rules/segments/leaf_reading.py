"""Reading one leaf of conditions: each field checked, each fault at its place."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import MappingProxyType

from bot.rules.segments.conditions import (
    Answered,
    Attribute,
    CameThrough,
    Comparison,
    Followed,
    InSegment,
    KeywordCalled,
    Leaf,
    OnUploadedList,
    QuizFinished,
    RandomShare,
    Scalar,
    Tagged,
)
from bot.rules.segments.dates import is_date
from bot.rules.segments.not_kept_reading import not_kept
from bot.rules.segments.reader import (
    BIGGEST_NUMBER,
    LONGEST_TEXT,
    UNSTORABLE,
    Given,
    Reader,
    is_number,
    is_whole,
)

MOST_VALUES = 1_000
LONGEST_SEED = 100
EARLIEST_YEAR, LATEST_YEAR = 1970, 9000


def _tag(reader: Reader, given: Given, place: str) -> Leaf:
    reader.only(given, place, "tag", "within_days")
    if is_whole(given["tag"]):
        return Tagged(reader.id_of(given, "tag", place), reader.days(given, place))
    return Tagged(reader.words(given, "tag", place, most=200), reader.days(given, place))


def _attribute(reader: Reader, given: Given, place: str) -> Leaf:
    asked = [one for one in Comparison if one.value in given]
    reader.only(given, place, "attribute", *(one.value for one in Comparison))
    name = reader.words(given, "attribute", place)
    if len(asked) != 1:
        choices = "、".join(one.value for one in Comparison)
        reader.refuse(place, "屬性要用一種方式比較：%(choices)s。", choices=choices)
        return Attribute(name, Comparison.EXISTS, True)
    comparison, value = asked[0], given[asked[0].value]
    at = f"{place}.{comparison.value}"
    if comparison is Comparison.EXISTS:
        if not isinstance(value, bool):
            reader.refuse(at, "只能是 true 或 false。")
        return Attribute(name, comparison, bool(value))
    if comparison is Comparison.IN:
        return Attribute(name, comparison, _values(reader, value, at))
    if comparison in (Comparison.LESS_THAN, Comparison.MORE_THAN) and not (is_number(value) or is_date(value)):
        reader.refuse(at, "請填寫數字或日期，例如 12 或 2026-11-20。")
        return Attribute(name, comparison, 0)
    return Attribute(name, comparison, _scalar(reader, value, at))


def _values(reader: Reader, value: object, place: str) -> tuple[Scalar, ...]:
    if not isinstance(value, list) or len(value) > MOST_VALUES:
        reader.refuse(place, "這裡要放一個陣列，最多 %(most)s 個值。", most=MOST_VALUES)
        return ()
    return tuple(_scalar(reader, one, f"{place}[{number}]") for number, one in enumerate(value))


def _scalar(reader: Reader, value: object, place: str) -> Scalar:
    if isinstance(value, bool) or is_number(value):
        return value
    if isinstance(value, str) and len(value) <= LONGEST_TEXT and not UNSTORABLE.search(value):
        return value
    reader.refuse(place, "請填寫文字（最多 %(most)s 個字）、數字、true 或 false。", most=LONGEST_TEXT)
    return ""


def _followed(reader: Reader, given: Given, place: str) -> Leaf:
    reader.only(given, place, "followed")
    asked, place = reader.inside(given, "followed", place), f"{place}.followed"
    reader.only(asked, place, "after", "before", "within_days")
    moments = {name: _moment(reader, asked.get(name), f"{place}.{name}") for name in ("after", "before")}
    if not any(name in asked for name in ("after", "before", "within_days")) and not reader.faults:
        reader.refuse(place, "請填寫 after、before 或 within_days。")
    return Followed(moments["after"], moments["before"], reader.days(asked, place))


def _moment(reader: Reader, value: object, place: str) -> datetime | None:
    if value is None:
        return None
    moment = None
    if isinstance(value, str) and len(value) <= 40 and value.isascii():
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
    if moment is None or moment.tzinfo is None or not EARLIEST_YEAR < moment.year < LATEST_YEAR:
        reader.refuse(place, "時間要寫成 ISO 8601 並包含時差，例如 2026-11-20T12:00:00+08:00。")
        return None
    return moment.astimezone(UTC)


def _quiz(reader: Reader, given: Given, place: str) -> Leaf:
    reader.only(given, place, "quiz", "result", "within_days")
    result = None if given.get("result") is None else reader.words(given, "result", place)
    return QuizFinished(reader.id_of(given, "quiz", place), result, reader.days(given, place))


def _answered(reader: Reader, given: Given, place: str) -> Leaf:
    reader.only(given, place, "answered")
    asked, place = reader.inside(given, "answered", place), f"{place}.answered"
    reader.only(asked, place, "quiz", "question", "choice", "within_days")
    choice = None if asked.get("choice") is None else reader.words(asked, "choice", place)
    question = reader.words(asked, "question", place)
    return Answered(reader.id_of(asked, "quiz", place), question, choice, reader.days(asked, place))


def _keyword(reader: Reader, given: Given, place: str) -> Leaf:
    reader.only(given, place, "keyword", "within_days")
    return KeywordCalled(reader.id_of(given, "keyword", place), reader.days(given, place))


def _source(reader: Reader, given: Given, place: str) -> Leaf:
    reader.only(given, place, "source", "within_days")
    return CameThrough(reader.words(given, "source", place), reader.days(given, place))


def _random(reader: Reader, given: Given, place: str) -> Leaf:
    reader.only(given, place, "random")
    asked, place = reader.inside(given, "random", place), f"{place}.random"
    reader.only(asked, place, "percent", "seed")
    percent, seed = asked.get("percent"), asked.get("seed", "")
    if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 100:
        reader.refuse(f"{place}.percent", "請填寫 0 到 100 的數字。")
        percent = 0
    is_text = isinstance(seed, str) and len(seed) <= LONGEST_SEED and not UNSTORABLE.search(seed)
    if not is_text and not (is_whole(seed) and abs(seed) <= BIGGEST_NUMBER):
        reader.refuse(f"{place}.seed", "請填寫整數或最多 %(most)s 個字。", most=LONGEST_SEED)
        seed = ""
    return RandomShare(percent, seed)


def _segment(reader: Reader, given: Given, place: str) -> Leaf:
    reader.only(given, place, "segment")
    return InSegment(reader.id_of(given, "segment", place))


def _uploaded(reader: Reader, given: Given, place: str) -> Leaf:
    reader.only(given, place, "uploaded")
    return OnUploadedList(reader.id_of(given, "uploaded", place))


LEAVES: MappingProxyType[str, Callable[[Reader, Given, str], Leaf]] = MappingProxyType(
    {
        "tag": _tag,
        "attribute": _attribute,
        "followed": _followed,
        "quiz": _quiz,
        "answered": _answered,
        "keyword": _keyword,
        "source": _source,
        "random": _random,
        "segment": _segment,
        "uploaded": _uploaded,
        "clicked": not_kept("clicked", "campaign", "within_days"),
        "received": not_kept("received", "campaign", "within_days"),
        "event": not_kept("event", "name", "within_days", "product"),
        "purchased": not_kept("purchased", "within_days", "amount_at_least", "product"),
        "points": not_kept("points", "at_least"),
    }
)
