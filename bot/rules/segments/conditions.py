"""What a segment asks of a friend: groups and leaves. Never changed once read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

Scalar = str | int | float | bool


@dataclass(frozen=True)
class All:
    """Every part holds; without parts it holds for everybody."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds; without parts it holds for nobody."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: "Condition"


@dataclass(frozen=True)
class Tagged:
    """Wears a tag whose end has not come. Outside of services a name may stand for the id."""

    tag: int | str
    within_days: int | None = None


class Comparison(StrEnum):
    """How an attribute is compared."""

    IS = "is"
    IS_NOT = "is_not"  # true for a missing value as well
    IN = "in"
    LESS_THAN = "less_than"
    MORE_THAN = "more_than"
    EXISTS = "exists"


@dataclass(frozen=True)
class Attribute:
    """Something known of the friend. Numbers equal numbers, texts equal texts, yes equals yes."""

    name: str
    comparison: Comparison
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True)
class Followed:
    """When the present friendship began: `after` inclusive, `before` exclusive."""

    after: datetime | None = None
    before: datetime | None = None
    within_days: int | None = None


@dataclass(frozen=True)
class QuizFinished:
    """Finished a quiz, with this result where one is named."""

    quiz: int
    result: str | None = None
    within_days: int | None = None


@dataclass(frozen=True)
class Answered:
    """Answered a question of a quiz, with this choice where one is named."""

    quiz: int
    question: str
    choice: str | None = None
    within_days: int | None = None


@dataclass(frozen=True)
class KeywordCalled:
    """Called up a keyword rule."""

    rule: int
    within_days: int | None = None


@dataclass(frozen=True)
class CameThrough:
    """The present friendship began through the tracked link with this code."""

    code: str
    within_days: int | None = None


@dataclass(frozen=True)
class RandomShare:
    """A stable share of all friends; each seed draws another one."""

    percent: int | float
    seed: str | int


@dataclass(frozen=True)
class InSegment:
    """Another segment's conditions hold."""

    segment: int


@dataclass(frozen=True)
class OnUploadedList:
    """Stands on a list that staff brought."""

    uploaded: int


@dataclass(frozen=True)
class NotKept:
    """Asks for facts that this server does not keep: nobody has any of them."""

    kind: str
    asked: Mapping[str, Any]

    @property
    def holds(self) -> bool:
        """Whether it holds for people without any: only no points at all are enough for everybody."""
        return self.kind == "points" and self.asked["at_least"] <= 0


Leaf = (
    Tagged
    | Attribute
    | Followed
    | QuizFinished
    | Answered
    | KeywordCalled
    | CameThrough
    | RandomShare
    | InSegment
    | OnUploadedList
    | NotKept
)
Condition = All | AnyOf | Not | Leaf


@dataclass(frozen=True)
class References:
    """What conditions point at; links by their code, everything else by id."""

    tags: frozenset[int | str] = frozenset()
    quizzes: frozenset[int] = frozenset()
    rules: frozenset[int] = frozenset()
    segments: frozenset[int] = frozenset()
    links: frozenset[str] = frozenset()
    uploads: frozenset[int] = frozenset()
    campaigns: frozenset[int] = frozenset()


def leaves(condition: Condition, place: str = "conditions") -> Iterator[tuple[str, Leaf]]:
    """Yield every leaf with its place, as in `conditions.all[1].not`."""
    if isinstance(condition, All | AnyOf):
        name = "all" if isinstance(condition, All) else "any"
        for number, part in enumerate(condition.parts):
            yield from leaves(part, f"{place}.{name}[{number}]")
    elif isinstance(condition, Not):
        yield from leaves(condition.part, f"{place}.not")
    else:
        yield place, condition


def references_of(condition: Condition) -> References:
    """Return what conditions point at."""
    found = [leaf for _, leaf in leaves(condition)]
    quizzes = {leaf.quiz for leaf in found if isinstance(leaf, QuizFinished | Answered)}
    campaigns = {leaf.asked["campaign"] for leaf in found if isinstance(leaf, NotKept) and "campaign" in leaf.asked}
    return References(
        tags=frozenset(leaf.tag for leaf in found if isinstance(leaf, Tagged)),
        quizzes=frozenset(quizzes),
        rules=frozenset(leaf.rule for leaf in found if isinstance(leaf, KeywordCalled)),
        segments=frozenset(leaf.segment for leaf in found if isinstance(leaf, InSegment)),
        links=frozenset(leaf.code for leaf in found if isinstance(leaf, CameThrough)),
        uploads=frozenset(leaf.uploaded for leaf in found if isinstance(leaf, OnUploadedList)),
        campaigns=frozenset(campaigns),
    )
