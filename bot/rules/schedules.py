"""Hours of the week in which something holds, as staff write them.

`[{"days": [1, 2, 3, 4, 5], "from": "09:00", "until": "18:00"}]`: days count from Monday = 1 to Sunday = 7, `until` is
the first minute outside. `until` before `from` ends on the following day; equal times mean those days from midnight to
midnight.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from bot.messages.faults import Fault, Path
from bot.messages.shapes import shown

_DAY = 24 * 60
_WEEK = 7 * _DAY
_MOST_WINDOWS = 50
_CLOCK = re.compile("([01][0-9]|2[0-3]):([0-5][0-9])")
_END_OF_DAY = "24:00"
_FIELDS = ("days", "from", "until")


@dataclass(frozen=True)
class Window:
    """One stretch of the day on some days of the week, in minutes after midnight."""

    days: tuple[int, ...]
    start: int
    end: int

    def minutes(self) -> int:
        """Return the window as a number whose bits are the minutes of a week from Monday 00:00."""
        if self.start == self.end:
            start, length = 0, _DAY
        else:
            start, length = self.start, (self.end - self.start) % _DAY or _DAY
        stretch = (1 << length) - 1
        bits = 0
        for day in self.days:
            bits |= stretch << ((day - 1) * _DAY + start)
        week = (1 << _WEEK) - 1
        return (bits & week) | (bits >> _WEEK)  # Sunday night runs into Monday


@dataclass(frozen=True)
class Hours:
    """The windows of a week; they may overlap."""

    windows: tuple[Window, ...]

    @classmethod
    def parse(cls, value: object) -> "Hours":
        """Read the JSON form. Raises ValueError with a sentence that names the first thing to mend."""
        faults = check_hours(value)
        if faults or not isinstance(value, list):
            raise ValueError(f"{faults[0].place}: {faults[0].problem}")
        return cls(tuple(_window(one) for one in value))

    def covers(self, local: datetime) -> bool:
        """Say whether a moment, already in the brand's own time zone, lies in one of the windows."""
        minute = (local.isoweekday() - 1) * _DAY + local.hour * 60 + local.minute
        return bool(self._minutes >> minute & 1)

    def overlaps(self, other: "Hours") -> bool:
        """Say whether there is a minute of the week that both cover."""
        return bool(self._minutes & other._minutes)

    def to_json(self) -> list[dict[str, Any]]:
        """Return the JSON form; `parse` reads it back to the same hours."""
        return [
            {"days": list(window.days), "from": _written(window.start), "until": _written(window.end)}
            for window in self.windows
        ]

    @cached_property
    def _minutes(self) -> int:
        bits = 0
        for window in self.windows:
            bits |= window.minutes()
        return bits


def check_hours(value: object, *, root: str = "hours") -> list[Fault]:
    """Return what is wrong with the JSON form of hours, whatever JSON it is; an empty list means it can be parsed."""
    place: Path = (root,)
    if not isinstance(value, list):
        return [Fault(place, "not_a_list")]
    if not value:
        return [Fault(place, "hours_empty")]
    if len(value) > _MOST_WINDOWS:
        return [Fault(place, "too_many", {"most": _MOST_WINDOWS, "length": len(value)})]
    return [fault for index, window in enumerate(value) for fault in _check_window(window, (*place, index))]


def _check_window(window: object, place: Path) -> list[Fault]:
    if not isinstance(window, dict):
        return [Fault(place, "not_an_object")]
    faults = [
        Fault((*place, shown(str(name))), "unknown_field", {"meant": ""}) for name in window if name not in _FIELDS
    ]
    faults += [Fault((*place, name), "missing") for name in _FIELDS if name not in window]
    if "days" in window:
        faults += _check_days(window["days"], (*place, "days"))
    for name in ("from", "until"):
        if name in window and _minutes_of(window[name], may_end_the_day=name == "until") is None:
            faults.append(Fault((*place, name), "wrong_form", {"example": "09:00"}))
    return faults


def _check_days(days: object, place: Path) -> list[Fault]:
    if not isinstance(days, list):
        return [Fault(place, "not_a_list")]
    if not days:
        return [Fault(place, "too_few", {"least": 1})]
    allowed = [one for one in days if isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= 7]
    if len(allowed) < len(days):
        return [Fault(place, "wrong_form", {"example": "[1, 2, 3, 4, 5]"})]
    return [Fault(place, "repeated")] if len(set(allowed)) < len(allowed) else []


def _window(value: dict[str, Any]) -> Window:
    start, end = _minutes_of(value["from"]), _minutes_of(value["until"], may_end_the_day=True)
    if start is None or end is None:
        raise ValueError("A time is written like 09:00.")
    return Window(tuple(sorted(value["days"])), start, end)


def _minutes_of(value: object, *, may_end_the_day: bool = False) -> int | None:
    """Return the minutes after midnight, or None if it is no time of day."""
    if may_end_the_day and value == _END_OF_DAY:
        return _DAY
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) * 60 + int(found[2]) if found else None


def _written(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
