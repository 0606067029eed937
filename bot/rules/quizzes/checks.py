"""Checking a quiz before it is saved: each fault at its place, in a sentence for staff."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.errors import FieldFault
from bot.messages.lengths import grapheme_length
from bot.messages.shapes import is_encodable
from bot.rules.keywords import fold
from bot.rules.quizzes.content import END, WITH_CHOICES, Ending, Kind
from bot.rules.quizzes.forms import USABLE_KEY

MOST_QUESTIONS, MOST_CHOICES, MOST_RESULTS = 50, 40, 50
LONGEST_QUESTION, LONGEST_CHOICE, LONGEST_NAME, LONGEST_VALUE, LONGEST_URL = 1_000, 60, 100, 200, 1_000
LONGEST_ATTRIBUTE = 60  # what a friend's attribute may be called
MOST_SCORE = 1_000_000
KINDS = "、".join(kind.value for kind in Kind)

Faults = Iterator[FieldFault]
Json = Mapping[str, Any]


def faults_of_shape(questions: Sequence[Json], results: Sequence[Json], ending: Json) -> list[FieldFault]:
    """Return what is wrong with tidied questions, results and ending, each by itself."""
    faults = [*_keys(questions, "questions"), *_keys(results, "results")]
    if not questions:
        faults.append(FieldFault("questions", "至少要有一個題目。"))
    if len(questions) > MOST_QUESTIONS:
        faults.append(FieldFault("questions", "最多 %(most)s 個題目。", (("most", MOST_QUESTIONS),)))
    if len(results) > MOST_RESULTS:
        faults.append(FieldFault("results", "最多 %(most)s 個結果。", (("most", MOST_RESULTS),)))
    known = {one["key"] for one in questions if isinstance(one["key"], str)}
    counted = {one["key"] for one in results if isinstance(one["key"], str)}
    for place, question in enumerate(questions):
        faults += _question(question, f"questions[{place}]", known, counted)
    for place, result in enumerate(results):
        faults += _result(result, f"results[{place}]")
    if ending["by"] not in list(Ending):
        faults.append(FieldFault("ending.by", "結果的決定方式只能是 score 或 most_picked。"))
    return faults


def _keys(given: Sequence[Json], root: str) -> Faults:
    seen: set[str] = set()
    for place, one in enumerate(given):
        key, field = one["key"], f"{root}[{place}].key"
        if not isinstance(key, str) or not USABLE_KEY.fullmatch(key) or key == END:
            yield FieldFault(field, "代號只能用 1 到 20 個英文字母、數字、底線或減號，而且不能是 end。")
        elif key in seen:
            yield FieldFault(field, "代號「%(key)s」重複了。", (("key", key),))
        else:
            seen.add(key)


def _question(one: Json, root: str, known: set[str], counted: set[str]) -> Faults:
    if one["kind"] not in list(Kind):
        yield FieldFault(f"{root}.kind", "題型只能是 %(kinds)s。", (("kinds", KINDS),))
    yield from _text(one["text"], f"{root}.text", "請填寫題目。", LONGEST_QUESTION)
    yield from _optional_text(one["explanation"], f"{root}.explanation", LONGEST_QUESTION)
    yield from _attribute(one, root)
    yield from _picture(one["picture_url"], f"{root}.picture_url")
    yield from _next(one["next"], f"{root}.next", known)
    if not isinstance(one["required"], bool):
        yield FieldFault(f"{root}.required", "必填只能是 true 或 false。")
    yield from _choices(one, root, known, counted)
    yield from _most(one, f"{root}.most")


def _attribute(one: Json, root: str) -> Faults:
    yield from _optional_text(one["attribute"], f"{root}.attribute", LONGEST_ATTRIBUTE)
    if one["attribute"] and one["kind"] == Kind.PICTURE:
        yield FieldFault(f"{root}.attribute", "照片不能存成好友屬性。")


def _choices(one: Json, root: str, known: set[str], counted: set[str]) -> Faults:
    choices = one.get("choices") or []
    if one["kind"] not in list(WITH_CHOICES):
        if choices:
            yield FieldFault(f"{root}.choices", "這種題型沒有選項。")
        return
    if not choices:
        yield FieldFault(f"{root}.choices", "請至少填一個選項。")
    if len(choices) > MOST_CHOICES:
        yield FieldFault(f"{root}.choices", "一題最多 %(most)s 個選項。", (("most", MOST_CHOICES),))
    yield from _keys(choices, f"{root}.choices")
    seen: dict[str, int] = {}
    for place, choice in enumerate(choices):
        field = f"{root}.choices[{place}]"
        yield from _choice(choice, field, known, counted)
        text = fold(choice["text"]) if isinstance(choice["text"], str) else ""
        if text and text in seen:
            yield FieldFault(f"{field}.text", "和第 %(place)s 個選項一樣。", (("place", seen[text] + 1),))
        seen.setdefault(text, place)


def _choice(one: Json, root: str, known: set[str], counted: set[str]) -> Faults:
    yield from _text(one["text"], f"{root}.text", "請填寫選項。", LONGEST_CHOICE)
    yield from _number(one["score"], f"{root}.score")
    yield from _next(one["next"], f"{root}.next", known)
    yield from _picture(one["picture_url"], f"{root}.picture_url")
    yield from _optional_text(one["value"], f"{root}.value", LONGEST_VALUE)
    yield from _tags(one["tags"], f"{root}.tags")
    if not isinstance(one["correct"], bool):
        yield FieldFault(f"{root}.correct", "正確答案只能是 true 或 false。")
    if one["result"] is not None and one["result"] not in counted:
        yield FieldFault(f"{root}.result", "沒有「%(key)s」這個結果。", (("key", str(one["result"])[:20]),))


def _most(one: Json, place: str) -> Faults:
    most = one.get("most")
    if most is None:
        return
    choices = len(one.get("choices") or [])
    if isinstance(most, bool) or not isinstance(most, int) or not 1 <= most <= max(choices, 1):
        yield FieldFault(place, "最多可選的數量要在 1 和選項數 %(choices)s 之間。", (("choices", choices),))


def _result(one: Json, root: str) -> Faults:
    yield from _text(one["name"], f"{root}.name", "請填寫結果的名稱。", LONGEST_NAME)
    yield from _tags(one["tags"], f"{root}.tags")
    if not isinstance(one["messages"], list):
        yield FieldFault(f"{root}.messages", "訊息要是一個清單。")
    for name in ("min_score", "max_score"):
        if one[name] is not None:
            yield from _number(one[name], f"{root}.{name}")


def _next(key: object, place: str, known: set[str]) -> Faults:
    if key is not None and key != END and key not in known:
        text = "沒有「%(key)s」這一題；要結束請填 end。"
        yield FieldFault(place, text, (("key", str(key)[:20]),))


def _number(value: object, place: str) -> Faults:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MOST_SCORE:
        yield FieldFault(place, "分數要是 -%(most)s 到 %(most)s 之間的整數。", (("most", MOST_SCORE),))


def _tags(value: object, place: str) -> Faults:
    plain: Callable[[object], bool] = lambda one: isinstance(one, int | str) and not isinstance(one, bool)  # noqa: E731
    if not isinstance(value, list) or not all(plain(one) for one in value):
        yield FieldFault(place, "標籤要用編號或名稱表示。")


def _text(value: object, place: str, if_empty: str, most: int) -> Faults:
    if not isinstance(value, str) or not value:
        yield FieldFault(place, if_empty)
    else:
        yield from _optional_text(value, place, most)


def _optional_text(value: object, place: str, most: int) -> Faults:
    if value is None:
        return
    if not isinstance(value, str):
        yield FieldFault(place, "這裡要填文字。")
    elif "\x00" in value or not is_encodable(value):
        yield FieldFault(place, "文字含有無法使用的字元。")
    elif (length := grapheme_length(value)) > most:
        yield FieldFault(place, "最多 %(most)s 個字，現在 %(length)s 個。", (("most", most), ("length", length)))


def _picture(value: object, place: str) -> Faults:
    if value is None:
        return
    if not isinstance(value, str) or len(value) > LONGEST_URL or not is_encodable(value):
        yield FieldFault(place, "圖片網址最多 %(most)s 個字元。", (("most", LONGEST_URL),))
    elif not re.fullmatch(r"[\x21-\x7e]+", value) or not value.startswith("https://") or not _has_host(value):
        yield FieldFault(place, "圖片網址要以 https:// 開頭。")


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False
