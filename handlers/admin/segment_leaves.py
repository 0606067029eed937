"""One condition of a segment: its fields on the page, and its JSON."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import FieldFault
from handlers.admin.form_trees import Tree, text

MOST_DAYS = 36_500
BETWEEN = re.compile("[、,，;；\n]")
WHOLE = re.compile(r"-?\d{1,15}")
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,9})?")
DATE_WITH_STROKES = re.compile(r"(\d{4})/(\d{2})/(\d{2})")
LABELLED = re.compile(r".*#([A-Za-z0-9_-]{1,60})")  # 「名稱 #12」, as the long lists offer their choices
COMPARED = ("is", "is_not", "less_than", "more_than")
YES = ("true", "yes", "是", "1")
ANY = "*"  # whatever the result or the choice was


@dataclass
class LeafReader:
    """Reads the fields of one condition and notes what cannot be read."""

    draft: Tree
    name: str
    zone: ZoneInfo
    faults: list[FieldFault] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)  # key in the JSON → field of the form, where they differ

    def refuse(self, shown: str, sentence: str, **values: object) -> None:
        """Note that a field cannot be taken."""
        self.faults.append(FieldFault(f"{self.name}.{shown}", sentence, tuple(values.items())))

    def written(self, shown: str) -> str:
        """Return a text without the blanks around it."""
        return text(self.draft, shown).strip()

    def key(self, shown: str, sentence: str) -> str:
        """Return the key that was chosen from a list."""
        self.fields[shown] = shown
        given = self.written(shown)
        if not given:
            self.refuse(shown, sentence)
        found = LABELLED.fullmatch(given)
        return found[1] if found else given

    def chosen(self, shown: str, sentence: str) -> int:
        """Return the id that was chosen from a list."""
        given = self.key(shown, sentence)
        if given.isascii() and given.isdecimal() and len(given) <= 10:
            return int(given)
        if given:
            self.refuse(shown, sentence)
        return 0

    def within(self) -> dict[str, int]:
        """Return the number of days, where one is given."""
        self.fields["within_days"] = "days"
        return {"within_days": self.days()} if self.written("days") else {}

    def days(self, shown: str = "days") -> int:
        """Return a number of days."""
        given = self.written(shown)
        if WHOLE.fullmatch(given) and 1 <= int(given) <= MOST_DAYS:
            return int(given)
        self.refuse(shown, "請填寫 1 到 %(most)s 的天數。", most=MOST_DAYS)
        return 1

    def moment(self, shown: str) -> str:
        """Return a moment in UTC, as conditions keep it."""
        try:
            moment = datetime.fromisoformat(self.written(shown))
        except ValueError:
            self.refuse(shown, "請填寫日期和時間，例如 2026/11/20 14:30。")
            return ""
        return moment.replace(tzinfo=self.zone).astimezone(UTC).isoformat()


def _tag(reader: LeafReader) -> dict[str, Any]:
    """A name typed instead of chosen is looked up by the service."""
    given = reader.written("tag")
    is_name = given and not given.isdecimal() and not LABELLED.fullmatch(given)
    tag = reader.key("tag", "") if is_name else reader.chosen("tag", "請選擇標籤。")
    return {"tag": tag, **reader.within()}


def _attribute(reader: LeafReader) -> dict[str, Any]:
    name, test = reader.written("attribute"), reader.written("test") or "is"
    if not name:
        reader.refuse("attribute", "請填寫屬性名稱。")
    reader.fields |= {"attribute": "attribute", test: "value"}
    if test in ("exists", "missing"):
        return {"attribute": name, "exists": test == "exists"}
    typed = reader.written("value")
    if not typed:
        reader.refuse("value", "請填寫要比較的值。")
    if test == "in":
        values = [one.strip() for one in BETWEEN.split(typed) if one.strip()]
        return {"attribute": name, "in": [_value(reader, one) for one in values]}
    return {"attribute": name, test if test in COMPARED else "is": _value(reader, typed)}


def _value(reader: LeafReader, typed: str) -> str | int | float | bool:
    """Numbers equal numbers only, and texts texts; sizes are those of numbers or dates."""
    is_size = reader.written("test") in ("less_than", "more_than")
    kind = "number" if is_size else reader.written("as")
    if kind == "number" and NUMBER.fullmatch(typed):
        return float(typed) if "." in typed else int(typed)
    if is_size:
        return DATE_WITH_STROKES.sub(r"\1-\2-\3", typed)
    if kind == "yes":
        return typed in YES
    if kind == "number":
        reader.refuse("value", "請填寫數字。")
    return typed


def _followed(reader: LeafReader) -> dict[str, Any]:
    test = reader.written("test") or "within"
    if test == "within":
        return {"followed": {"within_days": reader.days()}}
    span = {}
    if test in ("after", "between"):
        span["after"] = reader.moment("from")
    if test in ("before", "between"):
        span["before"] = reader.moment("until")
    reader.fields |= {"followed.after": "from", "followed.before": "until"}
    return {"followed": span}


def _source(reader: LeafReader) -> dict[str, Any]:
    return {"source": reader.key("source", "請選擇加入管道。"), **reader.within()}


def _quiz(reader: LeafReader) -> dict[str, Any]:
    quiz, result = reader.chosen("quiz", "請選擇測驗。"), reader.key("result", "請選擇結果。")
    return {"quiz": quiz, **({} if result == ANY else {"result": result}), **reader.within()}


def _answered(reader: LeafReader) -> dict[str, Any]:
    quiz, question = reader.chosen("quiz", "請選擇測驗。"), reader.key("question", "請選擇題目。")
    choice = reader.key("choice", "請選擇選項。")
    given = {} if choice == ANY else {"choice": choice}
    answered = {"quiz": quiz, "question": question, **given, **reader.within()}
    reader.fields = {f"answered.{key}": shown for key, shown in reader.fields.items()}
    return {"answered": answered}


def _keyword(reader: LeafReader) -> dict[str, Any]:
    return {"keyword": reader.chosen("keyword", "請選擇關鍵字規則。"), **reader.within()}


def _segment(reader: LeafReader) -> dict[str, Any]:
    return {"segment": reader.chosen("segment", "請選擇分眾。")}


def _uploaded(reader: LeafReader) -> dict[str, Any]:
    return {"uploaded": reader.chosen("uploaded", "請選擇上傳名單。")}


def _random(reader: LeafReader) -> dict[str, Any]:
    given, seed = reader.written("percent"), reader.written("seed")
    reader.fields |= {"random.percent": "percent", "random.seed": "seed"}
    percent: int | float = 0
    if NUMBER.fullmatch(given) and 0 <= float(given) <= 100:
        percent = float(given) if "." in given else int(given)
    else:
        reader.refuse("percent", "請填寫 0 到 100 的百分比。")
    is_number = reader.written("as") == "number" and WHOLE.fullmatch(seed)
    return {"random": {"percent": percent, "seed": int(seed) if is_number else seed}}


def _raw(reader: LeafReader) -> Any:
    reader.fields[""] = "json"
    try:
        return json.loads(text(reader.draft, "json"))
    except json.JSONDecodeError as error:
        sentence = "這不是正確的 JSON：第 %(line)s 行第 %(column)s 個字附近。"
        reader.refuse("json", sentence, line=error.lineno, column=error.colno)
    except RecursionError:
        reader.refuse("json", "JSON 的層數太多。")
    return {}


BUILDERS: dict[str, Callable[[LeafReader], Any]] = {
    "tag": _tag,
    "attribute": _attribute,
    "followed": _followed,
    "source": _source,
    "quiz": _quiz,
    "answered": _answered,
    "keyword": _keyword,
    "segment": _segment,
    "uploaded": _uploaded,
    "random": _random,
    "raw": _raw,
}
