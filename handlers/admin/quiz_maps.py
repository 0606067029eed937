"""The map of a quiz's branches as it stands in the form, also while it is not ready to be saved."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext

from handlers.admin.form_trees import Tree, inner, text
from handlers.admin.quiz_rows import LETTERS, WITH_CHOICES

END = "end"
WIDTH, LEFT, BOX, ROW, HIGH = 330, 46, 200, 74, 46  # of the drawing, its boxes and the distance between them
LANE = 13  # between two lines at one side
LANES = 5
LONGEST_WORDS = 14


@dataclass(frozen=True)
class Way:
    """From one question to another; `to` is None where the question it names is gone."""

    to: str | None
    labels: tuple[str, ...]  # of the choices that lead there; empty for everybody else

    @property
    def words(self) -> str:
        """The letters of the choices."""
        return "、".join(self.labels)


@dataclass(frozen=True)
class Stop:
    """One question on the map."""

    key: str
    number: int
    words: str
    is_reached: bool
    ways: Sequence[Way]
    y: int

    @property
    def brief(self) -> str:
        """As much of the question as fits into its box."""
        return self.words if len(self.words) <= LONGEST_WORDS else self.words[: LONGEST_WORDS - 1] + "…"


@dataclass(frozen=True)
class Line:
    """One way, drawn."""

    path: str
    words: str
    x: int
    y: int
    is_back: bool


@dataclass(frozen=True)
class QuizMap:
    """Everything that is drawn."""

    stops: Sequence[Stop]
    lines: Sequence[Line]
    end_y: int

    @property
    def unreached(self) -> list[Stop]:
        """Questions that no answer leads to."""
        return [stop for stop in self.stops if not stop.is_reached]

    def name_of(self, way: Way) -> str:
        """Say where a way leads."""
        if way.to == END:
            return str(gettext("結束"))
        found = next((stop for stop in self.stops if stop.key == way.to), None)
        if found is None:
            return str(gettext("已移除的題目"))
        return str(gettext("第 %(number)s 題", number=found.number))


def draw(questions: Sequence[Tree]) -> QuizMap:
    """Draw the questions of the form."""
    keys = [text(row, "key") for row in questions]
    ways = {key: _ways(row, _following(keys, place)) for place, (key, row) in enumerate(zip(keys, questions))}  # noqa: B905 one from the other
    known = {key: [Way(way.to if way.to in (*keys, END) else None, way.labels) for way in ways[key]] for key in keys}
    reached = _reached(keys, known)
    stops = [
        Stop(key, place + 1, text(row, "text").strip(), key in reached, known[key], place * ROW + 8)
        for place, (key, row) in enumerate(zip(keys, questions, strict=True))
    ]
    end_y = len(stops) * ROW + 8
    return QuizMap(stops, _lines(stops, end_y), end_y)


def _following(keys: Sequence[str], place: int) -> str:
    return keys[place + 1] if place + 1 < len(keys) else END


def _ways(row: Tree, following: str) -> list[Way]:
    """Return where a question leads; choices that lead to one place share a way."""
    usual = text(row, "next") or following
    if text(row, "kind") not in WITH_CHOICES:
        return [Way(usual, ())]
    labels: dict[str, list[str]] = {}
    for place, choice in enumerate(inner(row, "choices")):
        labels.setdefault(text(choice, "next") or usual, []).append(letter(place))
    if text(row, "kind") == "multiple" or not text(row, "required") or not labels:
        labels.setdefault(usual, [])
    only = len(labels) == 1
    return [Way(to, () if only else tuple(letters)) for to, letters in labels.items()]


def letter(place: int) -> str:
    """Return the letter of a choice: A for the first."""
    return LETTERS[place].upper() if place < len(LETTERS) else str(place + 1)


def _reached(keys: Sequence[str], ways: dict[str, list[Way]]) -> set[str]:
    waiting, seen = list(keys[:1]), set[str]()
    while waiting:
        key = waiting.pop()
        if key not in seen:
            seen.add(key)
            waiting += [way.to for way in ways.get(key, []) if way.to not in (None, END) and way.to not in seen]
    return seen


def _lines(stops: Sequence[Stop], end_y: int) -> list[Line]:
    places = {stop.key: stop.y for stop in stops}
    lines: list[Line] = []
    right = left = 0
    for stop in stops:
        for way in stop.ways:
            if way.to is None:
                continue
            target = end_y if way.to == END else places[way.to]
            if target == stop.y + ROW:
                lines.append(_down(stop, way))
            elif target > stop.y:
                lines.append(_beside(stop, way, target, right % LANES))
                right += 1
            else:
                lines.append(_back(stop, way, target, left % LANES))
                left += 1
    return lines


def _down(stop: Stop, way: Way) -> Line:
    x, y = LEFT + BOX // 2, stop.y + HIGH
    return Line(f"M{x} {y}V{y + ROW - HIGH - 5}", way.words, x + 6, y + 17, is_back=False)


def _beside(stop: Stop, way: Way, target: int, lane: int) -> Line:
    x, y = LEFT + BOX, stop.y + HIGH // 2 + lane * 4 - 8
    bend, into = x + 22 + lane * LANE, target + HIGH // 2 - 6 + lane * 3
    return Line(
        f"M{x} {y}H{bend - 8}Q{bend} {y} {bend} {y + 8}V{into - 8}Q{bend} {into} {bend - 8} {into}H{x + 6}",
        way.words,
        x + 4,
        y - 4,
        is_back=False,
    )


def _back(stop: Stop, way: Way, target: int, lane: int) -> Line:
    x, y = LEFT, stop.y + HIGH // 2 + 6
    bend, into = x - 12 - lane * 6, target + HIGH // 2 - 6
    return Line(
        f"M{x} {y}H{bend + 6}Q{bend} {y} {bend} {y - 6}V{into + 6}Q{bend} {into} {bend + 6} {into}H{x - 6}",
        way.words,
        max(2, bend),
        y + 14,
        is_back=True,
    )
