"""One answer: what it means for an attempt, or why it cannot be taken."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.rules.quizzes.content import Choice, Ending, Question, Result, Sheet


class Refusal(StrEnum):
    """Why an answer cannot be taken."""

    NOT_THIS_QUESTION = "not_this_question"
    NOT_A_CHOICE = "not_a_choice"
    TOO_MANY = "too_many"
    REQUIRED = "required"


class StepRefusedError(Exception):
    """The answer does not fit the open question."""

    def __init__(self, refusal: Refusal, question: Question | None = None) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
        self.question = question


@dataclass(frozen=True)
class Given:
    """What somebody answers: keys of choices, or a value in its stored form; neither: the question is skipped."""

    choices: tuple[str, ...] = ()
    value: str | None = None


@dataclass(frozen=True)
class Step:
    """What an answer leads to."""

    question: Question
    choices: tuple[Choice, ...]
    value: str | None
    score: int
    next_key: str | None  # None: that was the last question
    is_right: bool | None  # None: skipped, or the question has no right answer


def take(sheet: Sheet, open_key: str | None, question_key: str, given: Given) -> Step:
    """Return what an answer to `question_key` leads to while `open_key` is open. Raises StepRefusedError."""
    question = sheet.question(question_key)
    if question is None or question_key != open_key:
        raise StepRefusedError(Refusal.NOT_THIS_QUESTION)
    chosen = _chosen(question, given)
    if not chosen and given.value is None and question.required:
        raise StepRefusedError(Refusal.REQUIRED, question)
    return Step(
        question,
        chosen,
        given.value,
        sum(choice.score for choice in chosen),
        sheet.following(question, chosen),
        _is_right(question, chosen),
    )


def outcome(sheet: Sheet, score: int, picked: Iterable[str]) -> Result | None:
    """Return the result of an attempt; `picked` are the results that its choices counted for, with repeats.

    Of results picked equally often the one that stands first wins.
    """
    if sheet.by is Ending.SCORE:
        return next((result for result in sheet.results if covers(result, score)), None)
    counts = Counter(picked)
    most = max(sheet.results, key=lambda result: counts[result.key], default=None)
    return most if most and counts[most.key] else None


def covers(result: Result, score: int) -> bool:
    """Whether a score falls into a result's range."""
    low, high = result.min_score, result.max_score
    return (low is None or low <= score) and (high is None or score <= high)


def _chosen(question: Question, given: Given) -> tuple[Choice, ...]:
    if (given.choices and not question.has_choices) or (given.value is not None and question.has_choices):
        raise StepRefusedError(Refusal.NOT_A_CHOICE, question)
    wanted = set(given.choices)
    chosen = tuple(choice for choice in question.choices if choice.key in wanted)
    if len(chosen) != len(wanted):
        raise StepRefusedError(Refusal.NOT_A_CHOICE, question)
    if len(chosen) > most_choices(question):
        raise StepRefusedError(Refusal.TOO_MANY, question)
    return chosen


def most_choices(question: Question) -> int:
    """Return how many can be chosen at most."""
    return (question.most or len(question.choices)) if question.kind == "multiple" else 1


def _is_right(question: Question, chosen: Sequence[Choice]) -> bool | None:
    right = question.right_choices
    if not right or not chosen:
        return None
    if question.kind == "multiple":
        return set(chosen) == set(right)
    return chosen[0] in right
