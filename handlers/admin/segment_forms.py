"""Conditions of a segment as staff fill them in: a tree of drafts, and the JSON of the API.

A draft holds what was typed. Whatever the form has no place for is shown as JSON, so nothing is lost on the way
from stored conditions to the form and back.
"""

import json
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from bot.errors import FieldFault
from handlers.admin import form_trees
from handlers.admin.form_trees import Tree, inner, text
from handlers.admin.segment_leaves import BUILDERS, LeafReader
from handlers.admin.segment_openers import OPENERS

ROOT = "conditions"
BREAKS = frozenset("\r\n")  # no field of one line can hold them
MOST_DEPTH = 19  # of groups in groups; with the condition inside, as many floors as conditions may have
JOINS = {
    "all": _l("符合以下全部條件"),
    "any": _l("符合以下任一條件"),
    "none": _l("以下條件都不符合"),
    "not_all": _l("沒有符合以下全部條件"),
}
HEADS = (  # how a sentence may begin: its kind, as said and as denied
    (_l("標籤"), (("tag", _l("貼有標籤")), ("not-tag", _l("沒有標籤")))),
    (
        _l("好友"),
        (
            ("attribute", _l("屬性")),
            ("not-attribute", _l("並非：屬性")),
            ("followed", _l("加入時間在")),
            ("not-followed", _l("加入時間不在")),
            ("source", _l("從加入管道")),
            ("not-source", _l("不是從加入管道")),
        ),
    ),
    (
        _l("互動"),
        (
            ("quiz", _l("測驗的結果是")),
            ("not-quiz", _l("測驗的結果不是")),
            ("answered", _l("在測驗選了")),
            ("not-answered", _l("在測驗沒選")),
            ("keyword", _l("說過關鍵字規則")),
            ("not-keyword", _l("沒說過關鍵字規則")),
        ),
    ),
    (
        _l("名單"),
        (
            ("segment", _l("屬於分眾")),
            ("not-segment", _l("不屬於分眾")),
            ("uploaded", _l("在上傳名單")),
            ("not-uploaded", _l("不在上傳名單")),
            ("random", _l("隨機抽出")),
            ("not-random", _l("不在隨機抽出的")),
        ),
    ),
)
RAW_HEADS = (("raw", _l("其他條件（JSON）")), ("not-raw", _l("並非：其他條件（JSON）")))
LINE_ATTRIBUTES = (_l("年齡"), _l("性別"), _l("地區"), _l("作業系統"))
VALUE_KINDS = {"": _l("文字"), "number": _l("數字"), "yes": _l("是非")}
ATTRIBUTE_TESTS = {
    "is": _l("是"),
    "is_not": _l("不是"),
    "in": _l("是其中之一"),
    "less_than": _l("小於"),
    "more_than": _l("大於"),
    "exists": _l("有填"),
    "missing": _l("沒有填"),
}
FOLLOWED_TESTS = {
    "within": _l("最近幾天內"),
    "after": _l("某時之後"),
    "before": _l("某時之前"),
    "between": _l("兩個時間之間"),
}


@dataclass
class Reading:
    """What a tree of drafts means, and where it cannot be read."""

    conditions: Any
    faults: list[FieldFault]
    places: dict[str, str]  # place in the JSON → name in the form

    def placed(self, faults: tuple[FieldFault, ...]) -> list[FieldFault]:
        """Return faults of the JSON at the names of the form."""
        return [FieldFault(self._name_of(fault.field), fault.text, fault.values) for fault in faults]

    def _name_of(self, place: str) -> str:
        at = place
        while at and at not in self.places:
            at = at[: max(at.rfind("."), at.rfind("["), 0)]
        return self.places.get(at, place)


@dataclass
class SegmentForm:
    """Everything on the page, as typed."""

    root: Tree
    name: str = ""
    seen: str = ""  # when the segment on the page was last changed

    @classmethod
    def blank(cls) -> "SegmentForm":
        """A new segment begins with one condition to fill in."""
        return cls(root=fresh_group([fresh_leaf()]))

    @classmethod
    def from_conditions(cls, conditions: Any, zone: ZoneInfo, *, name: str = "", seen: str = "") -> "SegmentForm":
        """Open what is stored."""
        return cls(open_root(conditions, zone), name, seen)

    @classmethod
    def from_form(cls, form: "MultiDict[str, str]") -> "SegmentForm":
        """Read what was typed."""
        kept = [(name, value) for name, value in form.items(multi=True) if name.count(".items.") <= MOST_DEPTH + 2]
        rows = form_trees.rows(MultiDict(kept), ROOT)
        root = tidy(rows[0]) if rows else fresh_group()
        if root["kind"] != "group":
            root = fresh_group([root])
        return cls(root, form.get("name", ""), form.get("seen", ""))

    def read(self, zone: ZoneInfo) -> Reading:
        """Return what is meant."""
        reading = Reading(None, [], {})
        reading.conditions = _build(self.root, f"{ROOT}.0", ROOT, reading, zone)
        return reading


def fresh_group(items: list[Tree] | None = None, join: str = "all") -> Tree:
    """A group as it begins."""
    return {"kind": "group", "join": join, "items": items or []}


def fresh_leaf(kind: str = "tag") -> Tree:
    """A condition to fill in."""
    return {"kind": kind}


def tidy(draft: Tree) -> Tree:
    """Return a draft of known kinds only."""
    join, head = text(draft, "join"), text(draft, "head")
    if join or "items" in draft:
        items = [tidy(one) for one in inner(draft, "items")]
        return {**draft, "kind": "group", "join": join if join in JOINS else "all", "items": items}
    kind = head.removeprefix("not-")
    return {**draft, "kind": kind if kind in BUILDERS else "tag", "not": "1" if head.startswith("not-") else ""}


def open_root(conditions: Any, zone: ZoneInfo) -> Tree:
    """Return the draft of whole conditions; the outermost is always a group."""
    draft = open_draft(conditions, zone)
    return draft if draft["kind"] == "group" else {**fresh_group([draft]), "bare": "1"}


def open_draft(node: Any, zone: ZoneInfo, depth: int = 0) -> Tree:
    """Return the draft of a part of stored conditions."""
    join, items = _joined(node)
    if join and depth >= MOST_DEPTH:
        return as_raw(node)
    if join:
        return fresh_group([open_draft(item, zone, depth + 1) for item in items], join)
    negated = _only(node, "not")
    if isinstance(negated, dict) and set(negated) == {"not"}:
        return {**fresh_group([open_draft(negated, zone, depth + 1)], "none"), "bare": "1"}
    leaf = node if negated is None else negated
    draft = _open_leaf(leaf, zone)
    return draft if negated is None else {**draft, "not": "1"}


def as_raw(node: Any) -> Tree:
    """Return a draft that shows the JSON."""
    return {"kind": "raw", "json": json.dumps(node, ensure_ascii=False)}


def _open_leaf(leaf: Any, zone: ZoneInfo) -> Tree:
    for kind, opener in OPENERS.items():
        opened = opener(leaf, zone) if isinstance(leaf, dict) else None
        if opened is not None and not any(BREAKS & set(value) for value in opened.values()):
            draft = {"kind": kind, **opened}
            reader = LeafReader(draft, "", zone)
            built = BUILDERS[kind](reader)
            if not reader.faults and json.dumps(built, sort_keys=True) == json.dumps(leaf, sort_keys=True):
                return draft
    return as_raw(leaf)


def _joined(node: Any) -> tuple[str, list[Any]]:
    """Return the join and the items of what is a group; an empty join for anything else."""
    for join, key in (("all", "all"), ("any", "any")):
        items = _only(node, key)
        if isinstance(items, list):
            return join, items
    negated = _only(node, "not")
    for join, key in (("none", "any"), ("not_all", "all")):
        items = _only(negated, key)
        if isinstance(items, list):
            return join, items
    return "", []


def _only(node: Any, key: str) -> Any:
    return node[key] if isinstance(node, dict) and set(node) == {key} else None


def _build(draft: Tree, name: str, place: str, reading: Reading, zone: ZoneInfo) -> Any:
    reading.places[place] = name
    if draft["kind"] == "group":
        return _build_group(draft, name, place, reading, zone)
    inside = place
    if text(draft, "not"):
        inside = f"{place}.not"
        reading.places[inside] = name
    reader = LeafReader(draft, name, zone)
    leaf = BUILDERS[draft["kind"]](reader)
    reading.faults.extend(reader.faults)
    reading.places.update({f"{inside}.{key}": f"{name}.{shown}" for key, shown in reader.fields.items()})
    return {"not": leaf} if text(draft, "not") else leaf


def _build_group(draft: Tree, name: str, place: str, reading: Reading, zone: ZoneInfo) -> Any:
    join, items = draft["join"], draft["items"]
    is_negated = join in ("none", "not_all")
    outer = f"{place}.not" if is_negated else place
    if text(draft, "bare") and len(items) == 1:
        built = _build(items[0], f"{name}.items.0", outer, reading, zone)
        return {"not": built} if is_negated else built
    key = "all" if join in ("all", "not_all") else "any"
    reading.places[outer] = reading.places[f"{outer}.{key}"] = name
    built = [
        _build(item, f"{name}.items.{number}", f"{outer}.{key}[{number}]", reading, zone)
        for number, item in enumerate(items)
    ]
    return {"not": {key: built}} if is_negated else {key: built}
