"""Pydantic's faults in our words: what a field lacks, said to whoever wrote the program that calls."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.errors import FieldFault

LONGEST_PLACE = 200

SENTENCES: dict[str, str] = {
    "missing": "缺少這個必填欄位。",
    "extra_forbidden": "沒有這個欄位。",
    "string_type": "這裡要放文字。",
    "string_too_short": "至少要 %(min_length)s 個字。",
    "string_too_long": "最多 %(max_length)s 個字。",
    "string_pattern_mismatch": "格式不對，要符合 %(pattern)s。",
    "int_type": "這裡要放整數。",
    "int_parsing": "這裡要放整數。",
    "int_parsing_size": "數字太大。",
    "int_from_float": "這裡要放整數。",
    "float_type": "這裡要放數字。",
    "bool_type": "只能是 true 或 false。",
    "bool_parsing": "只能是 true 或 false。",
    "list_type": "這裡要放 JSON 陣列。",
    "dict_type": "這裡要放 JSON 物件。",
    "model_type": "這裡要放 JSON 物件。",
    "model_attributes_type": "這裡要放 JSON 物件。",
    "too_short": "至少要有 %(min_length)s 個。",
    "too_long": "最多 %(max_length)s 個。",
    "literal_error": "只能是 %(expected)s。",
    "enum": "只能是 %(expected)s。",
    "greater_than_equal": "不能小於 %(ge)s。",
    "less_than_equal": "不能大於 %(le)s。",
    "none_required": "目前只能是 null。",
    "moment": "時間要寫成 ISO 8601 並包含時差，例如 2026-11-20T12:00:00+08:00。",
    "date_from_datetime_parsing": "日期要寫成 2026-11-20。",
    "date_parsing": "日期要寫成 2026-11-20。",
    "date_type": "日期要寫成 2026-11-20。",
}
OTHERWISE = "這個值不能用。"


def as_faults(errors: Iterable[Mapping[str, Any]]) -> list[FieldFault]:
    """Turn pydantic's errors into faults of fields, each field once."""
    faults: dict[str, FieldFault] = {}
    for error in errors:
        place = written(error["loc"])
        text = SENTENCES.get(error["type"], OTHERWISE)
        values = tuple((name, value) for name, value in error.get("ctx", {}).items() if f"%({name})s" in text)
        faults.setdefault(place, FieldFault(place, text, values))
    return list(faults.values())


def written(loc: Sequence[int | str]) -> str:
    """Write a place as callers do: `keywords[0].text`. Names of pydantic's own for members of a union are left out."""
    place = ""
    for part in loc:
        if isinstance(part, int):
            place += f"[{part}]"
        elif not _is_member(part):
            place += f".{part}" if place else part
    return place[:LONGEST_PLACE]


def _is_member(part: str) -> bool:
    return part in ("int", "str", "float", "bool", "none") or part.startswith(("constrained-", "function-"))
