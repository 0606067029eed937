"""Reading the JSON of conditions, whatever JSON it is."""

from collections.abc import Mapping, Sequence

from bot.errors import InvalidInputError
from bot.rules.segments.conditions import All, AnyOf, Condition, Not
from bot.rules.segments.leaf_reading import LEAVES
from bot.rules.segments.reader import Given, Reader

MOST_LEVELS = 20
MOST_LEAVES = 200
MOST_FAULTS = 50
GROUPS = ("all", "any", "not")
ONLY_AT_LINE = (
    "年齡、性別、地區、作業系統等 LINE 的屬性只存在於 LINE，無法用來判斷個別好友；發送窄播（narrowcast）時可以選擇。"
)


def read_conditions(given: object, *, place: str = "conditions") -> Condition:
    """Return what the JSON means. Raises InvalidInputError with each fault at its place."""
    reader = _TreeReader()
    condition = reader.read(given, place, 1)
    if reader.leaves > MOST_LEAVES:
        text = "一個分眾最多 %(most)s 個條件，現在有 %(count)s 個；可以先把一部分存成另一個分眾再引用。"
        reader.refuse(place, text, most=MOST_LEAVES, count=reader.leaves)
    if reader.faults:
        raise InvalidInputError(reader.faults[:MOST_FAULTS])
    return condition


class _TreeReader(Reader):
    """Reads groups, and counts what is in them."""

    leaves = 0

    def read(self, given: object, place: str, level: int) -> Condition:
        """Read a group or a leaf; what cannot be read comes back as nobody, with a fault noted."""
        if not isinstance(given, Mapping):
            self.refuse(place, '條件要寫成物件，例如 {"tag": "媽媽"}。')
            return AnyOf(())
        if level > MOST_LEVELS:
            self.refuse(place, "條件最多 %(most)s 層；可以先把裡面的部分存成另一個分眾再引用。", most=MOST_LEVELS)
            return AnyOf(())
        group = next((name for name in GROUPS if name in given), None)
        return self._leaf(given, place) if group is None else self._group(group, given, place, level)

    def _group(self, group: str, given: Given, place: str, level: int) -> Condition:
        self.only(given, place, group)
        inside, place = given[group], f"{place}.{group}"
        if group == "not":
            return Not(self.read(inside, place, level + 1))
        if not isinstance(inside, Sequence) or isinstance(inside, str):
            self.refuse(place, "這裡要放條件的陣列（[…]）。")
            inside = ()
        if len(inside) > MOST_LEAVES:
            self.refuse(place, "一組最多 %(most)s 個條件。", most=MOST_LEAVES)
            inside = ()
        parts = tuple(self.read(part, f"{place}[{number}]", level + 1) for number, part in enumerate(inside))
        return All(parts) if group == "all" else AnyOf(parts)

    def _leaf(self, given: Given, place: str) -> Condition:
        self.leaves += 1
        kinds = [kind for kind in LEAVES if kind in given]
        if "line" in given:
            self.refuse(f"{place}.line", ONLY_AT_LINE)
        elif not given:
            self.refuse(place, "請選擇一個條件。")
        elif not kinds:
            kind = str(next(iter(given)))[:40]
            self.refuse(f"{place}.{kind}", "沒有「%(kind)s」這種條件。", kind=kind)
        elif len(kinds) > 1:
            self.refuse(place, "一個條件只能問一件事；「%(kinds)s」請分成不同的條件。", kinds="、".join(kinds))
        else:
            return LEAVES[kinds[0]](self, given, place)
        return AnyOf(())
