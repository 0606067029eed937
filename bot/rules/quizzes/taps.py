"""The data of a quiz's buttons: bound to one attempt, one step and one question.

LINE takes 300 characters (reference: postback action); ours have at most 80.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

PREFIX = "quiz:"
KEY = r"[A-Za-z0-9_-]{1,20}"
_START = re.compile(r"quiz:start:([A-Za-z0-9_-]{1,40})")
_TAP = re.compile(
    rf"quiz:([A-Za-z0-9_-]{{8,40}}):([0-9]{{1,6}}):({KEY}):(?:(on|off)\.)?({KEY}|\.done|\.skip|\.date)(?::([0-9-]{{10}}))?"
)


class Act(StrEnum):
    """What a button does."""

    CHOOSE = "choose"
    ADD = "on"  # says what shall be, so that a double tap does it once
    REMOVE = "off"
    DONE = ".done"
    SKIP = ".skip"
    DATE = ".date"  # LINE's date picker; the day is in the event's params


@dataclass(frozen=True)
class Tap:
    """A button of a question."""

    attempt_key: str
    step: int
    question_key: str
    act: Act
    choice_key: str | None = None
    day: str | None = None

    @property
    def data(self) -> str:
        """What its postback carries."""
        start = f"{PREFIX}{self.attempt_key}:{self.step}:{self.question_key}:"
        if self.act is Act.CHOOSE:
            return f"{start}{self.choice_key}"
        if self.act in (Act.ADD, Act.REMOVE):
            return f"{start}{self.act.value}.{self.choice_key}"
        return start + self.act.value


def start_data(code: str) -> str:
    """Return the data of a button that starts a quiz."""
    return f"{PREFIX}start:{code}"


def with_day(data: str, day: str) -> str:
    """Return what a tap of LINE's date picker says: its data and the day that was picked."""
    return f"{data}:{day}"


def read_start(data: str) -> str | None:
    """Return the code of the quiz that a button starts."""
    found = _START.fullmatch(data)
    return found[1] if found else None


def read_tap(data: str) -> Tap | None:
    """Return a tap from its data; None for what was never a button of ours."""
    found = _TAP.fullmatch(data)
    if found is None:
        return None
    key, step, question, turn, rest, day = found.groups()
    if rest.startswith("."):
        act = Act(rest)
        return None if turn or (day and act is not Act.DATE) else Tap(key, int(step), question, act, None, day)
    return None if day else Tap(key, int(step), question, Act(turn) if turn else Act.CHOOSE, rest)
