"""A quiz as rules see it: one version of its questions, results and ending, read once from the stored JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

END = "end"  # in place of a question's key: nothing is asked after this


class Kind(StrEnum):
    """What a question asks for."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    PHONE = "phone"
    PICTURE = "picture"


WITH_CHOICES = frozenset({Kind.SINGLE, Kind.MULTIPLE})


class Ending(StrEnum):
    """How a result is chosen."""

    SCORE = "score"
    MOST_PICKED = "most_picked"


@dataclass(frozen=True)
class Choice:
    """One thing to choose, and what choosing it does."""

    key: str
    text: str
    tags: tuple[int, ...] = ()
    score: int = 0
    next: str | None = None  # goes before the question's own
    picture_url: str | None = None
    correct: bool = False
    result: str | None = None  # key of the result it counts for
    value: str | None = None  # what a friend's attribute is set to; None: the text


@dataclass(frozen=True)
class Question:
    """One question. `most` limits how many can be chosen where several can."""

    key: str
    kind: Kind
    text: str
    required: bool = True
    attribute: str | None = None
    picture_url: str | None = None
    explanation: str | None = None
    next: str | None = None
    most: int | None = None
    choices: tuple[Choice, ...] = ()

    @property
    def has_choices(self) -> bool:
        """Whether it is answered by choosing."""
        return self.kind in WITH_CHOICES

    @property
    def right_choices(self) -> tuple[Choice, ...]:
        """The right answer of a knowledge question; empty where there is none."""
        return tuple(choice for choice in self.choices if choice.correct)

    def choice(self, key: str) -> Choice | None:
        """Return a choice by its key."""
        return next((choice for choice in self.choices if choice.key == key), None)


@dataclass(frozen=True)
class Result:
    """One way a quiz can end. A score without a limit on one side is None there."""

    key: str
    name: str
    min_score: int | None = None
    max_score: int | None = None
    tags: tuple[int, ...] = ()
    messages: tuple[Mapping[str, Any], ...] = ()
    reward: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Sheet:
    """One version of a quiz. Never changes, so whoever began on it can finish on it."""

    questions: tuple[Question, ...]
    results: tuple[Result, ...] = ()
    by: Ending = Ending.SCORE
    closing: tuple[Mapping[str, Any], ...] = ()  # messages where no result fits

    @cached_property
    def _places(self) -> dict[str, int]:
        return {question.key: place for place, question in enumerate(self.questions)}

    def question(self, key: str | None) -> Question | None:
        """Return a question by its key."""
        place = self._places.get(key) if key is not None else None
        return None if place is None else self.questions[place]

    def result(self, key: str | None) -> Result | None:
        """Return a result by its key."""
        return next((result for result in self.results if result.key == key), None)

    def following(self, question: Question, chosen: Sequence[Choice] = ()) -> str | None:
        """Return the key of the question after this one; None at the end. The first choice that leads anywhere does."""
        wanted = next((choice.next for choice in chosen if choice.next), None) or question.next
        if wanted is None:
            place = self._places[question.key] + 1
            return self.questions[place].key if place < len(self.questions) else None
        return None if wanted == END else wanted

    @cached_property
    def ways(self) -> Mapping[str, frozenset[str | None]]:
        """Every key that may come after each question; None stands for the end."""
        return {question.key: frozenset(self._ways_on(question)) for question in self.questions}

    @cached_property
    def may_ask_twice(self) -> bool:
        """Whether some way leads to a question that stands no later than the one before."""
        return any(
            way is not None and self._places[way] <= self._places[key]
            for key, ways in self.ways.items()
            for way in ways
        )

    def _ways_on(self, question: Question) -> set[str | None]:
        ways = {self.following(question, [choice]) for choice in question.choices}
        can_pass = question.kind is not Kind.SINGLE or not question.required
        return ways | {self.following(question)} if can_pass else ways


def read_sheet(
    questions: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]], ending: Mapping[str, Any]
) -> Sheet:
    """Return the stored JSON of a version, which was checked when it was saved, as a sheet."""
    return Sheet(
        tuple(_question(one) for one in questions),
        tuple(_result(one) for one in results),
        Ending(ending.get("by") or Ending.SCORE),
        tuple(ending.get("messages") or ()),
    )


def _question(given: Mapping[str, Any]) -> Question:
    return Question(
        key=given["key"],
        kind=Kind(given["kind"]),
        text=given["text"],
        required=given.get("required", True),
        attribute=given.get("attribute"),
        picture_url=given.get("picture_url"),
        explanation=given.get("explanation"),
        next=given.get("next"),
        most=given.get("most"),
        choices=tuple(_choice(one) for one in given.get("choices") or ()),
    )


def _choice(given: Mapping[str, Any]) -> Choice:
    return Choice(
        key=given["key"],
        text=given["text"],
        tags=tuple(given.get("tags") or ()),
        score=given.get("score") or 0,
        next=given.get("next"),
        picture_url=given.get("picture_url"),
        correct=bool(given.get("correct")),
        result=given.get("result"),
        value=given.get("value"),
    )


def _result(given: Mapping[str, Any]) -> Result:
    return Result(
        key=given["key"],
        name=given["name"],
        min_score=given.get("min_score"),
        max_score=given.get("max_score"),
        tags=tuple(given.get("tags") or ()),
        messages=tuple(given.get("messages") or ()),
        reward=given.get("reward"),
    )
